/* Files, filesystems and the wall clock: calls that have no wrapper in Debian 12's glibc, or whose structures a module can't share. */
#pragma once
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* openat2(2): no part of the path may be a symbolic link. */
static inline int faultd_open(const char *path, uint64_t flags, uint64_t mode) {
    struct { uint64_t flags, mode, resolve; } how = { flags | 02000000 /* O_CLOEXEC */, mode, 0x02 | 0x04 /* RESOLVE_NO_MAGICLINKS, _SYMLINKS */ };
    return (int)syscall(437 /* openat2 */, -100 /* AT_FDCWD */, path, &how, sizeof how);
}

/* The block device that a path is, or that its filesystem is on. */
static inline int faultd_block_device(const char *path, uint32_t *major_out, uint32_t *minor_out) {
    struct stat status;
    if (stat(path, &status) != 0) return -1;
    dev_t device = S_ISBLK(status.st_mode) ? status.st_rdev : status.st_dev;
    *major_out = major(device);
    *minor_out = minor(device);
    return 0;
}

/* renameat2(2), which refuses to replace what is there. */
static inline int faultd_rename_new(int directory, const char *from, const char *to) {
    return (int)syscall(SYS_renameat2, directory, from, directory, to, 1 /* RENAME_NOREPLACE */);
}

/* What stat(2) tells; times in nanoseconds since 1970. */
struct faultd_file_status {
    uint64_t device, inode;
    int64_t size, blocks, accessed, modified;
    uint32_t mode, uid, gid, links;
};
static inline int faultd_status_of(const struct stat *from, struct faultd_file_status *to) {
    to->device = from->st_dev;
    to->inode = from->st_ino;
    to->size = from->st_size;
    to->blocks = from->st_blocks;
    to->accessed = from->st_atim.tv_sec * 1000000000LL + from->st_atim.tv_nsec;
    to->modified = from->st_mtim.tv_sec * 1000000000LL + from->st_mtim.tv_nsec;
    to->mode = from->st_mode;
    to->uid = from->st_uid;
    to->gid = from->st_gid;
    to->links = (uint32_t)from->st_nlink;
    return 0;
}
static inline int faultd_status(int file, struct faultd_file_status *status) {
    struct stat raw;
    return fstat(file, &raw) != 0 ? -1 : faultd_status_of(&raw, status);
}
/* Of the name itself, whatever it is. */
static inline int faultd_status_at(const char *path, struct faultd_file_status *status) {
    struct stat raw;
    return lstat(path, &raw) != 0 ? -1 : faultd_status_of(&raw, status);
}
static inline int faultd_set_times(int file, int64_t accessed, int64_t modified) {
    struct timespec times[2] = { { accessed / 1000000000, accessed % 1000000000 }, { modified / 1000000000, modified % 1000000000 } };
    return futimens(file, times);
}

/* statfs(2), in bytes. */
struct faultd_filesystem {
    int64_t type, total, free, available;
};
static inline int faultd_filesystem(const char *path, struct faultd_filesystem *filesystem) {
    struct statfs raw;
    if (statfs(path, &raw) != 0) return -1;
    int64_t block = raw.f_frsize != 0 ? raw.f_frsize : raw.f_bsize;
    filesystem->type = raw.f_type;
    filesystem->total = (int64_t)raw.f_blocks * block;
    filesystem->free = (int64_t)raw.f_bfree * block;
    filesystem->available = (int64_t)raw.f_bavail * block;
    return 0;
}

/* fallocate(2), whose declaration the shared headers show only under _GNU_SOURCE. */
static inline int faultd_fallocate(int file, int64_t bytes) { return (int)syscall(SYS_fallocate, file, 0, (int64_t)0, bytes); }

/* adjtimex(2) with ADJ_SETOFFSET: moves the wall clock by so much at once, whatever it shows now. */
static inline int faultd_step_clock(int64_t nanoseconds) {
    struct timex change;
    memset(&change, 0, sizeof change);
    int64_t seconds = nanoseconds / 1000000000, rest = nanoseconds % 1000000000;
    if (rest < 0) { rest += 1000000000; seconds -= 1; }
    change.modes = 0x0100 | 0x2000; /* ADJ_SETOFFSET | ADJ_NANO */
    change.time.tv_sec = seconds;
    change.time.tv_usec = rest;
    return adjtimex(&change) < 0 ? -1 : 0;
}

/* Linux calls that the Glibc module leaves out, and the numbers of system calls that have no wrapper in Debian 12's glibc headers. */
#pragma once
#include <sys/eventfd.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/socket.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>
#include <signal.h>
#include <sys/pidfd.h>

/* Declared here because the headers show them only under _GNU_SOURCE, which a module can't set for the ones it shares. */
extern int pthread_setname_np(pthread_t thread, const char *name);
extern int setns(int fd, int nstype);
extern int unshare(int flags);
extern int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);

/* timerfd_create(2). Not by its header: that would make the time structures this module's, for everybody who imports it. */
#define TFD_TIMER_ABSTIME 1
#define TFD_TIMER_CANCEL_ON_SET 2
struct itimerspec;
extern int timerfd_create(int clock, int flags);
extern int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *before);

/* What stat(2) tells of a file's identity. Not by `struct stat` itself: which Swift module that belongs to changes with what else is imported. */
struct faultd_file_identity {
    uint64_t device, inode;
    bool is_socket;
};
static inline int faultd_identify(const char *path, struct faultd_file_identity *identity) {
    struct stat status;
    if (stat(path, &status) != 0) return -1;
    identity->device = status.st_dev;
    identity->inode = status.st_ino;
    identity->is_socket = S_ISSOCK(status.st_mode);
    return 0;
}

/* The objects that the dynamic loader put this process together from, in its order; NULL after the last. The program's own name is empty.
   By a number and not by `struct link_map` itself, as with `struct stat` above. */
#include <link.h>
static inline const char *faultd_loaded_object(int index) {
    const struct link_map *object = _r_debug.r_map;
    while (object && index-- > 0) object = object->l_next;
    return object ? object->l_name : 0;
}

// crashpoint: runs a program and kills it, all its threads at once, at the n-th system call that changes something.
//
//   crashpoint DIR PROGRAM [ARG...]
//
// The program stays what it was started as: same pid, same parent. A tracer beside it (ptrace(2), seccomp(2) with SECCOMP_RET_TRACE) stops
// it only at calls that change state, so that everything else runs at full speed, and counts these points across all threads.
//
// The tracer does nothing until there is a file DIR/plan. It takes the file away and counts from the next point on:
//
//   SIDE N [CLASS...]     SIDE is before (the call does not happen) or after (it has happened, and nobody lives to hear of it);
//                         N = 0 kills nobody: every point is written to DIR/points until another plan comes or the program ends
//
// Where it killed, DIR/killed says: "N SIDE CLASS CALL WHAT". Classes, all when none is named:
//
//   kernel   packet tables replaced (setsockopt IPT_SO_SET_*), mounts, namespaces entered
//   file     files written, flushed, cut, made, renamed, removed, locked
//   socket   bytes sent to others: D-Bus, Docker, containerd, the caller of the API; connections made
//   signal   signals sent to other processes
//   call     log lines that tell of the engine's calls of host and journal ("host: apply packets", "journal: write …, done")
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "crashpoint knows x86-64 and AArch64"
#endif

enum { FIRST_TABLE_OPTION = 64, LAST_TABLE_OPTION = 65 }; // IPT_SO_SET_REPLACE, IPT_SO_SET_ADD_COUNTERS; the same for IPv6

struct call {
    int number;
    const char *name, *class;
    int descriptor; // which argument is one, or -1
};

// What `write` is decided by its descriptor; setsockopt and openat by another argument, in the filter already.
static const struct call calls[] = {
    {SYS_setsockopt, "setsockopt", "kernel", 0}, {SYS_mount, "mount", "kernel", -1},         {SYS_umount2, "umount2", "kernel", -1},
    {SYS_setns, "setns", "kernel", 0},           {SYS_pwrite64, "pwrite64", "file", 0},      {SYS_fsync, "fsync", "file", 0},
    {SYS_fdatasync, "fdatasync", "file", 0},     {SYS_ftruncate, "ftruncate", "file", 0},    {SYS_openat, "openat", "file", -1},
    {SYS_unlinkat, "unlinkat", "file", -1},      {SYS_renameat, "renameat", "file", -1},     {SYS_renameat2, "renameat2", "file", -1},
    {SYS_mkdirat, "mkdirat", "file", -1},        {SYS_symlinkat, "symlinkat", "file", -1},   {SYS_flock, "flock", "file", 0},
    {SYS_fchmod, "fchmod", "file", 0},           {SYS_fchownat, "fchownat", "file", -1},     {SYS_fallocate, "fallocate", "file", 0},
#ifdef __x86_64__
    {SYS_unlink, "unlink", "file", -1},          {SYS_rename, "rename", "file", -1},         {SYS_mkdir, "mkdir", "file", -1},
    {SYS_chmod, "chmod", "file", -1},            {SYS_symlink, "symlink", "file", -1},
#endif
    {SYS_write, "write", "", 0},                 {SYS_writev, "writev", "", 0},              {SYS_sendto, "sendto", "socket", 0},
    {SYS_sendmsg, "sendmsg", "socket", 0},       {SYS_connect, "connect", "socket", 0},      {SYS_bind, "bind", "socket", 0},
    {SYS_kill, "kill", "signal", -1},            {SYS_pidfd_send_signal, "pidfd_send_signal", "signal", 0},
};
enum { CALLS = sizeof calls / sizeof *calls };

static const char *folder;
static struct {
    int armed, after, at, count, has_classes;
    char classes[128];
} plan;

static void die(const char *what) {
    fprintf(stderr, "crashpoint: %s: %s\n", what, strerror(errno));
    _exit(125);
}

static void append(const char *name, const char *format, ...) {
    char path[512], line[1024];
    va_list arguments;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    if (write(file, line, length < (int)sizeof line ? length : (int)sizeof line - 1) < 0) fprintf(stderr, "crashpoint: %s can't be written\n", path);
    close(file);
}

// ---- the filter ---------------------------------------------------------------------------------------------------------------------------

static void install_filter(void) {
    struct sock_filter code[4 * CALLS + 16];
    int n = 0;
#define PUT(...) code[n++] = (struct sock_filter)__VA_ARGS__
#define ARGUMENT(i) (offsetof(struct seccomp_data, args) + 8 * (i)) // the low half: both machines are little-endian
    PUT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
    PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
    PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    PUT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
    for (int i = 0; i < CALLS; i++) {
        if (calls[i].number == SYS_openat) {
            PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 4));
            PUT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(2)));
            PUT(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 0, 1));
            PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
            PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
        } else if (calls[i].number == SYS_setsockopt) {
            PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 5));
            PUT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(2)));
            PUT(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_TABLE_OPTION, 0, 2));
            PUT(BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_TABLE_OPTION, 1, 0));
            PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
            PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
        } else {
            PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].number, 0, 1));
            PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
        }
    }
    PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) die("seccomp");
}

// ---- points -------------------------------------------------------------------------------------------------------------------------------

struct stop {
    const struct call *call;
    long long arguments[6];
    char class[16], what[256];
};

static void read_memory(pid_t thread, long long address, char *to, size_t size) {
    struct iovec here = {to, size - 1}, there = {(void *)address, size - 1};
    ssize_t got = process_vm_readv(thread, &here, 1, &there, 1, 0);
    to[got > 0 ? got : 0] = 0;
    to[strcspn(to, "\r\n")] = 0;
}

static void read_descriptor(pid_t thread, long long descriptor, char *to, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", thread, (int)descriptor);
    ssize_t length = readlink(path, to, size - 1);
    to[length > 0 ? length : 0] = 0;
}

// The lines of standard error are no state; but some of them mark the engine's calls.
static int is_log_point(struct stop *stop, pid_t thread) {
    char line[200];
    read_memory(thread, stop->arguments[1], line, sizeof line);
    const char *call = strstr(line, "host: ");
    if (!call) call = strstr(line, "journal: ");
    if (!call) return 0;
    strcpy(stop->class, "call");
    snprintf(stop->what, sizeof stop->what, "%s", call);
    return 1;
}

static int is_point(struct stop *stop, pid_t thread) {
    int number = stop->call->number;
    strcpy(stop->class, stop->call->class);
    if (number == SYS_openat || number == SYS_unlinkat || number == SYS_mkdirat) read_memory(thread, stop->arguments[1], stop->what, sizeof stop->what);
    if (number == SYS_kill) return stop->arguments[1] != 0;
    if (stop->call->descriptor < 0) return 1;
    if (stop->arguments[0] == STDERR_FILENO && (number == SYS_write || number == SYS_writev)) return is_log_point(stop, thread);
    read_descriptor(thread, stop->arguments[0], stop->what, sizeof stop->what);
    // A thread that wakes another one.
    if (strstr(stop->what, "eventfd") || !strncmp(stop->what, "pipe:", 5)) return 0;
    if (!stop->class[0]) strcpy(stop->class, strncmp(stop->what, "socket:", 7) ? "file" : "socket");
    return 1;
}

static void take_plan(void) {
    char path[512], side[16] = "";
    snprintf(path, sizeof path, "%s/plan", folder);
    FILE *file = fopen(path, "re");
    if (!file) return;
    memset(&plan, 0, sizeof plan);
    plan.classes[0] = ' ';
    if (fscanf(file, "%15s %d", side, &plan.at) == 2) plan.armed = 1;
    if (fgets(plan.classes + 1, sizeof plan.classes - 2, file)) plan.has_classes = plan.classes[strspn(plan.classes, " \n")] != 0;
    plan.classes[strcspn(plan.classes, "\n")] = 0;
    strcat(plan.classes, " ");
    plan.after = !strcmp(side, "after");
    fclose(file);
    unlink(path);
}

static int is_wanted(const char *class) {
    char word[24];
    snprintf(word, sizeof word, " %s ", class);
    return !plan.has_classes || strstr(plan.classes, word);
}

// ---- the tracer ---------------------------------------------------------------------------------------------------------------------------

static pid_t program;

static void kill_program(const struct stop *stop) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    append("killed", "%d %s %s %s %s\n", plan.count, plan.after ? "after" : "before", stop->class, stop->call->name, stop->what);
    append("killed-at", "%lld\n", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    kill(program, SIGKILL);
}

// Lets one call happen while every other thread that is about to change something stays stopped, and kills then.
static void kill_after(pid_t thread, const struct stop *stop) {
    int status;
    if (!ptrace(PTRACE_SYSCALL, thread, 0, 0)) waitpid(thread, &status, __WALL);
    kill_program(stop);
}

static int read_stop(pid_t thread, struct stop *stop) {
    struct __ptrace_syscall_info info;
    memset(stop, 0, sizeof *stop);
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_SECCOMP) return 0;
    for (int i = 0; i < CALLS; i++)
        if (calls[i].number == (int)info.seccomp.nr) stop->call = &calls[i];
    for (int i = 0; i < 6; i++) stop->arguments[i] = (long long)info.seccomp.args[i];
    return stop->call != NULL;
}

static void at_call(pid_t thread) {
    struct stop stop;
    take_plan();
    if (!plan.armed || !read_stop(thread, &stop) || !is_point(&stop, thread) || !is_wanted(stop.class)) return;
    plan.count++;
    if (plan.at == 0) append("points", "%d %s %s %s\n", plan.count, stop.class, stop.call->name, stop.what);
    if (plan.at == 0 || plan.count != plan.at) return;
    if (plan.after) kill_after(thread, &stop);
    else kill_program(&stop);
}

static void trace(void) {
    int status;
    pid_t thread;
    while ((thread = waitpid(-1, &status, __WALL)) > 0) {
        if (!WIFSTOPPED(status)) continue;
        int event = status >> 16, signal = WSTOPSIG(status);
        if (event == PTRACE_EVENT_SECCOMP) at_call(thread);
        // Signals of the program's own pass on; the stops that tracing makes do not.
        if (event == PTRACE_EVENT_STOP && (signal == SIGSTOP || signal == SIGTSTP)) ptrace(PTRACE_LISTEN, thread, 0, 0);
        else ptrace(PTRACE_CONT, thread, 0, event ? 0 : signal);
    }
}

// A grandchild, so that the program finds no child of its own that it did not make.
static void start_tracer(int ready) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child > 0) {
        waitpid(child, NULL, 0);
        return;
    }
    if (fork() != 0) _exit(0);
    prctl(PR_SET_NAME, "crashpoint");
    long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, program, 0, options)) die("ptrace");
    if (write(ready, "", 1) != 1) die("write");
    close(ready);
    trace();
    _exit(0);
}

int main(int count, char **words) {
    int ready[2];
    char byte;
    if (count < 3) {
        fprintf(stderr, "usage: crashpoint DIR PROGRAM [ARG...]\n");
        return 64;
    }
    folder = words[1];
    program = getpid();
    if (pipe2(ready, O_CLOEXEC)) die("pipe");
    start_tracer(ready[1]);
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) die("the tracer did not come up");
    close(ready[0]);
    install_filter();
    execv(words[2], words + 2);
    die(words[2]);
}

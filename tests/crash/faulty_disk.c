/* A disk that can fail, for the files below the folder FAULTY_FOLDER of a process that preloads this.

   SIGUSR1 is a power cut: what was written and not synced is undone (with FAULTY_KEEPS=some, each write only by chance,
   as a disk may have got to it or not), files are gone whose folder was not synced after they were made, and the process
   ends. With FAULTY_SYNCS=lie the disk says that it has synced, and has not.

   SIGUSR2 begins, and ends again, a time in which writes fail: with ENOSPC, or with FAULTY_ERROR=io with EIO, and syncs
   too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { FILES = 4096 };

/* What is needed to undo a write, a cut or the making of a file. */
struct undo {
    struct undo *earlier;
    dev_t device;
    ino_t inode;
    char path[PATH_MAX];
    int is_new;
    off_t size, offset;
    size_t length;
    char old[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct undo *undos;
static sem_t cut;
static volatile sig_atomic_t fails;
static const char *folder;
static int lies, keeps_some, error_of_disk = ENOSPC;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int path_of(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_memory(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, "-shm") == 0;
}

/* The lock is held. */
static void remember(int file, const char *path, int is_new, off_t offset, size_t length) {
    struct stat now;
    if (fstat(file, &now) != 0 || !S_ISREG(now.st_mode) || is_memory(path)) return;
    size_t kept = 0;
    if (offset < now.st_size) kept = (size_t)(now.st_size - offset) < length ? (size_t)(now.st_size - offset) : length;
    struct undo *undo = malloc(sizeof *undo + kept);
    if (!undo) abort();
    snprintf(undo->path, sizeof undo->path, "%s", path);
    undo->device = now.st_dev, undo->inode = now.st_ino, undo->is_new = is_new;
    undo->size = now.st_size, undo->offset = offset, undo->length = 0;
    if (kept) {
        int reader = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
        ssize_t got = reader < 0 ? -1 : pread(reader, undo->old, kept, offset);
        if (reader >= 0) syscall(SYS_close, reader);
        if (got < 0) abort();
        undo->length = (size_t)got;
    }
    undo->earlier = undos;
    undos = undo;
}

/* What a sync makes safe: of a file, its content; of a folder, the names in it. The lock is held. */
static void forget(int file, const char *path) {
    struct stat now;
    if (lies || fstat(file, &now) != 0) return;
    size_t length = strlen(path);
    for (struct undo **at = &undos; *at;) {
        struct undo *undo = *at;
        int is_safe = S_ISDIR(now.st_mode)
            ? undo->is_new && strncmp(undo->path, path, length) == 0 && undo->path[length] == '/'
                && !strchr(undo->path + length + 1, '/')
            : !undo->is_new && undo->device == now.st_dev && undo->inode == now.st_ino;
        if (is_safe) {
            *at = undo->earlier;
            free(undo);
        } else {
            at = &undo->earlier;
        }
    }
}

/* Undoes, the last first, and ends the process. Whoever writes meanwhile waits for the lock until then. */
static void *cut_power(void *unused) {
    (void)unused;
    while (sem_wait(&cut) != 0) {}
    pthread_mutex_lock(&lock);
    for (struct undo *undo = undos; undo; undo = undo->earlier) {
        if (keeps_some && random() % 2) continue;
        struct stat now;
        if (stat(undo->path, &now) != 0 || now.st_dev != undo->device || now.st_ino != undo->inode) continue;
        if (undo->is_new) {
            syscall(SYS_unlink, undo->path);
            continue;
        }
        int file = syscall(SYS_openat, AT_FDCWD, undo->path, O_WRONLY | O_CLOEXEC, 0);
        if (file < 0) continue;
        if (undo->length) syscall(SYS_pwrite64, file, undo->old, undo->length, undo->offset);
        if (!keeps_some && now.st_size > undo->size) syscall(SYS_ftruncate, file, undo->size);
        syscall(SYS_close, file);
    }
    kill(getpid(), SIGKILL);
    return NULL;
}

static void on_cut(int signal) { (void)signal, sem_post(&cut); }
static void on_failure(int signal) { (void)signal, fails = !fails; }

__attribute__((constructor)) static void begin(void) {
    const char *said;
    folder = getenv("FAULTY_FOLDER");
    lies = (said = getenv("FAULTY_SYNCS")) && strcmp(said, "lie") == 0;
    keeps_some = (said = getenv("FAULTY_KEEPS")) && strcmp(said, "some") == 0;
    if ((said = getenv("FAULTY_ERROR")) && strcmp(said, "io") == 0) error_of_disk = EIO;
    srandom((unsigned)getpid());
    sem_init(&cut, 0, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, cut_power, NULL);
    signal(SIGUSR1, on_cut);
    signal(SIGUSR2, on_failure);
}

/* Before something is written: 0 if it may be. With the lock held if it is to be remembered. */
static int before(int file, off_t offset, size_t length, int *is_ours) {
    char path[PATH_MAX];
    *is_ours = path_of(file, path);
    if (!*is_ours) return 0;
    if (fails && !is_memory(path)) {
        errno = error_of_disk;
        return -1;
    }
    pthread_mutex_lock(&lock);
    remember(file, path, 0, offset, length);
    return 0;
}

static void after(int is_ours) {
    int kept = errno;
    if (is_ours) pthread_mutex_unlock(&lock);
    errno = kept;
}

ssize_t write(int file, const void *bytes, size_t length) {
    int is_ours;
    off_t at = file > 2 ? lseek(file, 0, SEEK_CUR) : -1;
    if (at < 0) return syscall(SYS_write, file, bytes, length);
    if (fcntl(file, F_GETFL) & O_APPEND) at = lseek(file, 0, SEEK_END);
    if (before(file, at, length, &is_ours) != 0) return -1;
    ssize_t done = syscall(SYS_write, file, bytes, length);
    after(is_ours);
    return done;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
    int is_ours;
    if (before(file, offset, length, &is_ours) != 0) return -1;
    ssize_t done = syscall(SYS_pwrite64, file, bytes, length, offset);
    after(is_ours);
    return done;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
    return pwrite64(file, bytes, length, offset);
}

int ftruncate64(int file, off64_t size) {
    int is_ours;
    if (before(file, size, SSIZE_MAX, &is_ours) != 0) return -1;
    int done = syscall(SYS_ftruncate, file, size);
    after(is_ours);
    return done;
}

int ftruncate(int file, off_t size) { return ftruncate64(file, size); }

static int sync_with(int (*sync)(int), int file) {
    char path[PATH_MAX];
    if (!path_of(file, path)) return sync(file);
    if (fails) {
        errno = error_of_disk;
        return -1;
    }
    pthread_mutex_lock(&lock);
    int done = lies ? 0 : sync(file);
    if (done == 0) forget(file, path);
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int file) { return sync_with(REAL(fsync), file); }
int fdatasync(int file) { return sync_with(REAL(fdatasync), file); }

static int open_with(int at, const char *path, int flags, mode_t mode) {
    struct stat now;
    int is_new = (flags & O_CREAT) && fstatat(at, path, &now, 0) != 0;
    if (is_new && fails && folder && strncmp(path, folder, strlen(folder)) == 0 && !is_memory(path)) {
        errno = error_of_disk;
        return -1;
    }
    int file = syscall(SYS_openat, at, path, flags, mode);
    char whole[PATH_MAX];
    if (file >= 0 && (is_new || flags & O_TRUNC) && path_of(file, whole)) {
        pthread_mutex_lock(&lock);
        remember(file, whole, is_new, 0, 0);
        pthread_mutex_unlock(&lock);
    }
    return file;
}

#define OPEN_MODE                              \
    mode_t mode = 0;                           \
    if (flags & (O_CREAT | O_TMPFILE)) {       \
        va_list rest;                          \
        va_start(rest, flags);                 \
        mode = (mode_t)va_arg(rest, int);      \
        va_end(rest);                          \
    }

int open(const char *path, int flags, ...) {
    OPEN_MODE
    return open_with(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    OPEN_MODE
    return open_with(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char *path, int flags, ...) {
    OPEN_MODE
    return open_with(at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
    OPEN_MODE
    return open_with(at, path, flags, mode);
}

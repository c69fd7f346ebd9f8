/* Makes the disk slower: every fsync and fdatasync of a process that preloads this waits first, for as many
   microseconds as SLOW_DISK says. What a laptop's disk, or that of a small rented server, takes is measured so on a
   machine whose disk is fast. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_first(void) {
    const char *said = getenv("SLOW_DISK");
    long microseconds = said ? atol(said) : 0;
    struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
    nanosleep(&time, NULL);
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_first();
    return real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_first();
    return real(file);
}

/* Preloaded, it pins every thread of a process: some virtual machines keep all threads of a process on one
 * core for seconds. PIN_CORES is a list such as "0,1"; the main thread gets the first core, the threads that
 * it starts get the others in turn, from the second on and around. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define MOST_CORES 256

static int cores[MOST_CORES], count, started;

static void pin(int i) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cores[i % count], &set);
    sched_setaffinity(0, sizeof set, &set);
}

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("PIN_CORES");
    while (text && *text && count < MOST_CORES) {
        char *end;
        cores[count++] = (int)strtol(text, &end, 10);
        text = *end == ',' ? end + 1 : "";
    }
    if (count) pin(0);
}

struct start {
    void *(*run)(void *);
    void *argument;
    int number;
};

static void *pinned(void *start) {
    struct start s = *(struct start *)start;
    free(start);
    pin(s.number);
    return s.run(s.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        dlsym(RTLD_NEXT, "pthread_create");
    if (!count) return real(thread, attributes, run, argument);
    struct start *start = malloc(sizeof *start);
    *start = (struct start){run, argument, 1 + __sync_fetch_and_add(&started, 1)};
    return real(thread, attributes, pinned, start);
}

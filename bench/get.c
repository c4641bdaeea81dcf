/* Asks one server on this machine for the same page again and again, over connections that are kept.
 *
 *   get PORT PATH CONNECTIONS SECONDS [HEADER-LINE …]
 *
 * Each connection asks anew as soon as it has its answer. On standard output, one line:
 *   REQUESTS SECONDS BYTES P50 P99      the bytes of bodies; milliseconds from asking to the last byte of the answer
 * An answer other than 200 with a Content-Length, or a connection that ends, ends the run with status 1. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 8192, ROOM = 1 << 18, TIMES = 1 << 21 };

struct connection {
    int fd;
    unsigned have;   /* bytes of the head so far */
    long ahead;      /* bytes of the body still to come; -1 while the head is read */
    double asked;
    char head[HEAD + 1];
};

static char request[HEAD], buffer[ROOM];
static unsigned length;
static long answers;
static unsigned long long bytes;
static float *times;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *why) { fprintf(stderr, "get: %s\n", why); exit(1); }

static void ask(struct connection *c) {
    c->have = 0, c->ahead = -1, c->asked = now();
    if (write(c->fd, request, length) != (ssize_t)length) fail("a request could not be sent whole");
}

/* The answer's bytes, as they come: one answer at most is under way on a connection. */
static void take(struct connection *c, char *p, long n) {
    if (c->ahead < 0) {
        unsigned fits = HEAD - c->have < n ? HEAD - c->have : n, before = c->have;
        memcpy(c->head + c->have, p, fits);
        c->head[c->have += fits] = 0;
        char *end = strstr(c->head, "\r\n\r\n"), *said;
        if (!end) { if (c->have == HEAD) fail("a head is too long"); return; }
        if (strncmp(c->head, "HTTP/1.1 200", 12)) fail("an answer is not 200");
        if (!(said = strcasestr(c->head, "\r\ncontent-length:")) || said > end) fail("an answer has no length");
        c->ahead = atol(said + 17);
        bytes += c->ahead;
        p += end + 4 - c->head - before, n -= end + 4 - c->head - before;
    }
    if (n > c->ahead) fail("an answer is longer than it says");
    if ((c->ahead -= n)) return;
    times[answers++ % TIMES] = (now() - c->asked) * 1e3;
    ask(c);
}

static int order(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc < 5) fail("PORT PATH CONNECTIONS SECONDS [HEADER-LINE …]");
    int total = atoi(argv[3]), epoll = epoll_create1(0), on = 1;
    double seconds = atof(argv[4]);
    struct connection *all = calloc(total, sizeof *all);
    times = malloc(TIMES * sizeof *times);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n", argv[2], argv[1]);
    for (int k = 5; k < argc; k++) length += snprintf(request + length, sizeof request - length, "%s\r\n", argv[k]);
    length += snprintf(request + length, sizeof request - length, "\r\n");
    for (int i = 0; i < total; i++) {
        all[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(all[i].fd, (void *)&to, sizeof to)) fail("a connection is refused");
        setsockopt(all[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &e);
    }
    double began = now();
    for (int i = 0; i < total; i++) ask(&all[i]);
    while (now() - began < seconds) {
        struct epoll_event events[256];
        int n = epoll_wait(epoll, events, 256, 1000);
        for (int k = 0; k < n; k++) {
            struct connection *c = events[k].data.ptr;
            ssize_t got = read(c->fd, buffer, ROOM);
            if (got <= 0) fail("a connection ended");
            take(c, buffer, got);
        }
    }
    double took = now() - began;
    long counted = answers < TIMES ? answers : TIMES;
    qsort(times, counted, sizeof *times, order);
    printf("%ld %.3f %llu %.3f %.3f\n", answers, took, bytes, times[counted / 2], times[counted * 99 / 100]);
    return 0;
}

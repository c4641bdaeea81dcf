/* Opens many WebSocket connections to one server on this machine, and says when each got a message.
 *
 *   load PORT PATH CONNECTIONS [HEADER-LINE …]     environment: SOCKETIO=1 to speak Engine.IO 4 within,
 *                                                  EVENTS=1 for event streams instead of WebSockets
 *
 * It speaks by lines. On standard input:   go        a message is published next
 * On standard output:                      open N SECONDS
 *                                          going     publish it now: all that is done meanwhile is to wait for it
 *                                          got FIRST MEDIAN P99 LAST MISSING DOUBLE BYTES   (CLOCK_MONOTONIC, seconds)
 * A message is a data frame, or a chunk of an event stream, with a payload of at least MESSAGE bytes; shorter ones (greetings are counted out because
 * they come before `go`) are ignored. The sources are spread over 127.0.0.2 …, 7,000 connections each. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 64, A_SOURCE = 7000, MESSAGE = 300, ROOM = 65536 };

struct reader {
    int fd, stage;         /* stage: 0 connecting, 1 handshake, 2 open, 3 gone */
    unsigned tail;         /* the last four bytes of the head, to find its end */
    unsigned have, ahead;  /* of a frame's head; bytes of payload still to come */
    unsigned char head[14];
    unsigned size, chunk;  /* of a chunk: what is read of its size; its size, while it comes */
    unsigned first;        /* first byte of payload, for Engine.IO */
    int count, said;       /* messages since `go`; 1: Socket.IO's connect was sent */
    double at;
};

static struct reader *readers;
static int total, opened, reached, epoll;
static char request[4096], buffer[ROOM];
static const char *port;
static int socketio, events;
static unsigned long long bytes;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void begin(int i) {
    struct reader *r = &readers[i];
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    int on = 1;
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (r->fd < 0) { perror("socket"); exit(1); }
    setsockopt(r->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    from.sin_addr.s_addr = htonl(0x7f000002 + i / A_SOURCE);
    to.sin_addr.s_addr = htonl(0x7f000001);
    if (bind(r->fd, (void *)&from, sizeof from)) { perror("bind"); exit(1); }
    if (connect(r->fd, (void *)&to, sizeof to) && errno != EINPROGRESS) { perror("connect"); exit(1); }
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.u32 = i};
    epoll_ctl(epoll, EPOLL_CTL_ADD, r->fd, &e);
}

static void say(struct reader *r, const char *text) {
    unsigned char frame[32] = {0x81, 0x80 | strlen(text), 0, 0, 0, 0};
    memcpy(frame + 6, text, strlen(text));
    if (write(r->fd, frame, 6 + strlen(text)) < 0) r->stage = 3;
}

static void whole(struct reader *r, unsigned long long length) {
    if ((r->head[0] & 15) == 8) { r->stage = 3; return; }
    if (socketio && length && r->first == '0' && !r->said) { r->said = 1; say(r, "40"); return; }
    if (socketio && length == 1 && r->first == '2') { say(r, "3"); return; }
    if (length >= MESSAGE && !r->count++) { r->at = now(); reached++; }
}

static unsigned long long length_of(struct reader *r, unsigned *size) {
    unsigned n = r->head[1] & 127, more = n == 126 ? 2 : n == 127 ? 8 : 0;
    unsigned long long length = more ? 0 : n;
    *size = 2 + more;
    if (r->have < *size) return 0;
    for (unsigned k = 0; k < more; k++) length = length << 8 | r->head[2 + k];
    return length;
}

static void frames(struct reader *r, unsigned char *p, unsigned n) {
    while (n) {
        unsigned size;
        unsigned long long length;
        if (r->ahead) {
            unsigned take = r->ahead < n ? r->ahead : n;
            if (r->ahead == (length = length_of(r, &size))) r->first = *p;
            r->ahead -= take, p += take, n -= take;
            if (!r->ahead) { r->have = 0; whole(r, length); }
            continue;
        }
        r->head[r->have++] = *p++, n--;
        if (r->have < 2) continue;
        length = length_of(r, &size);
        if (r->have < size) continue;
        r->ahead = length;
        if (!length) { r->have = 0; whole(r, 0); }
    }
}

static void chunks(struct reader *r, unsigned char *p, unsigned n) {
    while (n) {
        if (r->ahead) {
            unsigned take = r->ahead < n ? r->ahead : n;
            r->ahead -= take, p += take, n -= take;
            if (!r->ahead && r->chunk >= MESSAGE && !r->count++) { r->at = now(); reached++; }
            continue;
        }
        unsigned char c = *p++;
        n--;
        if (c == '\n') {
            if (!r->size) { r->stage = 3; return; }
            r->chunk = r->size, r->ahead = r->size + 2, r->size = 0;
        } else if (c != '\r') r->size = r->size << 4 | (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
}

static void event(int i, unsigned what) {
    struct reader *r = &readers[i];
    if (r->stage == 0 && what & EPOLLOUT) {
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(epoll, EPOLL_CTL_MOD, r->fd, &e);
        if (write(r->fd, request, strlen(request)) < 0) { perror("write"); exit(1); }
        r->stage = 1;
        return;
    }
    ssize_t n = read(r->fd, buffer, ROOM);
    if (n <= 0) {
        if (n < 0 && errno == EAGAIN) return;
        if (r->stage < 2) { fprintf(stderr, "a handshake failed: %s\n", n ? strerror(errno) : "closed"); exit(1); }
        r->stage = 3;
        close(r->fd);
        return;
    }
    unsigned char *p = (void *)buffer;
    if (r->stage == 1) {
        while (n && r->tail != 0x0d0a0d0a) r->tail = r->tail << 8 | *p++, n--;
        if (r->tail != 0x0d0a0d0a) return;
        if (strncmp(buffer, events ? "HTTP/1.1 200" : "HTTP/1.1 101", 12)) { fprintf(stderr, "refused: %.60s\n", buffer); exit(1); }
        r->stage = 2, opened++;
    }
    if (r->stage == 2) { bytes += n; (events ? chunks : frames)(r, p, n); }
}

static void turn(int wait) {
    static struct epoll_event found[512];
    int n = epoll_wait(epoll, found, 512, wait);
    for (int k = 0; k < n; k++) event(found[k].data.u32, found[k].events);
}

static int order(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

int main(int argc, char **argv) {
    struct rlimit most;
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    if (argc < 4) return 2;
    port = argv[1], total = atoi(argv[3]), socketio = getenv("SOCKETIO") != NULL;
    events = getenv("EVENTS") != NULL;
    readers = calloc(total, sizeof *readers);
    epoll = epoll_create1(0);
    sprintf(request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n%s", argv[2], port, events ? "" :
        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n");
    for (int k = 4; k < argc; k++) strcat(strcat(request, argv[k]), "\r\n");
    strcat(request, "\r\n");
    double start = now(), end;
    for (int next = 0; opened < total;) {
        while (next < total && next - opened < AT_ONCE) begin(next++);
        turn(1000);
        if (now() - start > 120) { fprintf(stderr, "only %d of %d connections opened\n", opened, total); return 1; }
    }
    end = now();
    for (double until = now() + 0.5; now() < until;) turn(10); /* the last greetings */
    for (int i = 0; i < total; i++) readers[i].count = 0;
    bytes = reached = 0;
    printf("open %d %.3f\n", opened, end - start);
    fflush(stdout);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    char line[64];
    unsigned have = 0;
    for (;;) {
        turn(1);
        ssize_t n = read(0, line + have, sizeof line - have - 1);
        if (n == 0) return 0;
        if (n < 0) continue;
        line[have += n] = 0;
        if (!strchr(line, '\n')) continue;
        have = 0;
        puts("going");
        fflush(stdout);
        double since = now(), *times = malloc(total * sizeof *times);
        int got = 0, twice = 0;
        while (reached < total && now() - since < 30) turn(5);
        for (double until = now() + 0.2; now() < until;) turn(10); /* double ones */
        for (int i = 0; i < total; i++) {
            if (readers[i].count) times[got++] = readers[i].at;
            twice += readers[i].count > 1;
            readers[i].count = 0;
        }
        qsort(times, got, sizeof *times, order);
        if (got) printf("got %.6f %.6f %.6f %.6f %d %d %llu\n", times[0], times[got / 2], times[(int)(got * 0.99)],
            times[got - 1], total - got, twice, bytes);
        else printf("got 0 0 0 0 %d 0 %llu\n", total, bytes);
        bytes = reached = 0;
        fflush(stdout);
        free(times);
    }
}

/* The floor: what it costs at least to write one message to many sockets, one write() each.
 *
 *   floor PORT      every connection is answered as a WebSocket (the key of bench/load.c is taken for granted),
 *                   but one that begins with POST: its body goes to all the others as one text frame. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

int main(int argc, char **argv) {
    static int readers[65536], count;
    static char in[65536], frame[65536];
    static struct epoll_event found[512];
    struct rlimit most;
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[argc - 1]))};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (void *)&here, sizeof here) || listen(listener, 4096)) { perror("floor"); return 1; }
    struct epoll_event e = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int n = epoll_wait(epoll, found, 512, -1);
        for (int k = 0; k < n; k++) {
            int fd = found[k].data.fd;
            if (fd == listener) {
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    e.data.fd = fd;
                    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
                }
                continue;
            }
            ssize_t got = read(fd, in, sizeof in - 1);
            if (got <= 0) {
                close(fd);
                for (int i = 0; i < count; i++) if (readers[i] == fd) { readers[i] = readers[--count]; break; }
            } else if (!strncmp(in, "POST", 4)) {
                in[got] = 0;
                char *body = strstr(in, "\r\n\r\n") + 4;
                size_t size = in + got - body;
                int head = size < 126 ? 2 : 4;
                frame[0] = (char)0x81, frame[1] = size < 126 ? size : 126;
                if (head == 4) frame[2] = size >> 8, frame[3] = size;
                memcpy(frame + head, body, size);
                for (int i = 0; i < count; i++) if (write(readers[i], frame, head + size) < 0) perror("write");
                if (write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 57) < 0) perror("write");
            } else {
                if (write(fd, answer, sizeof answer - 1) < 0) perror("write");
                readers[count++] = fd;
            }
        }
    }
}

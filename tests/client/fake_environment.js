/** An environment for connections in which time stands still until a test moves it, and sockets do what the test says. */

export class FakeSocket {
  closed = false;

  constructor(url, protocol) {
    this.url = new URL(url);
    this.protocol = protocol;
  }

  /** What the server says. */
  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  /** The server closes, or the network fails (1006). */
  drop(code = 1006) {
    this.onclose({ code });
  }

  close() {
    this.closed = true;
  }
}

export function createFakeEnvironment({ random = () => 1, plain = async () => [] } = {}) {
  let now = 1_000_000;
  let timers = [];
  const sockets = [];
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const window = new EventTarget();
  return {
    sockets,
    /** The newest socket. */
    get socket() {
      return sockets.at(-1);
    },
    /** How many timers run. */
    get waiting() {
      return timers.length;
    },
    /** Lets time go by; timers fire in order, each at its own time. */
    pass(ms) {
      const until = now + ms;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        now = next.at;
        next.act();
      }
      now = until;
    },
    /** Lets time go by for the clock alone, as while a device sleeps. */
    sleep(ms) {
      now += ms;
      for (const timer of timers) timer.at += ms;
    },
    fire: (type) => window.dispatchEvent(new Event(type)),
    show: (state) => {
      document.visibilityState = state;
      document.dispatchEvent(new Event("visibilitychange"));
    },
    // What connection.js asks for.
    open: (url, protocol, Transport = FakeSocket) => {
      const socket = new Transport(url, protocol);
      sockets.push(socket);
      return socket;
    },
    fallbackTransports: (changes) => plain(changes),
    setTimeout: (act, ms) => {
      const timer = { at: now + ms, act };
      timers.push(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      timers = timers.filter((other) => other !== timer);
    },
    now: () => now,
    random: () => random(),
    window,
    document,
  };
}

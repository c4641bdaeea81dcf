/** A peer to measure: `node peer.cjs ws|socketio PORT`. A POST's body goes to every connection. */
const http = require("node:http");
const [kind, port] = process.argv.slice(2);
let publish;
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => {
    body += piece;
  });
  request.on("end", () => {
    publish(body);
    response.end();
  });
});
if (kind === "ws") {
  const { WebSocketServer } = require("ws");
  const hub = new WebSocketServer({ server });
  publish = (text) => {
    for (const client of hub.clients) client.send(text);
  };
} else {
  const { Server } = require("socket.io");
  const hub = new Server(server, { transports: ["websocket"] });
  publish = (text) => hub.emit("post", text);
}
server.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 });

// A line to the server that can be cut: a proxy for HTTP and for what is tunnelled through it.
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export class Line {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(private readonly server: Server) {
    server.on("connection", (socket) => this.keep(socket));
    server.on("request", (asked, answer) => {
      const { url = "", method, headers } = asked;
      const onwards = request(url, { method, headers }, (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      });
      onwards.on("error", () => answer.destroy());
      answer.on("close", () => onwards.destroy());
      asked.pipe(onwards);
    });
    // Browsers tunnel WebSockets.
    server.on("connect", ({ url = "" }, socket: Socket, head) => {
      const [host, port] = url.split(":");
      const onwards = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onwards.write(head);
        onwards.pipe(socket).pipe(onwards);
      });
      this.keep(onwards);
      for (const [one, other] of [
        [socket, onwards],
        [onwards, socket],
      ] as const)
        one.on("close", () => other.destroy()).on("error", () => other.destroy());
    });
  }

  static async open(): Promise<Line> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Line(server);
  }

  /** For the `proxy` of a browser's context. */
  get proxy(): { server: string } {
    return { server: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}` };
  }

  /** Breaks what is open, and refuses what comes. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  /** Nothing arrives on either side, until `flow`. */
  hold(): void {
    for (const socket of this.sockets) socket.pause();
  }

  flow(): void {
    for (const socket of this.sockets) socket.resume();
  }

  end(): void {
    this.cut();
    this.server.close();
  }

  private keep(socket: Socket): void {
    if (this.isCut) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
  }
}

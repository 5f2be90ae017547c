import { connect, createServer, AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';

/** An address that stays while the server behind it changes, as a virtual one of a real cluster does. */
export class Doorway {
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private target: URL,
  ) {}

  static async start(target: string): Promise<Doorway> {
    const server = createServer({ noDelay: true });
    const doorway = new Doorway(server, new URL(target));
    server.on('connection', (socket) => doorway.lead(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return doorway;
  }

  /** The server's, with the address of the doorway. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Whoever is connected has to come again. */
  repoint(target: string): void {
    this.target = new URL(target);
    for (const socket of this.open) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private lead(client: Socket): void {
    const server = connect({ host: this.target.hostname, port: Number(this.target.port), noDelay: true });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.open.add(socket);
      // whoever is connected sees that it broke
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}

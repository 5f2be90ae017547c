import { once } from 'node:events';
import { AddressInfo, connect, createServer, Server, Socket } from 'node:net';

/**
 * A way to a server that fails as ways do: `cut` breaks it, `refuse` has nobody answer at its end, and `stall` lets everything that is sent
 * vanish, on connections that look whole.
 */
export class FaultyWay {
  private readonly pairs = new Set<[Socket, Socket]>();
  private isStalled = false;

  private constructor(
    private readonly target: URL,
    private readonly server: Server,
    private readonly port: number,
  ) {}

  /** @param target a URL of the server */
  static async start(target: string): Promise<FaultyWay> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const way = new FaultyWay(new URL(target), server, (server.address() as AddressInfo).port);
    server.on('connection', (socket) => way.lead(socket));
    return way;
  }

  /** The target's, by this way. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String(this.port);
    return url.href;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.pairs.size;
  }

  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  async refuse(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  stall(): void {
    this.isStalled = true;
    for (const [client, server] of this.pairs) {
      client.unpipe(server).resume();
      server.unpipe(client).resume();
    }
  }

  /** What was stalled stays so, as it does when a firewall has forgotten it; what comes from here on goes through. */
  async mend(): Promise<void> {
    this.isStalled = false;
    if (this.server.listening) return;
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async close(): Promise<void> {
    if (this.server.listening) await this.refuse();
    else this.cut();
  }

  private lead(client: Socket): void {
    const server = connect({ host: this.target.hostname, port: Number(this.target.port), noDelay: true });
    const pair: [Socket, Socket] = [client, server];
    this.pairs.add(pair);
    for (const [socket, other] of [pair, [server, client]] as const) {
      // whoever is connected sees that it broke
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        other.destroy();
      });
      if (this.isStalled) socket.resume();
      else socket.pipe(other);
    }
  }
}

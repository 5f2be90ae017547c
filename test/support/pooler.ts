import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { AddressInfo, createServer, Server, Socket } from 'node:net';
import { Client } from 'pg';

// A pooler in transaction mode: every transaction comes to the session that has rested longest. It is as forgetful as one can be, and discards
// what was left there; or it keeps the prepared statements of its clients, as PgBouncer does since 1.21, and discards nothing.

/** Sessions of the server, so that no two transactions that follow each other share one. */
const SESSIONS = 4;

const SSL_REQUEST = 80877103;
const STARTUP = 196608;
const READY = 'Z'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);
const PARSE = 'P'.charCodeAt(0);
const BIND = 'B'.charCodeAt(0);
const PARSED = '1'.charCodeAt(0);
/** A simple query, and the end of an extended one: each is answered by one ReadyForQuery. */
const ASKS = new Set([...'QS'].map((type) => type.charCodeAt(0)));
const IDLE = 'I'.charCodeAt(0);

/** One authenticated connection to the server. */
interface ServerSession {
  readonly client: Client;
  readonly socket: Socket;
  readonly frames: Frames;
  /** Whose transaction it serves; null: nobody's. */
  user: PooledClient | null;
  /** What is prepared in it, where that is kept. */
  readonly prepared: Set<string>;
  /** Answers to what its client did not ask. */
  unasked: number;
}

export class TestPooler {
  /** Transactions that were passed on. */
  transactions = 0;
  private readonly resting: ServerSession[] = [];
  private readonly waiting: PooledClient[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly target: string,
    private readonly server: Server,
    /** May change at any time. */
    public keepsStatements: boolean,
  ) {}

  /** @param target the server's database */
  static async start(target: string, { keepsStatements = false } = {}): Promise<TestPooler> {
    const server = createServer({ noDelay: true });
    const pooler = new TestPooler(target, server, keepsStatements);
    for (let count = 0; count < SESSIONS; count++) await pooler.addSession();
    server.on('connection', (socket) => {
      pooler.sockets.add(socket);
      const client = new PooledClient(socket, pooler);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pooler.sockets.delete(socket);
        client.leave();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return pooler;
  }

  /** The database's, with the address of the pooler. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    for (const { socket } of this.resting) socket.destroy();
    if (this.server.listening) await once(this.server, 'close');
  }

  /** A session now, or when one is free. */
  attach(client: PooledClient): void {
    this.waiting.push(client);
    this.serve();
  }

  /** Its transaction is over. */
  release(session: ServerSession): void {
    this.transactions++;
    session.user = null;
    if (this.keepsStatements) this.resting.push(session);
    else session.socket.write(frame('Q', Buffer.from('DISCARD ALL\0')));
    this.serve();
  }

  /** It is in the middle of something that nobody waits for any more. */
  async replace(session: ServerSession): Promise<void> {
    session.socket.destroy();
    await this.addSession();
  }

  forget(client: PooledClient): void {
    const index = this.waiting.indexOf(client);
    if (index >= 0) this.waiting.splice(index, 1);
  }

  private serve(): void {
    while (this.resting.length > 0 && this.waiting.length > 0) {
      const session = this.resting.shift()!;
      session.user = this.waiting.shift()!;
      session.user.attached(session);
    }
  }

  /** The driver logs in; then its socket is ours. */
  private async addSession(): Promise<void> {
    const client = new Client({ connectionString: this.target });
    client.on('error', () => undefined);
    await client.connect();
    const { stream: socket } = client.connection as unknown as { stream: Socket };
    socket.removeAllListeners('data');
    const session: ServerSession = {
      ...{ client, socket, frames: new Frames(), user: null, prepared: new Set<string>(), unasked: 0 },
    };
    socket.on('data', (chunk: Buffer) => {
      for (const message of session.frames.add(chunk)) {
        if (message[0] === PARSED && session.unasked > 0) session.unasked--;
        else if (session.user !== null) session.user.answered(message);
        else if (message[0] === READY) this.resting.push(session);
      }
      this.serve();
    });
    this.resting.push(session);
    this.serve();
  }
}

class PooledClient {
  private readonly frames = new Frames();
  private isStarted = false;
  private session: ServerSession | null = null;
  private isWaiting = false;
  private unsent: Buffer[] = [];
  private readonly prepared = new Map<string, Buffer>();
  private unanswered = 0;

  constructor(
    private readonly socket: Socket,
    private readonly pooler: TestPooler,
  ) {
    socket.on('data', (chunk: Buffer) => this.asked(chunk));
  }

  attached(session: ServerSession): void {
    this.isWaiting = false;
    this.session = session;
    for (const message of this.unsent.splice(0)) this.pass(message, session);
  }

  answered(message: Buffer): void {
    this.socket.write(message);
    if (message[0] !== READY) return;
    this.unanswered--;
    if (message[5] !== IDLE || this.unanswered > 0) return;
    const session = this.session!;
    this.session = null;
    this.pooler.release(session);
  }

  leave(): void {
    this.pooler.forget(this);
    const { session } = this;
    this.session = null;
    if (session === null) return;
    session.user = null;
    void this.pooler.replace(session);
  }

  private asked(chunk: Buffer): void {
    for (const message of this.isStarted ? this.frames.add(chunk) : this.start(chunk)) {
      if (message[0] === TERMINATE) return void this.socket.end();
      if (ASKS.has(message[0]!)) this.unanswered++;
      if (this.session !== null) this.pass(message, this.session);
      else this.wait(message);
    }
  }

  /** What it once prepared is there wherever it comes to, where that is kept. */
  private pass(message: Buffer, session: ServerSession): void {
    const name = this.pooler.keepsStatements ? preparedName(message) : '';
    if (name !== '' && message[0] === PARSE) {
      this.prepared.set(name, message);
      if (session.prepared.has(name)) return void this.socket.write(frame('1', Buffer.alloc(0)));
      session.prepared.add(name);
    } else if (name !== '' && !session.prepared.has(name)) {
      session.prepared.add(name);
      session.unasked++;
      session.socket.write(this.prepared.get(name)!);
    }
    session.socket.write(message);
  }

  private wait(message: Buffer): void {
    this.unsent.push(message);
    if (this.isWaiting) return;
    this.isWaiting = true;
    this.pooler.attach(this);
  }

  /** Lets everybody in; the process that it tells is none of the server's. */
  private start(chunk: Buffer): Buffer[] {
    const code = chunk.readInt32BE(4);
    if (code === SSL_REQUEST) this.socket.write('N');
    if (code !== STARTUP) return [];
    this.isStarted = true;
    this.socket.write(
      Buffer.concat([
        frame('R', Buffer.alloc(4)),
        frame('K', randomBytes(8)),
        frame('Z', Buffer.from([IDLE])),
      ]),
    );
    return [];
  }
}

/** Messages out of a stream of bytes: a type, a length, and what follows. */
class Frames {
  private rest = Buffer.alloc(0);

  add(chunk: Buffer): Buffer[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const messages: Buffer[] = [];
    while (this.rest.length >= 5 && this.rest.length > this.rest.readInt32BE(1)) {
      const end = 1 + this.rest.readInt32BE(1);
      messages.push(this.rest.subarray(0, end));
      this.rest = this.rest.subarray(end);
    }
    return messages;
  }
}

/** Of the statement that a message prepares or uses; empty: none with a name. */
function preparedName(message: Buffer): string {
  const [first = '', second = ''] = message.subarray(5).toString('latin1').split('\0', 2);
  if (message[0] === PARSE) return first;
  return message[0] === BIND ? second : '';
}

function frame(type: string, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(4 + payload.length, 1);
  return Buffer.concat([head, payload]);
}

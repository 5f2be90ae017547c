import { Role } from '../../../src/config/environment.js';
import { Random } from '../../../src/simulators/random.js';
import { Replica } from '../../support/replica.js';
import { freePorts } from '../platforms/processes.js';

/** How many processes of each role. */
export type Crew = Record<Role, number>;

/** No two machines agree on the time. Far more than a lease lasts. */
const CLOCK_OFFSETS_MS = [0, 3_600_000, -3_600_000];
/** Of what a process logged before it ended by itself. */
const SHOWN_CHARACTERS = 2_000;

/** A place in the cluster: one process after the other, each on the same port. */
export interface Post {
  readonly role: Role;
  readonly port: number;
  readonly clockOffsetMs: number;
  replica: Replica;
  isStopped: boolean;
}

/** The processes of a cluster. Whichever ends by itself is started again, as systemd or Kubernetes would. */
export class Services {
  readonly posts: Post[] = [];
  /** Of processes that ended by themselves, what they said; but for those that the database was away for. */
  readonly ended: string[] = [];
  /** Whoever starts now finds no database, and ends. */
  isWithoutDatabase = false;
  private isEnding = false;

  constructor(
    private readonly folder: string,
    private readonly databaseUrl: string,
  ) {}

  async start(role: Role, count: number): Promise<void> {
    for (const port of await freePorts(count)) {
      const clockOffsetMs = CLOCK_OFFSETS_MS[this.posts.length % CLOCK_OFFSETS_MS.length]!;
      const replica = this.spawn(role, port, clockOffsetMs);
      const post = { role, port, clockOffsetMs, replica, isStopped: false };
      this.posts.push(post);
      this.watch(post);
    }
  }

  /** The addresses of those with this role. */
  urls(role: Role): string[] {
    return this.posts.filter((post) => post.role === role).map(({ port }) => `http://127.0.0.1:${port}`);
  }

  /** One that is not stopped. */
  pick(random: Random): Post {
    return random.pick(this.posts.filter(({ isStopped }) => !isStopped) as [Post, ...Post[]]);
  }

  /** kill -9, and a new process in its place. */
  async kill(post: Post): Promise<void> {
    await post.replica.end();
    this.replace(post);
  }

  /** All but a stopped one are ready. */
  async ready(): Promise<boolean> {
    const running = this.posts.filter(({ isStopped }) => !isStopped);
    const answers = await Promise.all(
      running.map(({ port }) =>
        fetch(`http://127.0.0.1:${port}/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    return answers.every((isReady) => isReady);
  }

  async end(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.posts.map(({ replica }) => replica.end()));
  }

  private replace(post: Post): void {
    if (this.isEnding) return;
    post.replica = this.spawn(post.role, post.port, post.clockOffsetMs);
    this.watch(post);
  }

  private watch(post: Post): void {
    post.replica.failed.catch((error: Error) => {
      if (!this.isWithoutDatabase) this.ended.push(`${post.role}: ${error.message.slice(-SHOWN_CHARACTERS)}`);
      this.replace(post);
    });
  }

  private spawn(role: Role, port: number, clockOffsetMs: number): Replica {
    const environment = { ROLLCALL_ROLES: role, ROLLCALL_PORT: String(port) };
    return new Replica(this.folder, this.databaseUrl, clockOffsetMs, environment);
  }
}

import { Inject, Injectable, Logger, OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { FastifyRequest } from 'fastify';
import { CONFIG, Config } from '../../config/config.js';
import { Json } from '../../domain/job.js';
import { Asker, AuditStore, Refusal } from '../../storage/audit.store.js';
import { addressOf } from './address.js';
import { knownPrincipal } from './principal.js';

const FLUSH_EVERY_MS = 10_000;
const PRUNE_EVERY_MS = 600_000;

/** Kinds of refusals that are told apart between two flushes: whoever is refused a thousand times a second writes no more than this. */
const MAX_KINDS = 50;

/** Paths hold ids and keys; anything longer is none of ours. */
const MAX_PATH = 300;

/**
 * Writes down who did what with the API, and who was refused, in the table and in the log. Acts are written before they are done, so that
 * nothing is done without a record; refusals are counted and written every few seconds, so that they cannot be used to fill the disk.
 */
@Injectable()
export class AuditLog implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger('Audit');
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly details = new WeakMap<FastifyRequest, Json>();
  private refusals = new Map<string, Refusal>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: AuditStore,
  ) {}

  onModuleInit(): void {
    this.every(FLUSH_EVERY_MS, () => this.flush());
    this.every(PRUNE_EVERY_MS, async () => void (await this.store.prune(this.config.retention.auditMs)));
  }

  async onApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.flush().catch((error: unknown) => this.failed(error));
  }

  /** What the entry of this act shows beside its path. Never a secret. */
  note(request: FastifyRequest, details: Json): void {
    this.details.set(request, details);
  }

  /** @returns what {@link end} wants. @throws what the database throws: then the act must not happen */
  begin(request: FastifyRequest): Promise<string> {
    return this.store.beginAct({
      ...askerOf(request),
      method: request.method,
      path: pathOf(request).slice(0, MAX_PATH),
      requestId: request.id,
    });
  }

  /** The act is done, or was refused. Never throws: it cannot be undone by failing now. */
  async end(request: FastifyRequest, id: string, status: number): Promise<void> {
    const details = this.details.get(request) ?? null;
    const { actor, address } = askerOf(request);
    const path = pathOf(request).slice(0, MAX_PATH);
    this.log.log({
      actor,
      address,
      method: request.method,
      path,
      status,
      details,
      requestId: request.id,
      msg: 'act',
    });
    await this.store.endAct(id, status, details).catch((error: unknown) => this.failed(error));
  }

  /** Somebody was not let in. @param status of the answer */
  refused(request: FastifyRequest, status: number): void {
    const { method, id } = request;
    const path = request.routeOptions.url?.replaceAll(/:(\w+)/g, '{$1}') ?? null;
    const at = Date.now();
    const kind = { ...askerOf(request), method, path, status };
    let key = JSON.stringify([kind.actor, kind.address, method, path, status]);
    let refusal: Refusal = { ...kind, firstAt: at, lastAt: at, count: 0, requestId: id };
    if (!this.refusals.has(key) && this.refusals.size >= MAX_KINDS) {
      key = JSON.stringify(['others', status]);
      refusal = { ...refusal, actor: null, actorSources: null, address: null, method: '*', path: null };
    }
    const known = this.refusals.get(key) ?? refusal;
    known.count += 1;
    known.lastAt = at;
    this.refusals.set(key, known);
  }

  /** Writes the refusals of the last seconds. @throws what the database throws; then they are kept for the next time */
  async flush(): Promise<void> {
    const refusals = this.refusals;
    if (refusals.size === 0) return;
    this.refusals = new Map();
    try {
      await this.store.addRefusals([...refusals.values()]);
    } catch (error) {
      this.refusals = merged(refusals, this.refusals);
      throw error;
    }
    for (const { actor, address, method, path, status, count, requestId } of refusals.values())
      this.log.warn({ actor, address, method, path, status, count, requestId, msg: 'refused' });
  }

  private every(ms: number, work: () => Promise<void>): void {
    const timer = setInterval(() => void work().catch((error: unknown) => this.failed(error)), ms);
    this.timers.push(timer.unref());
  }

  private failed(error: unknown): void {
    this.log.error({ err: error, msg: 'the audit log could not be written' });
  }
}

/** Both, still bounded: at most twice the kinds are held while the database is away, since each flush holds at most as many. */
function merged(older: Map<string, Refusal>, newer: Map<string, Refusal>): Map<string, Refusal> {
  const all = new Map([...older].slice(0, MAX_KINDS));
  for (const [key, refusal] of newer) {
    const known = all.get(key);
    if (known === undefined) all.set(key, refusal);
    else all.set(key, { ...known, count: known.count + refusal.count, lastAt: refusal.lastAt });
  }
  return all;
}

function askerOf(request: FastifyRequest): Asker {
  const principal = knownPrincipal(request);
  return {
    actor: principal?.name ?? null,
    actorSources: principal?.sources ?? null,
    address: addressOf(request),
  };
}

/** Without the query: people put secrets there. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]!;
}

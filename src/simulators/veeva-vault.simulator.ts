import { Instant } from './clock.js';
import { STRAY_VAULT_ID, STRAY_VAULT_USER, VAULT_ID, VAULT_USER } from './credentials.js';
import { Answer, Call, Face, wholeNumber } from './http/answer.js';
import { Logins } from './http/logins.js';
import { divert, stepAt } from './life.js';
import { Population } from './population.js';
import { VAULT_FINISHED, VaultLife, VaultStep } from './scripts/veeva-vault.script.js';

const MINUTE = 60_000;
/** The second one has `actions/cancel` in its reference; here both do. */
const VERSIONS = ['v25.2', 'v26.1'];
const BURST = { limit: 2000, windowMs: 5 * MINUTE, delayMs: 500 };
const DETAIL_EVERY_MS = 10_000;
const WRONG_PASSWORDS = 5;
const MOST_CANCELLED = 500;
const MONITOR_STATUSES = ['scheduled', 'queued', 'running'];
const HISTORY_STATUSES = VAULT_FINISHED.map((status) => status.toLowerCase());
const VAULT_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * Veeva Vault: errors inside HTTP 200, monitors and histories, one detail read of a job in ten seconds, replies delayed past the
 * burst limit (`limited: false`: never delayed, details not limited). A user is locked out after five wrong passwords in a row.
 * Not simulated: VQL, XML, a Vault time zone other than UTC.
 */
export function veevaVaultFace(jobs: Population<VaultLife>, limited: boolean): Face {
  const vault = new Vault(jobs, limited);
  return { handle: (call) => vault.handle(call), revokeLogins: () => vault.sessions.endAll() };
}

class Vault {
  readonly sessions = new Logins({ lifetimeMs: 48 * 60 * MINUTE, idleMs: 20 * MINUTE });
  private readonly detailAt = new Map<string, Instant>();
  private wrongPasswords = 0;
  private window = NaN;
  private used = 0;
  private executions = 0;

  constructor(
    private readonly jobs: Population<VaultLife>,
    private readonly limited: boolean,
  ) {}

  handle(call: Call): Answer {
    const body = this.respond(call);
    const left = this.burstLeft(call.now);
    const delayMs = this.limited && left < 0 ? BURST.delayMs : 0;
    this.executions += 1;
    return {
      status: 200,
      json: body,
      ...(delayMs > 0 && { delayMs }),
      headers: {
        'Content-Type': 'application/json;charset=UTF-8',
        'X-VaultAPI-Status': String(body.responseStatus),
        'X-VaultAPI-ExecutionId': `simulated-${this.executions}`,
        'X-VaultAPI-BurstLimit': String(BURST.limit),
        'X-VaultAPI-BurstLimitRemaining': String(Math.max(0, left)),
        'X-VaultAPI-ResponseDelay': String(delayMs),
      },
    };
  }

  private burstLeft(now: Instant): number {
    const window = Math.floor(now / BURST.windowMs);
    if (window !== this.window) {
      this.window = window;
      this.used = 0;
    }
    this.used += 1;
    return BURST.limit - this.used;
  }

  private respond(call: Call): Body {
    if (call.path === '/api/' || call.path === '/api') {
      const values = Object.fromEntries(VERSIONS.map((name) => [name, `${call.origin}/api/${name}`]));
      return { responseStatus: 'SUCCESS', values };
    }
    const [, version = '', route = ''] = ROUTE.exec(call.path) ?? [];
    if (!VERSIONS.includes(version)) return failure('MALFORMED_URL', `no API version ${version}`);
    if (route === '/auth' && call.method === 'POST') return this.logIn(call);
    const session = (call.headers.authorization ?? '').replace(/^Bearer /, '');
    const vaultId = this.sessions.check(session, call.now);
    if (vaultId === null) return failure('INVALID_SESSION_ID', 'Invalid or expired session ID.');
    if (route === '/keep-alive' && call.method === 'POST') return { responseStatus: 'SUCCESS' };
    if (vaultId !== String(VAULT_ID))
      return failure('INSUFFICIENT_ACCESS', 'another Vault holds no jobs of yours');
    return this.jobRoutes(call, route);
  }

  private logIn(call: Call): Body {
    const fields = formFields(call);
    const [username, password] = [fields.get('username'), fields.get('password')];
    if (this.wrongPasswords >= WRONG_PASSWORDS) return failure('USER_LOCKED_OUT', 'The user is locked out.');
    const known = [VAULT_USER, STRAY_VAULT_USER].find(
      (user) => user.username === username && user.password === password,
    );
    if (known === undefined) {
      this.wrongPasswords += 1;
      return failure('USERNAME_OR_PASSWORD_INCORRECT', 'Authentication failed for user.');
    }
    this.wrongPasswords = 0;
    const vaultId = known === VAULT_USER ? VAULT_ID : STRAY_VAULT_ID;
    const vaults = [{ id: vaultId, name: `Vault ${vaultId}`, url: vaultUrl(call, vaultId) }];
    const sessionId = this.sessions.give(String(vaultId), call.now);
    return { responseStatus: 'SUCCESS', sessionId, userId: 12_021, vaultIds: vaults, vaultId };
  }

  private jobRoutes(call: Call, route: string): Body {
    const [, one, tail = ''] = /^\/services\/jobs\/(\d+)(\/tasks)?$/.exec(route) ?? [];
    const [, startable] = /^\/services\/jobs\/start_now\/(\d+)$/.exec(route) ?? [];
    if (call.method === 'GET' && route === '/services/jobs/monitors')
      return this.list(call, route, MONITOR_STATUSES);
    if (call.method === 'GET' && route === '/services/jobs/histories')
      return this.list(call, route, HISTORY_STATUSES);
    if (call.method === 'GET' && one !== undefined)
      return tail === '' ? this.detail(call, one) : this.tasks(call, one);
    if (call.method === 'POST' && route === '/services/jobs/actions/cancel') return this.cancel(call);
    if (call.method === 'POST' && startable !== undefined) return this.startNow(call, startable);
    return failure('MALFORMED_URL', `no resource at ${call.method} ${call.path}`);
  }

  private list(call: Call, route: string, statuses: readonly string[]): Body {
    const { query } = call;
    const limit = wholeNumber(query.get('limit'), { fallback: 50, least: 1, most: 200 });
    const offset = wholeNumber(query.get('offset'), { fallback: 0, least: 0 });
    const from = vaultTime(query.get('start_date'), 0);
    const to = vaultTime(query.get('end_date'), call.seenAt);
    const status = query.get('status');
    if (limit === null || offset === null || from === null || to === null)
      return failure('INVALID_DATA', 'limit, offset, start_date or end_date is not valid');
    if (status !== null && !statuses.includes(status))
      return failure('INVALID_DATA', `status ${status} is not allowed`);
    const monitors = statuses === MONITOR_STATUSES;
    const all = monitors ? this.monitors(call.seenAt, from, to) : this.histories(call.seenAt, from, to);
    const kept =
      status === null ? all : filtered(all, (life) => statusOf(life, call.seenAt).toLowerCase() === status);
    const page = (to: number): string => {
      const next = new URLSearchParams(query);
      next.set('limit', String(limit));
      next.set('offset', String(to));
      return `${baseOf(call)}${route}?${next.toString()}`;
    };
    return {
      responseStatus: 'SUCCESS',
      responseMessage: 'OK',
      url: page(offset),
      responseDetails: {
        total: kept.length,
        limit,
        offset,
        ...(offset > 0 && { previous_page: page(Math.max(0, offset - limit)) }),
        ...(offset + limit < kept.length && { next_page: page(offset + limit) }),
      },
      jobs: kept.slice(offset, offset + limit).map((life) => listRecord(life, call.seenAt)),
    };
  }

  /** Unfinished jobs created in the range, ids ascending. */
  private monitors(now: Instant, from: Instant, to: Instant): Sliceable {
    return this.jobs
      .unsettled(now)
      .filter((life) => !isFinished(life, now) && life.bornAt >= from && life.bornAt <= to);
  }

  /**
   * Finished jobs created in the range, ids descending: the documents leave the basis of the range open, and creation is the one
   * that costs a careless reader most. What is older than every unfinished job is finished, so it is counted and not looked at.
   */
  private histories(now: Instant, from: Instant, to: Instant): Sliceable {
    const settled = this.jobs.settledCount(now);
    const [first, end] = this.jobs.ranksBornBetween(from, to, now);
    const recent = this.jobs
      .unsettled(now)
      .filter((life) => isFinished(life, now) && life.bornAt >= from && life.bornAt <= to)
      .reverse();
    const top = Math.min(settled, end);
    const old = Math.max(0, top - first);
    return {
      length: recent.length + old,
      slice: (start, stop) => {
        const place = Math.max(start, recent.length) - recent.length;
        const length = Math.max(0, Math.min(stop - recent.length, old) - place);
        const older = Array.from({ length }, (_, step) => this.jobs.at(top - 1 - place - step));
        return [...recent.slice(start, stop), ...older];
      },
    };
  }

  private detail(call: Call, id: string): Body {
    const life = this.jobs.find(id, call.seenAt);
    if (life === undefined) return failure('INVALID_DATA', `The job [${id}] is not valid.`);
    const last = this.detailAt.get(id);
    if (this.limited && last !== undefined && call.now - last < DETAIL_EVERY_MS)
      return failure('API_LIMIT_EXCEEDED', `Job [${id}] can be retrieved once every 10 seconds.`);
    this.forgetDetails(call.now);
    this.detailAt.set(id, call.now);
    return { responseStatus: 'SUCCESS', responseMessage: 'OK', data: detailRecord(life, call) };
  }

  private forgetDetails(now: Instant): void {
    for (const [id, at] of this.detailAt) if (now - at >= DETAIL_EVERY_MS) this.detailAt.delete(id);
  }

  private tasks(call: Call, id: string): Body {
    const life = this.jobs.find(id, call.seenAt);
    if (life === undefined || life.tasks === 0)
      return failure('INVALID_DATA', `The job [${id}] has no tasks.`);
    const limit = wholeNumber(call.query.get('limit'), { fallback: 50, least: 1, most: 200 });
    const offset = wholeNumber(call.query.get('offset'), { fallback: 0, least: 0 });
    if (limit === null || offset === null) return failure('INVALID_DATA', 'limit or offset is not valid');
    const tasks = taskStates(life, call.seenAt).map((state, place) => ({ id: `Task${place + 1}`, state }));
    const page = (to: number): string => `${call.path}?limit=${limit}&offset=${to}`;
    return {
      responseStatus: 'SUCCESS',
      url: page(offset),
      responseDetails: {
        total: life.tasks,
        limit,
        offset,
        ...(offset > 0 && { previous_page: page(Math.max(0, offset - limit)) }),
        ...(offset + limit < life.tasks && { next_page: page(offset + limit) }),
      },
      job_id: life.id,
      tasks: tasks.slice(offset, offset + limit),
    };
  }

  /** Each call moves the scheduled instance up: it starts now and does not run as planned. */
  private startNow(call: Call, id: string): Body {
    const life = this.jobs.find(id, call.seenAt);
    if (life === undefined || statusOf(life, call.now) !== 'SCHEDULED')
      return failure('OPERATION_NOT_ALLOWED', `Job [${id}] is not found in SCHEDULED state`);
    const { paceMs } = this.jobs;
    const step = (after: number, status: string, touch: boolean): VaultStep => ({
      at: call.now + Math.ceil(after * paceMs),
      status,
      touch,
    });
    const steps = [step(0, 'QUEUED', true), step(0.5, 'RUNNING', true), step(2, 'SUCCESS', false)];
    this.jobs.amend({ ...life, plannedAt: call.now, steps: divert(life.steps, call.now, steps) });
    return { responseStatus: 'SUCCESS', url: `${baseOf(call)}/services/jobs/${id}`, job_id: life.id };
  }

  private cancel(call: Call): Body {
    const ids = cancelledIds(call);
    if (ids === null || ids.length > MOST_CANCELLED)
      return failure('INVALID_DATA', 'send a list of up to 500 job_id');
    return { responseStatus: 'SUCCESS', data: ids.map((id) => this.cancelOne(call.now, id)) };
  }

  private cancelOne(now: Instant, id: string): Body {
    const life = this.jobs.find(id, now);
    if (life === undefined || !['SCHEDULED', 'QUEUED', 'QUEUEING'].includes(statusOf(life, now))) {
      const errors = {
        type: 'INVALID_DATA',
        message: `Job [${id}] is not found in QUEUED or QUEUEING state`,
      };
      return { responseStatus: 'FAILURE', errors };
    }
    const end = now + Math.ceil(this.jobs.paceMs / 2);
    const steps = divert(life.steps, now, [
      { at: now, status: 'CANCELLING', touch: true },
      { at: end, status: 'CANCELLED', touch: true },
    ]);
    this.jobs.amend({ ...life, steps });
    return { responseStatus: 'SUCCESS', data: { id: life.id } };
  }
}

type Body = Record<string, unknown>;

const ROUTE = /^\/api\/([^/]+)(\/.*)$/;

/** The path of the version that was asked for. */
function baseOf(call: Call): string {
  return `/api/${ROUTE.exec(call.path)?.[1] ?? ''}`;
}

/** A list of which only a page is ever written out. */
interface Sliceable {
  readonly length: number;
  slice(start: number, stop: number): VaultLife[];
}

function filtered(lives: Sliceable, keeps: (life: VaultLife) => boolean): VaultLife[] {
  return lives.slice(0, lives.length).filter(keeps);
}

function statusOf(life: VaultLife, now: Instant): string {
  return stepAt(life.steps, now).status;
}

function isFinished(life: VaultLife, now: Instant): boolean {
  return VAULT_FINISHED.includes(statusOf(life, now));
}

function runTimes(life: VaultLife, now: Instant): Record<string, string> {
  const step = stepAt(life.steps, now);
  const run = life.steps.find(({ at, status }) => status === 'RUNNING' && at <= now);
  const start = run?.at ?? life.plannedAt;
  return {
    ...(start !== null && { run_start_date: print(start) }),
    ...(run !== undefined && isFinished(life, now) && { run_end_date: print(step.at) }),
  };
}

function listRecord(life: VaultLife, now: Instant): object {
  const modified = life.steps.findLast(({ at, touch }) => touch && at <= now) ?? life.steps[0];
  return {
    job_id: life.id,
    title: life.title,
    status: statusOf(life, now),
    created_by: life.createdBy,
    created_date: print(life.bornAt),
    modified_by: life.createdBy,
    modified_date: print(modified.at),
    ...runTimes(life, now),
  };
}

function detailRecord(life: VaultLife, call: Call): object {
  const now = call.seenAt;
  const states = taskStates(life, now);
  const words = [...new Set(states)];
  return {
    id: life.id,
    status: statusOf(life, now),
    method: 'POST',
    // The documented sample's own slip: the link names another job.
    links: [
      {
        rel: 'self',
        href: `${baseOf(call)}/services/jobs/${life.id + 400}`,
        method: 'GET',
        accept: 'application/json',
      },
    ],
    ...(life.tasks > 0 && {
      progress: words.map((status) => ({ status, size: states.filter((state) => state === status).length })),
    }),
    created_by: life.createdBy,
    created_date: print(life.bornAt),
    ...runTimes(life, now),
  };
}

/** Tasks of an SDK job finish one after the other while it runs. */
function taskStates(life: VaultLife, now: Instant): string[] {
  const shown = life.steps.filter(({ at, status }) => status === 'RUNNING' && at <= now).length;
  const done = isFinished(life, now) ? life.tasks : Math.min(life.tasks, Math.max(0, shown - 1));
  return Array.from({ length: life.tasks }, (_, place) =>
    place < done ? 'SUCCESS' : place === done && shown > 0 ? 'RUNNING' : 'QUEUED',
  );
}

function formFields(call: Call): Map<string, string> {
  const type = call.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) return new Map(new URLSearchParams(call.body));
  const parts = call.body.matchAll(/name="([^"]+)"\r\n\r\n([\s\S]*?)\r\n--/g);
  return new Map(Array.from(parts, ([, name = '', value = '']) => [name, value]));
}

/** A DNS name that is not ours leads to the user's own Vault all the same; the answer tells which. */
function vaultUrl(call: Call, vaultId: number): string {
  return vaultId === VAULT_ID ? `${call.origin}/api` : `https://vault-${vaultId}.example.com/api`;
}

/** JSON `[{"job_id": 1}]` or CSV with a `job_id` column; null when it is neither. */
function cancelledIds(call: Call): string[] | null {
  if ((call.headers['content-type'] ?? '').startsWith('text/csv')) {
    const [head, ...rows] = call.body.trim().split(/\r?\n/);
    return head === 'job_id' ? rows : null;
  }
  try {
    const rows = JSON.parse(call.body) as { job_id: unknown }[];
    return rows.map(({ job_id: id }) => String(id));
  } catch {
    return null;
  }
}

function vaultTime(text: string | null, fallback: Instant): Instant | null {
  if (text === null) return fallback;
  return VAULT_TIME.test(text) ? Date.parse(text) : null;
}

function print(instant: Instant): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, '.000Z');
}

function failure(type: string, message: string): Body {
  return { responseStatus: 'FAILURE', responseMessage: message, errors: [{ type, message }] };
}

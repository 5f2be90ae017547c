import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../support/repository.js';
import { Plan, ShownFacts, ShownJob, TrueJob } from './compare.js';
import { History, PlatformKind, PlatformLab } from './platform-lab.js';
import { freePorts, output, Processes } from './processes.js';

/** Restate's server is under the Business Source Licence: npm installs it here to be run, and nothing of it is ours. */
const PACKAGES = ['@restatedev/restate-server@1.7', '@restatedev/restate-sdk@1'];
const PROGRAM = path.join(ROOT, 'scripts/platforms/restate.mjs');

interface Calls extends Plan {
  /** What stands before the handler's name; `jobs/` where left out. */
  to?: string;
  /** How long Restate is to wait before it begins. */
  delay?: string;
  /** Done once to each when Rollcall has shown it in the state. */
  step?: { onceShown: string; action: 'cancel' | 'kill' };
}

const succeeded: ShownFacts = { state: 'succeeded', reason: null, error: null, progress: null };
const failed = (message: string): ShownFacts => ({ state: 'failed', reason: null, error: { message } });
const scheduled: ShownFacts = { state: 'scheduled', reason: null, error: null, startedAt: null };
const isShown = (named: string, met: (job: ShownJob) => boolean) => ({ named, met });
const isScheduled = isShown(
  'scheduled with its planned start',
  ({ state, scheduledFor, startedAt }) =>
    state === 'scheduled' && scheduledFor !== null && startedAt === null,
);

const CALLS: readonly Calls[] = [
  { what: 'waits_an_hour', jobs: 2, delay: '1h', word: 'scheduled', shown: scheduled },
  {
    what: 'begins_later',
    jobs: 3,
    delay: '10s',
    word: 'completed/success',
    shown: succeeded,
    onTheWay: [isScheduled],
  },
  {
    what: 'runs_long',
    jobs: 2,
    word: 'completed/success',
    shown: succeeded,
    onTheWay: [isShown('suspended', ({ state, reason }) => state === 'running' && reason === 'suspended')],
  },
  {
    what: 'is_cancelled',
    jobs: 4,
    word: 'completed/failure',
    shown: { state: 'cancelled', reason: null, error: { message: '[409] Cancelled' } },
    step: { onceShown: 'running', action: 'cancel' },
  },
  {
    what: 'is_killed',
    jobs: 2,
    word: 'completed/failure',
    shown: { state: 'cancelled', reason: 'killed', error: { message: 'killed' } },
    step: { onceShown: 'running', action: 'kill' },
  },
  {
    what: 'is_cancelled_scheduled',
    jobs: 2,
    delay: '1h',
    // Restate forgets an invocation that is cancelled before it began.
    word: null,
    shown: { ...scheduled, freshness: 'vanished' },
    step: { onceShown: 'scheduled', action: 'cancel' },
    onTheWay: [isScheduled],
  },
  {
    what: 'waits_for_its_turn',
    jobs: 4,
    to: 'inbox/only/',
    word: 'completed/success',
    shown: succeeded,
    onTheWay: [isShown('queued', ({ state, startedAt }) => state === 'queued' && startedAt === null)],
  },
  { what: 'fails', jobs: 6, word: 'completed/failure', shown: failed('boom: bad input') },
  { what: 'fails_with_409', jobs: 2, word: 'completed/failure', shown: failed('the order was cancelled') },
  { what: 'times_out', jobs: 3, word: 'completed/failure', shown: failed('[408]') },
  {
    what: 'succeeds_on_third_try',
    jobs: 4,
    word: 'completed/success',
    shown: succeeded,
    onTheWay: [
      isShown('backing off', ({ state, reason }) => state === 'running' && reason === 'backing_off'),
    ],
  },
  { what: 'fails_after_tries', jobs: 3, word: 'completed/failure', shown: failed('transient upstream 503') },
  {
    what: 'is_paused',
    jobs: 2,
    word: 'paused',
    shown: { state: 'paused', reason: null, error: null, finishedAt: null },
  },
  {
    what: 'keeps_retrying',
    jobs: 2,
    word: 'backing-off',
    shown: {
      state: 'running',
      reason: 'backing_off',
      error: { message: 'transient upstream 503' },
      finishedAt: null,
    },
  },
  { what: 'succeeds', jobs: 20, word: 'completed/success', shown: succeeded },
];

/** A row of sys_invocation: keys that are null are left out. */
interface Row {
  id: string;
  status: string;
  completion_result?: string;
  created_at: string;
  scheduled_start_at?: string;
  running_at?: string;
  completed_at?: string;
}

export const RESTATE: PlatformKind = {
  name: 'restate',
  packages: PACKAGES,
  missing: () => Promise.resolve(null),
  async start(folder, packages) {
    const lab = new RestateLab(await freePorts(4));
    try {
      await lab.start(folder, packages);
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  },
};

class RestateLab implements PlatformLab {
  readonly plans = CALLS;
  readonly source: Record<string, unknown>;
  title = 'Restate';
  private readonly processes = new Processes();
  private readonly admin: string;
  private readonly ingress: string;
  /** What each invocation is for, by the id that the ingress answered. */
  private readonly submitted = new Map<string, string>();
  private readonly done = new Set<string>();

  constructor(private readonly ports: readonly number[]) {
    const [admin, ingress] = ports.map((port) => `http://127.0.0.1:${port}`);
    this.admin = admin!;
    this.ingress = ingress!;
    this.source = { platform: 'http', manifest: 'restate', baseUrl: this.admin };
  }

  async start(folder: string, packages: string): Promise<void> {
    const [admin, ingress, node, services] = this.ports;
    const configuration = path.join(folder, 'restate.toml');
    const lines = [
      'bind-ip = "127.0.0.1"',
      `bind-address = "127.0.0.1:${node}"`,
      'listen-mode = "tcp"',
      `base-dir = ${JSON.stringify(path.join(folder, 'data'))}`,
      'disable-telemetry = true',
      `[admin]\nbind-address = "127.0.0.1:${admin}"`,
      `[ingress]\nbind-address = "127.0.0.1:${ingress}"`,
    ];
    await writeFile(configuration, `${lines.join('\n')}\n`);
    const server = await serverProgram(packages);
    this.processes.start('restate-server', server, ['--no-logo', '--config-file', configuration]);
    const program = path.join(packages, 'rollcall-lab-restate.mjs');
    await copyFile(PROGRAM, program);
    this.processes.start('restate services', process.execPath, [program, String(services)]);
    const registration = { uri: `http://127.0.0.1:${services}` };
    await this.processes.answer(() => this.call(`${this.admin}/deployments`, 'POST', registration));
    this.title = (await output(server, ['--version'])).trim();
  }

  async submit(): Promise<void> {
    for (const { what, jobs, to = 'jobs/', delay } of CALLS) {
      const later = delay === undefined ? '' : `?delay=${delay}`;
      const url = `${this.ingress}/${to}${what}/send${later}`;
      for (let place = 0; place < jobs; place++) {
        const answer = await this.call(url, 'POST', place);
        const { invocationId } = (await answer.json()) as { invocationId: string };
        this.submitted.set(invocationId, what);
      }
    }
  }

  async attend(truth: readonly TrueJob[], history: History): Promise<void> {
    this.processes.check();
    const steps = new Map(CALLS.map(({ what, step }) => [what, step]));
    for (const { externalId, what } of truth) {
      const step = steps.get(what);
      const isShown = history.get(externalId)?.some(({ state }) => state === step?.onceShown) === true;
      if (step === undefined || !isShown || this.done.has(externalId)) continue;
      this.done.add(externalId);
      await this.call(`${this.admin}/invocations/${externalId}/${step.action}`, 'PATCH');
    }
  }

  async truth(): Promise<TrueJob[]> {
    const query = 'SELECT * FROM sys_invocation';
    const { rows } = (await (await this.call(`${this.admin}/query`, 'POST', { query })).json()) as {
      rows: Row[];
    };
    const found = new Map(rows.map((row) => [row.id, row]));
    const all = new Set([...this.submitted.keys(), ...found.keys()]);
    return [...all].map((id) => trueJob(id, this.submitted.get(id) ?? 'something else', found.get(id)));
  }

  close(): Promise<void> {
    return this.processes.end();
  }

  private async call(url: string, method: string, body?: unknown): Promise<Response> {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${url} was answered ${response.status}: ${await response.text()}`);
    return response;
  }
}

function trueJob(externalId: string, what: string, row: Row | undefined): TrueJob {
  if (row === undefined) return { externalId, what, word: null, times: {} };
  const time = (text: string | undefined): number | null => (text === undefined ? null : Date.parse(text));
  return {
    externalId,
    what,
    word: [row.status, row.completion_result].filter((word) => word !== undefined).join('/'),
    times: {
      createdAt: time(row.created_at),
      startedAt: time(row.running_at),
      finishedAt: time(row.completed_at),
      ...(row.status === 'scheduled' ? { scheduledFor: time(row.scheduled_start_at) } : {}),
    },
  };
}

/** npm's package starts the binary as a child of a script: the script is left out, so that signals reach the server. */
async function serverProgram(packages: string): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const where = path.join(packages, 'node_modules/@restatedev', `restate-server-${platform}`);
  const found = (await output('find', [where, '-type', 'f', '-name', 'restate-server'])).trim();
  if (found === '') throw new Error(`npm has no restate-server for ${platform}`);
  return found.split('\n')[0]!;
}

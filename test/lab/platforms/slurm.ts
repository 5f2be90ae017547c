import { randomBytes } from 'node:crypto';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { waitFor } from '../../support/wait-for.js';
import { ShownJob, TrueJob } from './compare.js';
import { History, PlatformKind, PlatformLab } from './platform-lab.js';
import { freePorts, missingPrograms, output, Processes, User, userNamed } from './processes.js';
import { Batch, BATCHES } from './slurm-jobs.js';

/** Who submits jobs and who asks slurmrestd must be neither root nor Slurm itself. */
const SUBMITTER = 'nobody';
const API_VERSION = 'v0.0.38';
const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'slurmrestd', 'sbatch', 'scancel', 'scontrol'];
const PACKAGES = 'slurmctld slurmd slurmrestd slurm-wlm slurm-wlm-jwt-plugin munge';
/** Fewer than there are jobs, so that some wait; more than the machine has, as jobs only sleep. */
const SLOTS = 16;

export const SLURM: PlatformKind = {
  name: 'slurm',
  packages: [],
  async missing() {
    const missing = await missingPrograms(PROGRAMS);
    if (missing.length > 0)
      return `${missing.join(', ')} not installed (Debian: apt-get install ${PACKAGES})`;
    if (process.getuid?.() !== 0) return 'only root may start daemons that run jobs as another user';
    for (const user of ['slurm', 'munge', SUBMITTER]) {
      const isThere = await userNamed(user).then(
        () => true,
        () => false,
      );
      if (!isThere) return `there is no user ${user}`;
    }
    return null;
  },
  async start(folder) {
    const lab = new SlurmLab(folder, await userNamed(SUBMITTER), await freePorts(3));
    try {
      await lab.start();
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  },
};

class SlurmLab implements PlatformLab {
  readonly plans = BATCHES;
  title = 'Slurm';
  source: Record<string, unknown> = {};
  private readonly processes = new Processes();
  /** The last id that sbatch answered for each purpose. */
  private readonly submitted = new Map<string, string>();
  /** Steps done, as `id step`. */
  private readonly done = new Set<string>();
  private readonly configuration: string;
  private readonly env: NodeJS.ProcessEnv;
  private hasController = false;

  constructor(
    private readonly folder: string,
    private readonly submitter: User,
    private readonly ports: readonly number[],
  ) {
    this.configuration = path.join(folder, 'slurm.conf');
    this.env = { PATH: process.env['PATH'], SLURM_CONF: this.configuration, TZ: 'UTC' };
  }

  async start(): Promise<void> {
    const [munge, slurm] = await Promise.all([userNamed('munge'), userNamed('slurm')]);
    const [node, restPort] = [hostname().split('.')[0]!, this.ports[2]!];
    await this.folderOf('munge', munge);
    await this.folderOf('controller', slurm);
    await this.folderOf('node');
    await this.secret('munge/key', munge, 128);
    await this.secret('controller/jwt.key', slurm, 32);
    await writeFile(this.configuration, this.slurmConf(node));
    const files = ['key-file=key', 'socket=socket', 'pid-file=pid', 'log-file=log', 'seed-file=seed'];
    const names = files.map((file) => `--${file.replace('=', `=${this.path('munge')}/`)}`);
    this.processes.start('munged', 'munged', ['--foreground', ...names], munge);
    await this.processes.answer(() => this.tool('munge', ['-n', '-S', this.path('munge/socket')]));
    const options = { env: this.env };
    this.processes.start('slurmctld', 'slurmctld', ['-D', '-f', this.configuration], options);
    await this.processes.answer(() => this.tool('scontrol', ['ping']));
    this.hasController = true;
    this.processes.start('slurmd', 'slurmd', ['-D', '-f', this.configuration, '-N', node], options);
    const address = `127.0.0.1:${restPort}`;
    const rest = ['-a', 'rest_auth/jwt', '-s', `openapi/${API_VERSION}`, address];
    const asSubmitter = { ...this.submitter, cwd: '/', env: { ...this.env, SLURM_JWT: 'daemon' } };
    this.processes.start('slurmrestd', 'slurmrestd', rest, asSubmitter);
    const token = await this.tool('scontrol', ['token', `username=${SUBMITTER}`, 'lifespan=7200']);
    this.source = {
      platform: 'http',
      manifest: 'slurm',
      baseUrl: `http://${address}`,
      auth: { user: SUBMITTER, token: token.trim().replace(/^SLURM_JWT=/, '') },
      options: { version: API_VERSION },
    };
    await this.processes.answer(async () => (await this.tool('sinfo', ['-h', '-o', '%t'])).trim() === 'idle');
    await this.processes.answer(() => fetch(`http://${address}/openapi`));
    this.title = (await this.tool('slurmctld', ['-V'])).trim();
  }

  async submit(): Promise<void> {
    for (const batch of BATCHES) {
      // Of an array, one call makes all tasks.
      const calls = batch.array === undefined ? batch.jobs : 1;
      for (let call = 0; call < calls; call++) await this.submitOne(batch);
    }
  }

  async attend(truth: readonly TrueJob[], history: History): Promise<void> {
    this.processes.check();
    const steps = new Map(BATCHES.map(({ what, steps }) => [what, steps ?? []]));
    for (const { externalId, what } of truth)
      for (const [place, { onceShown, program, args }] of (steps.get(what) ?? []).entries()) {
        const step = `${externalId} ${place}`;
        const isShown = history.get(externalId)?.some(({ state }: ShownJob) => state === onceShown) === true;
        if (!isShown || this.done.has(step)) continue;
        this.done.add(step);
        await this.tool(program, [...args, externalId]);
      }
  }

  async truth(): Promise<TrueJob[]> {
    const lines = (await this.tool('scontrol', ['-o', 'show', 'jobs'])).split('\n');
    return lines.filter((line) => line.startsWith('JobId=')).map(trueJob);
  }

  async close(): Promise<void> {
    try {
      if (this.hasController) await this.endJobs();
    } finally {
      await this.processes.end();
    }
  }

  /** Otherwise the daemons leave behind what they started. */
  private async endJobs(): Promise<void> {
    await this.tool('scancel', [`--user=${SUBMITTER}`]);
    await waitFor(async () => (await this.tool('squeue', ['-h'])).trim() === '', 30_000);
  }

  private async submitOne({ what, script, args = [], array }: Batch): Promise<void> {
    const named = (arg: string): string => arg.replace(/JOB:([\w-]+)/, (_, name: string) => this.idOf(name));
    const words = [
      '--parsable',
      `--job-name=${what}`,
      '--output=/dev/null',
      '--chdir=/',
      '--ntasks=1',
      ...(array === undefined ? [] : [`--array=${array}`]),
      ...args.map(named),
      `--wrap=${script}`,
    ];
    const id = await output('sbatch', words, { env: this.env, cwd: '/', ...this.submitter });
    this.submitted.set(what, id.trim());
  }

  private idOf(what: string): string {
    const id = this.submitted.get(what);
    if (id === undefined) throw new Error(`nobody submitted ${what} before`);
    return id;
  }

  private tool(program: string, args: readonly string[]): Promise<string> {
    return output(program, args, { env: this.env, cwd: '/' });
  }

  private path(name: string): string {
    return path.join(this.folder, name);
  }

  private async folderOf(name: string, owner?: User): Promise<void> {
    await mkdir(this.path(name), { mode: 0o755 });
    if (owner !== undefined) await chown(this.path(name), owner.uid, owner.gid);
  }

  private async secret(name: string, owner: User, bytes: number): Promise<void> {
    await writeFile(this.path(name), randomBytes(bytes), { mode: 0o600 });
    await chown(this.path(name), owner.uid, owner.gid);
  }

  private slurmConf(node: string): string {
    const [controller, daemon] = this.ports;
    return `ClusterName=rollcall
SlurmctldHost=${node}(127.0.0.1)
SlurmctldPort=${controller}
SlurmdPort=${daemon}
SlurmUser=slurm
AuthType=auth/munge
AuthInfo=socket=${this.path('munge/socket')}
CredType=cred/munge
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=${this.path('controller/jwt.key')}
StateSaveLocation=${this.path('controller')}
SlurmdSpoolDir=${this.path('node')}
SlurmctldPidFile=${this.path('controller/pid')}
SlurmdPidFile=${this.path('node/pid')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,batch_sched_delay=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
KillWait=2
MinJobAge=3600
CommunicationParameters=NoAddrCache,NoInAddrAny,NoCtldInAddrAny
NodeName=${node} NodeAddr=127.0.0.1 CPUs=${SLOTS} RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP OverSubscribe=NO
`;
  }
}

/** One line of `scontrol -o show jobs`. */
function trueJob(line: string): TrueJob {
  const field = (name: string): string | null => {
    const value = new RegExp(`(?:^| )${name}=(\\S+)`).exec(line)?.[1] ?? null;
    return value === 'Unknown' || value === '(null)' ? null : value;
  };
  // TZ=UTC: without a zone, and UTC.
  const time = (name: string): number | null => {
    const value = field(name);
    return value === null ? null : Date.parse(`${value}Z`);
  };
  const word = field('JobState');
  const isWaiting = word === 'PENDING';
  const isOpen = isWaiting || ['RUNNING', 'COMPLETING', 'SUSPENDED', 'CONFIGURING'].includes(word ?? '');
  const hasRun = !isWaiting && field('NodeList') !== null;
  return {
    externalId: field('JobId')!,
    what: field('JobName')!,
    word,
    times: {
      createdAt: time('SubmitTime'),
      startedAt: hasRun ? time('StartTime') : null,
      // As long as a job has not ended this is its deadline.
      finishedAt: isOpen ? null : time('EndTime'),
      ...(field('Reason') === 'BeginTime' ? { scheduledFor: time('StartTime') } : {}),
    },
  };
}

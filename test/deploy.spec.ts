import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { validate } from 'dockerfile-utils';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { EXIT } from '../src/cli/exit-codes.js';
import { Config } from '../src/config/config.js';
import { checkEnvironment, readEnvironment } from '../src/config/environment.js';
import { parseConfig } from '../src/config/load-config.js';
import { STOP_WITHIN_MS } from '../src/until-signal.js';
import { repositoryFiles, ROOT } from './support/repository.js';

/** What is shipped to run Rollcall with: held against the program, since nothing else would notice when they part. */

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const isInstalled = (program: string) => spawnSync(program, ['--help']).status === 0;
const whenInstalled = (program: string) => (isInstalled(program) ? it : it.skip);

const ROLES_FILE = 'deploy/compose/docker-compose.roles.yml';
const UNIT = 'deploy/systemd/rollcall.service';
const COMPOSE_FILES = ['docker-compose.yml', ROLES_FILE];
const PORT = Number(/^ *ROLLCALL_PORT=(\d+)/m.exec(read('Dockerfile'))![1]);

interface Pod {
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds: number;
  securityContext: object;
  containers: {
    command: string[];
    env: { name: string; value: string }[];
    ports: { name: string; containerPort: number }[];
    resources: { requests: object; limits: object };
    securityContext: object;
    volumeMounts: { name: string; mountPath: string }[];
    startupProbe: Probe;
    livenessProbe: Probe;
    readinessProbe: Probe;
  }[];
}
interface Probe {
  httpGet: { path: string; port: string };
  periodSeconds: number;
  failureThreshold: number;
}
interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    selector: Record<string, unknown> & { matchLabels?: Record<string, string> };
    podSelector: { matchLabels: Record<string, string> };
    template: { metadata: { labels: Record<string, string> }; spec: Pod };
    replicas: number;
  };
}
interface Compose {
  services: Record<
    string,
    {
      command?: string[];
      environment?: Record<string, string>;
      secrets?: string[];
      stop_grace_period?: string;
      read_only?: boolean;
      cap_drop?: string[];
      security_opt?: string[];
    }
  >;
  secrets: Record<string, { file: string }>;
}

function documents<T>(file: string): T[] {
  return parseAllDocuments(read(file), { merge: true }).map((document) => {
    expect([...document.errors, ...document.warnings].map(({ message }) => `${file}: ${message}`)).toEqual(
      [],
    );
    return document.toJS() as T;
  });
}

const manifestFiles = repositoryFiles().filter((file) =>
  /^deploy\/kubernetes\/(?!kustomization|.*\.example\.).*\.yaml$/.test(file),
);
const manifests = manifestFiles.flatMap((file) => documents<Manifest>(file));
const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
const compose = documents<Compose>(ROLES_FILE)[0]!;
const unit = new Map(
  [...read(UNIT).matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']): [string, string] => [
    key,
    value,
  ]),
);

/** A configuration as it is shipped, with what its secrets might be. */
function configOf(file: string, env: Record<string, string> = {}): { config: Config; secrets: string[] } {
  const secrets: string[] = [];
  const readSecret = (name: string): string => {
    secrets.push(name);
    if (name.endsWith('database-url')) return 'postgres://rollcall:secret@db.example.com/rollcall';
    return `${path.basename(name)}-`.padEnd(64, 's');
  };
  return { config: parseConfig(read(file), file, env, readSecret), secrets };
}

/** Environment variables that the program reads. */
function knownVariables(): string[] {
  const names = new Set<string>(['ROLLCALL_CONFIG', 'NODE_ENV']);
  const env = new Proxy<Record<string, string>>({}, { get: (_, name) => void names.add(String(name)) });
  checkEnvironment(env, '/');
  return [...names];
}

/** Those that a configuration refers to, for itself. */
const referredTo = (file: string) => [...read(file).matchAll(/\$\{(\w+)/g)].map(([, name]) => name!);

describe('Kubernetes', () => {
  const MODULES: Record<string, string> = {
    v1: 'core/v1',
    'apps/v1': 'apps/v1',
    'networking.k8s.io/v1': 'networking/v1',
    'policy/v1': 'policy/v1',
  };

  it('manifests are what the API takes: no field too many, none missing, none of another type', () => {
    const lines = manifests.map((manifest) => constant(MODULES[manifest.apiVersion]!, manifest));
    // what is put where it does not belong would be told
    const wrong = structuredClone(deployments[0]!);
    Object.assign(wrong.spec.template.spec.containers[0]!, { readOnlyRootFilesystem: true });
    expect(typeFaults([...lines, constant('apps/v1', wrong)])).toEqual([
      expect.stringMatching(/"readOnlyRootFilesystem".* does not exist in type 'Container'/),
    ]);
  });

  whenInstalled('kubectl')('the kustomization builds, with everything in it', () => {
    const built = execFileSync('kubectl', ['kustomize', path.join(ROOT, 'deploy/kubernetes')], {
      stdio: 'pipe',
    });
    const kinds = parseAllDocuments(built.toString()).map((one) => (one.toJS() as Manifest).kind);
    expect(kinds.sort()).toEqual([...manifests.map(({ kind }) => kind), 'ConfigMap'].sort());
  });

  it('names every file in the kustomization', () => {
    const [{ resources }] = documents<{ resources: string[] }>('deploy/kubernetes/kustomization.yaml') as [
      { resources: string[] },
    ];
    expect(resources.map((file) => `deploy/kubernetes/${file}`).sort()).toEqual([...manifestFiles].sort());
  });

  it('has a deployment and a disruption budget for each role', () => {
    expect(deployments.map(({ spec }) => rolesOf(spec.template.spec)).sort()).toEqual([
      ['api'],
      ['notifier'],
      ['poller'],
    ]);
    for (const { spec } of deployments) expect(spec.replicas).toBeGreaterThan(1);
    const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets.map(({ metadata }) => metadata.name).sort()).toEqual(
      deployments.map(({ metadata }) => metadata.name).sort(),
    );
  });

  it('selects pods that there are', () => {
    const pods = deployments.map(({ spec }) => spec.template.metadata.labels);
    const selectors = manifests.flatMap(({ kind, spec }) =>
      kind === 'Service'
        ? [spec.selector as Record<string, string>]
        : kind === 'NetworkPolicy'
          ? [spec.podSelector.matchLabels]
          : ['Deployment', 'PodDisruptionBudget'].includes(kind)
            ? [spec.selector.matchLabels!]
            : [],
    );
    expect(selectors).toHaveLength(10);
    for (const selector of selectors)
      expect(
        pods.some((labels) => Object.entries(selector).every(([name, value]) => labels[name] === value)),
      ).toBe(true);
  });

  it.each(deployments.map(({ metadata, spec }): [string, Pod] => [metadata.name, spec.template.spec]))(
    '%s runs with the least privilege, is probed where Rollcall answers, and has the time to stop',
    (_, pod) => {
      const [container] = pod.containers;
      expect(pod.automountServiceAccountToken).toBe(false);
      // the user of the image
      expect(pod.securityContext).toMatchObject({
        ...{ runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(container!.securityContext).toEqual({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      });
      expect(container!.resources).toMatchObject({
        requests: { cpu: expect.any(String) as string, memory: expect.any(String) as string },
        limits: { memory: expect.any(String) as string },
      });

      expect(container!.ports).toEqual([{ name: 'http', containerPort: PORT }]);
      const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'] as const;
      expect(probes.map((name) => container![name].httpGet)).toEqual([
        { path: '/health/live', port: 'http' },
        { path: '/health/live', port: 'http' },
        { path: '/health/ready', port: 'http' },
      ]);
      const { drainMs } = configOf('deploy/kubernetes/rollcall.example.yaml').config.server;
      expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(drainMs + STOP_WITHIN_MS);
      const { periodSeconds, failureThreshold } = container!.readinessProbe;
      expect(periodSeconds * failureThreshold * 1000).toBeLessThan(drainMs);
    },
  );

  it('mounts every secret where the configuration reads it', () => {
    const { secrets } = configOf('deploy/kubernetes/rollcall.example.yaml');
    expect(secrets.length).toBeGreaterThan(0);
    for (const { spec } of deployments) {
      const mounts = spec.template.spec.containers[0]!.volumeMounts.map(({ mountPath }) => mountPath);
      expect([...new Set(secrets.map((file) => path.posix.dirname(file)))]).toEqual(
        mounts.filter((mount) => mount.startsWith('/run/')),
      );
    }
  });
});

describe('Docker Compose', () => {
  it.each(COMPOSE_FILES)('%s is accepted by the schema and the linter', (file) => {
    const linter = path.join(ROOT, 'node_modules/dclint/bin/dclint.cjs');
    const lint = () =>
      execFileSync(process.execPath, [linter, '--quiet', file], { cwd: ROOT, stdio: 'pipe' });
    expect(lint).not.toThrow();
  });

  it.each(COMPOSE_FILES)('%s publishes ports on the loopback address only', (file) => {
    const ports = [...read(file).matchAll(/^ +- '([^']*:\d+)'$/gm)].map(([, port]) => port);
    expect(ports).toEqual([`127.0.0.1:8080:${PORT}`]);
  });

  it('has a Dockerfile for PgBouncer without a fault', () => {
    const found = validate(read('deploy/compose/pgbouncer/Dockerfile'));
    expect(found.map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
  });

  it('runs each role, and one service that migrates', () => {
    const ours = Object.entries(compose.services).filter(([, { command }]) => command?.[0] === 'rollcall');
    expect(
      ours.map(([name, { command, environment }]) => [name, command![1], environment?.['ROLLCALL_ROLES']]),
    ).toEqual([
      ['api', 'serve', 'api'],
      ['poller', 'serve', 'poller'],
      ['notifier', 'serve', 'notifier'],
      ['migrate', 'migrate', undefined],
    ]);
    const { config } = configOf('deploy/compose/config/rollcall.example.yaml');
    expect(config.database.migrate).toBe('off');
    for (const [, service] of ours) {
      expect(service).toMatchObject({
        ...{ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
      });
      expect(Number(/^(\d+)s$/.exec(service.stop_grace_period!)![1]) * 1000).toBeGreaterThan(
        config.server.drainMs + STOP_WITHIN_MS,
      );
    }
  });

  it('goes through PgBouncer, and past it for what is bound to a session', () => {
    const { url, directUrl } = configOf('deploy/compose/config/rollcall.example.yaml').config.database;
    expect([url, directUrl].map((address) => new URL(address!).host)).toEqual([
      'pgbouncer:6432',
      'postgres:5432',
    ]);
    const pooler = read('deploy/compose/pgbouncer/pgbouncer.ini');
    expect(pooler).toMatch(/^listen_port = 6432$/m);
    expect(pooler).toMatch(/^pool_mode = transaction$/m);
  });

  it('mounts every secret that the configuration reads, and gives none to whom it is not for', () => {
    const { secrets } = configOf('deploy/compose/config/rollcall.example.yaml');
    const names = [...new Set(secrets.map((file) => path.posix.relative('/run/secrets', file)))].sort();
    expect(Object.keys(compose.secrets).sort()).toEqual(names);
    expect([...compose.services['poller']!.secrets!].sort()).toEqual(names);
    expect(compose.services['pgbouncer']!.secrets).toEqual(['postgres-password']);
  });
});

describe('systemd', () => {
  whenInstalled('systemd-analyze')('the unit has no fault, and little is exposed by it', () => {
    const file = path.join(ROOT, UNIT);
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    // the programs that it starts are wherever it is installed
    const told = verified.stderr.split('\n').filter((line) => line.includes('rollcall.service'));
    expect(told.filter((line) => !line.includes('is not executable'))).toEqual([]);
    const args = ['security', '--offline=true', '--threshold=20', '--no-pager', file];
    const judged = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    expect(judged.stdout).toMatch(/Overall exposure level for rollcall\.service: [01]\.\d/);
    expect(judged.status).toBe(0);
  });

  it('the unit does not start again what cannot work, and gives Rollcall the time to stop', () => {
    expect(unit.get('RestartPreventExitStatus')).toBe(`${EXIT.usage} ${EXIT.config}`);
    const { drainMs } = configOf('deploy/systemd/rollcall.example.yaml').config.server;
    expect(Number(/^(\d+)s$/.exec(unit.get('TimeoutStopSec')!)![1]) * 1000).toBeGreaterThan(
      drainMs + STOP_WITHIN_MS,
    );
  });

  it('every secret of the configuration is one of the credentials of the unit', () => {
    const [name, folder] = unit.get('LoadCredential')!.split(':');
    expect(folder).toBe('/etc/rollcall/secrets');
    const { secrets } = configOf('deploy/systemd/rollcall.example.yaml');
    expect(secrets.length).toBeGreaterThan(0);
    for (const file of secrets)
      expect(file).toMatch(new RegExp(`^/run/credentials/${path.basename(UNIT)}/${name}_[a-z-]+$`));
  });
});

it('only variables that the program reads are set', () => {
  const known = knownVariables();
  expect(known).toEqual(expect.arrayContaining(['ROLLCALL_ROLES', 'ROLLCALL_DATA_DIR', 'LOG_LEVEL']));
  const set: [where: string, name: string, value: string][] = [
    ...deployments.flatMap(({ metadata, spec }) =>
      spec.template.spec.containers[0]!.env.map(({ name, value }): [string, string, string] => [
        ...([metadata.name, name, value] as [string, string, string]),
      ]),
    ),
    ...COMPOSE_FILES.flatMap((file) =>
      Object.values(documents<Compose>(file)[0]!.services).flatMap(({ environment = {} }) =>
        Object.entries(environment)
          .filter(([name]) => !name.startsWith('POSTGRES_'))
          .map(([name, value]): [string, string, string] => [file, name, value]),
      ),
    ),
    ...unit
      .get('Environment')!
      .split(' ')
      .map((one): [string, string, string] => [UNIT, ...(one.split('=') as [string, string])]),
  ];
  expect(set.length).toBeGreaterThan(10);
  const referred = referredTo('deploy/compose/config/rollcall.example.yaml');
  expect(set.filter(([, name]) => !known.includes(name) && !referred.includes(name))).toEqual([]);
  for (const [, name, value] of set)
    if (name === 'ROLLCALL_ROLES') expect(readEnvironment({ [name]: value }, '/').roles).toEqual([value]);
});

function rolesOf(pod: Pod): string[] {
  const [container] = pod.containers;
  return container!.env.filter(({ name }) => name === 'ROLLCALL_ROLES').map(({ value }) => value);
}

function constant(module: string, manifest: Manifest): string {
  return `((_: import('kubernetes-types/${module}').${manifest.kind}) => {})(${JSON.stringify(manifest)});`;
}

/** What TypeScript says of these lines, as a file of the checkout. */
function typeFaults(lines: string[]): string[] {
  const file = path.join(ROOT, 'test/manifests.ts');
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ['lib.es5.d.ts'] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, version) =>
    name === file
      ? ts.createSourceFile(name, lines.join('\n'), version)
      : getSourceFile.call(host, name, version);
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

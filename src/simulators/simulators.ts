import { Clock } from './clock.js';
import {
  CHARTS_TOKEN,
  ETL_ACCOUNT,
  ETL_KEY,
  FIELD_CLIENT,
  STORE_CLIENT,
  VAULT_ID,
  VAULT_USER,
} from './credentials.js';
import { elasticPathFace } from './elastic-path.simulator.js';
import { Face } from './http/answer.js';
import { Fault } from './http/faults.js';
import { PlatformServer } from './http/platform-server.js';
import { RequestLog } from './http/request-log.js';
import { integrateIoFace } from './integrate-io.simulator.js';
import { SimulatedPlatform } from './life.js';
import { chartsFace, portalFace } from './vectorcharts.simulator.js';
import { veevaVaultFace } from './veeva-vault.simulator.js';
import { workfloPlusFace } from './workfloplus.simulator.js';
import { createWorld, World, WorldOptions } from './world.js';

export interface SimulatorsOptions extends Omit<WorldOptions, 'start'> {
  /** The world begins at `clock.now()`. */
  clock: Clock;
  /** Default: any free port. */
  ports?: Partial<Record<SimulatedPlatform, number>>;
  /**
   * Whether the platforms' request limits bite (Integrate.io credits, Veeva's delays and its one detail read in ten seconds);
   * default true. Their headers are sent either way.
   */
  limits?: boolean;
}

/** What a configuration says of one simulated source. */
export interface SimulatedSource {
  key: string;
  /** The contract's platform name. */
  platform: string;
  baseUrl: string;
  auth: Record<string, string>;
  options: Record<string, string | number>;
}

export interface Simulators {
  sources: SimulatedSource[];
  world: World;
  clock: Clock;
  requests: RequestLog;
  /** Spoils the next requests of a platform; the returned function takes the fault back. */
  inject(platform: SimulatedPlatform, fault: Fault): () => void;
  /** Ends every login given out so far, as a password change or a restart of the platform does. */
  revokeLogins(platform: SimulatedPlatform): void;
  close(): Promise<void>;
}

/** Starts one honest loopback server for each platform over one world. */
export async function startSimulators(options: SimulatorsOptions): Promise<Simulators> {
  const { clock, ports, limits = true, ...worldOptions } = options;
  const world = createWorld({ ...worldOptions, start: clock.now() });
  return serve(world, clock, (platform) => faceOf(platform, world, limits), ports);
}

/** Serves a world through the given faces; the documents use it with faces of their own. */
export async function serve(
  world: World,
  clock: Clock,
  face: (platform: SimulatedPlatform) => Face,
  ports: Partial<Record<SimulatedPlatform, number>> = {},
): Promise<Simulators> {
  const requests = new RequestLog();
  const servers = new Map(
    world.platforms.map((platform) => [
      platform,
      new PlatformServer(platform, face(platform), clock, requests),
    ]),
  );
  const serverOf = (platform: SimulatedPlatform): PlatformServer => {
    const server = servers.get(platform);
    if (server === undefined) throw new RangeError(`no ${platform} among these simulators`);
    return server;
  };
  const close = async (): Promise<void> => {
    await Promise.all(Array.from(servers.values(), (server) => server.close()));
  };
  const started = await Promise.allSettled(
    Array.from(servers, ([platform, server]) => server.listen(ports[platform] ?? 0)),
  );
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  return {
    sources: Array.from(servers, ([platform, server]) => sourceOf(platform, server.baseUrl)),
    world,
    clock,
    requests,
    inject: (platform, fault) => serverOf(platform).faults.add(fault),
    revokeLogins: (platform) => serverOf(platform).revokeLogins(),
    close,
  };
}

/** The honest face of a platform. `limited`: see {@link SimulatorsOptions.limits}. */
export function faceOf(platform: SimulatedPlatform, world: World, limits: boolean): Face {
  switch (platform) {
    case 'vectorcharts':
      return chartsFace(world.population(platform));
    case 'vectorcharts-oem':
      return portalFace(world.population(platform));
    case 'elastic-path':
      return elasticPathFace(world.population(platform));
    case 'workfloplus':
      return workfloPlusFace(world.population(platform));
    case 'integrate-io':
      return integrateIoFace(world.population(platform), limits);
    case 'veeva-vault':
      return veevaVaultFace(world.population(platform), limits);
  }
}

function sourceOf(platform: SimulatedPlatform, baseUrl: string): SimulatedSource {
  switch (platform) {
    case 'vectorcharts':
      return {
        key: 'charts',
        platform,
        baseUrl,
        auth: { token: CHARTS_TOKEN },
        options: { variant: 'core' },
      };
    case 'vectorcharts-oem':
      return {
        key: 'charts-oem',
        platform: 'vectorcharts',
        baseUrl,
        auth: { token: CHARTS_TOKEN },
        options: { variant: 'oem' },
      };
    case 'elastic-path':
      return { key: 'store', platform, baseUrl, auth: { ...STORE_CLIENT }, options: {} };
    case 'workfloplus':
      return {
        key: 'field',
        platform,
        baseUrl,
        auth: { tokenUrl: `${baseUrl}/connect/token`, ...FIELD_CLIENT },
        options: {},
      };
    case 'integrate-io':
      return {
        key: 'etl',
        platform,
        baseUrl,
        auth: { apiKey: ETL_KEY },
        options: { accountId: ETL_ACCOUNT },
      };
    case 'veeva-vault':
      return {
        key: 'vault',
        platform,
        baseUrl,
        auth: { ...VAULT_USER },
        options: { apiVersion: 'v25.2', timeZone: 'UTC', vaultId: VAULT_ID },
      };
  }
}

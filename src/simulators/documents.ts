import { RealClock } from './clock.js';
import elasticPathJobs from './documents/elastic-path.jobs.json';
import integrateIoJobs from './documents/integrate-io.jobs.json';
import vectorChartsJobs from './documents/vectorcharts.jobs.json';
import veevaVaultHistories from './documents/veeva-vault.histories.json';
import veevaVaultJob from './documents/veeva-vault.job.json';
import veevaVaultMonitors from './documents/veeva-vault.monitors.json';
import veevaVaultTasks from './documents/veeva-vault.tasks.json';
import workfloPlusJobs from './documents/workfloplus.jobs.json';
import { Answer, Call, Face, json } from './http/answer.js';
import { SimulatedPlatform } from './life.js';
import { faceOf, serve, Simulators } from './simulators.js';
import { createWorld } from './world.js';

/** What a document shows at an address; undefined where it shows nothing. */
type Samples = (call: Call) => unknown;

const SAMPLES: Record<string, Samples> = {
  vectorcharts: ({ path }) => (path === '/api/v1/jobs' ? vectorChartsJobs : undefined),

  'elastic-path': ({ path, query }) => {
    if (path === '/pcm/jobs')
      return isFirst(query.get('page[offset]')) ? elasticPathJobs : { ...elasticPathJobs, data: [] };
    const record = elasticPathJobs.data.find(({ id }) => path === `/pcm/jobs/${id}`);
    return record && { data: record };
  },

  workfloplus: ({ path, query }) => {
    if (/^\/jobs\/v1\/?$/.test(path)) return isFirst(query.get('skip')) ? workfloPlusJobs : [];
    const asked = path.split('/').pop();
    const record = workfloPlusJobs.find(
      ({ jobId, metadata }) => asked === jobId || asked === metadata.clientJobId,
    );
    return record && [record];
  },

  'integrate-io': ({ path, query }) => {
    if (path.endsWith('/api/jobs')) return isFirst(query.get('offset')) ? integrateIoJobs : [];
    return integrateIoJobs.find(({ id }) => path.endsWith(`/api/jobs/${id}`));
  },

  'veeva-vault': ({ path, query }) => {
    const route = path.replace('/api/v25.2/services/jobs', '');
    const list = { '/monitors': veevaVaultMonitors, '/histories': veevaVaultHistories }[route];
    if (list !== undefined) return isFirst(query.get('offset')) ? list : emptyVaultPage(list, query);
    return { '/1201': veevaVaultJob, '/72408/tasks': veevaVaultTasks }[route];
  },
};

/**
 * Serves the sample answers of the five published documents as published, behind the platforms' own logins. What lies past
 * the samples is empty; ids that no document shows are unknown.
 */
export async function serveDocuments(): Promise<Pick<Simulators, 'sources' | 'requests' | 'close'>> {
  const clock = new RealClock();
  const world = createWorld({ seed: 0, jobs: 0, start: clock.now(), endless: false });
  const face = (platform: SimulatedPlatform): Face =>
    withSamples(faceOf(platform, world, true), SAMPLES[platform]);
  const { sources, requests, close } = await serve(world, clock, face);
  return { sources, requests, close };
}

/** The platform itself, without jobs, decides whether the caller may read at all. */
function withSamples(face: Face, samples: Samples | undefined): Face {
  return {
    revokeLogins: () => face.revokeLogins(),
    handle(call) {
      const answer = face.handle(call);
      const sample = call.method === 'GET' && !isRefusal(answer) ? samples?.(call) : undefined;
      return sample === undefined ? answer : { ...json(sample), headers: answer.headers ?? {} };
    },
  };
}

function isRefusal({ status, json: body }: Answer): boolean {
  const vaultErrors = (body as { errors?: { type?: string }[] } | undefined)?.errors;
  return [401, 403, 406].includes(status) || vaultErrors?.[0]?.type === 'INVALID_SESSION_ID';
}

function isFirst(offset: string | null): boolean {
  return Number(offset ?? 0) === 0;
}

function emptyVaultPage(
  list: { responseDetails: { total: number; limit: number } },
  query: URLSearchParams,
): object {
  const { total, limit } = list.responseDetails;
  return { ...list, responseDetails: { total, limit, offset: Number(query.get('offset')) }, jobs: [] };
}

import { Instant, wholeSecond } from './clock.js';
import { ETL_ACCOUNT, ETL_KEY } from './credentials.js';
import { Answer, Call, Face, json, wholeNumber } from './http/answer.js';
import { divert, shownSteps, stepAt } from './life.js';
import { Population } from './population.js';
import { EtlLife, outputsOf } from './scripts/integrate-io.script.js';

const HOUR = 3_600_000;
/** A workflow's jobs are born so close behind its own. */
const MOST_BEHIND_PARENT = 24;
const CREDITS = 5000;
const MEDIA_TYPE = /^application\/vnd\.xplenty\+json;\s*version=2$/;
const FINISHED = ['completed', 'failed', 'stopped'];
const STATUSES = [
  'idle',
  'pending',
  'queued',
  'running',
  'completed',
  'failed',
  'pending_stoppage',
  'stopping',
  'stopped',
];
const SORTS = ['id', 'status', 'created', 'created_at', 'updated', 'updated_at'];

/** 5000 credits an hour of the world's time; `limited: false` shows the headers and never refuses. */
class Credits {
  private hour = NaN;
  private left = CREDITS;

  constructor(private readonly limited: boolean) {}

  spend(now: Instant): boolean {
    const granted = this.remaining(now) > 0;
    if (granted) this.left -= 1;
    return granted || !this.limited;
  }

  remaining(now: Instant): number {
    const hour = Math.floor(now / HOUR);
    if (hour !== this.hour) {
      this.hour = hour;
      this.left = CREDITS;
    }
    return this.left;
  }
}

/** Integrate.io ETL. Running packages, previews and search are not simulated. */
export function integrateIoFace(jobs: Population<EtlLife>, limited: boolean): Face {
  const credits = new Credits(limited);
  const key = `Basic ${Buffer.from(`${ETL_KEY}:`).toString('base64')}`;
  return {
    revokeLogins: () => undefined,
    handle(call) {
      const [, account, route] = /^\/([^/]+)\/api(\/.*)$/.exec(call.path) ?? [];
      const free = route === '/rate_limit_status';
      const granted = free || credits.spend(call.now);
      const answer = respond();
      const left = String(credits.remaining(call.now));
      return {
        ...answer,
        headers: { ...answer.headers, 'X-RateLimit-Limit': String(CREDITS), 'X-RateLimit-Remaining': left },
      };

      function respond(): Answer {
        if (call.headers.authorization !== key) return refuse(401, 'Invalid API key');
        if (account !== ETL_ACCOUNT || route === undefined) return refuse(404, 'Not found');
        if (!MEDIA_TYPE.test(call.headers.accept ?? ''))
          return refuse(406, 'Not acceptable: send the versioned media type');
        if (!granted) return refuse(429, 'Rate limit exceeded');
        if (free) return json({ limits: { limit: CREDITS, remaining: credits.remaining(call.now) } });
        return jobRoutes(jobs, call, route);
      }
    },
  };
}

function jobRoutes(jobs: Population<EtlLife>, call: Call, route: string): Answer {
  if (route === '/jobs' && call.method === 'GET') return list(jobs, call);
  const [, id = '', tail = ''] = /^\/jobs\/(\d+)(?:\/(\w+))?$/.exec(route) ?? [];
  const life = jobs.find(id, call.seenAt);
  if (life === undefined) return refuse(404, 'Not found');
  switch (`${call.method} ${tail}`) {
    case 'GET ':
      return detail(life, call);
    case 'DELETE ':
      return stop(jobs, life, call);
    case 'GET log':
      return json({ body: `log of ${id}`, url: `${here(call)}/jobs/${id}/log` });
    case 'GET variables':
      return json(variables(life));
    case 'GET children':
      return children(jobs, life, call);
    default:
      return refuse(404, 'Not found');
  }
}

function list(jobs: Population<EtlLife>, call: Call): Answer {
  const { query, seenAt } = call;
  const limit = wholeNumber(query.get('limit'), { fallback: 20, least: 1, most: 100 });
  const offset = wholeNumber(query.get('offset'), { fallback: 0, least: 0 });
  const since = query.has('since') ? Date.parse(query.get('since') ?? '') : -Infinity;
  const status = query.get('status') ?? 'all';
  const sort = query.get('sort') ?? 'created';
  const direction = query.get('direction') ?? 'desc';
  if (limit === null || offset === null || Number.isNaN(since)) return refuse(400, 'Invalid parameter');
  if (!SORTS.includes(sort) || !['asc', 'desc'].includes(direction)) return refuse(400, 'Invalid sort');
  if (status !== 'all' && !STATUSES.includes(status)) return refuse(400, 'Invalid status');
  const packageId = query.get('package_id');
  const view: View = {
    now: seenAt,
    since: Math.max(since, 0),
    offset,
    limit,
    ascending: direction === 'asc',
    keeps: (life) =>
      (status === 'all' || stepAt(life.steps, seenAt).status === status) &&
      (packageId === null || String(life.packageId) === packageId),
    filtered: status !== 'all' || packageId !== null,
  };
  const page =
    sort.startsWith('updated') && !view.filtered ? pageByUpdated(jobs, view) : pageByAll(jobs, view, sort);
  const records = page.map((life) => ({ ...record(life, call), ...nested(life, call) }));
  return { ...json(records), headers: link(call, offset, limit, page.length) };
}

interface View {
  now: Instant;
  since: Instant;
  offset: number;
  limit: number;
  ascending: boolean;
  filtered: boolean;
  keeps: (life: EtlLife) => boolean;
}

/** The order that pollers walk: a page costs its own length, however long the history. */
function pageByUpdated(jobs: Population<EtlLife>, { now, since, offset, limit, ascending }: View): EtlLife[] {
  const first = since === 0 ? 0 : jobs.updatedBefore(now, since, updatedAt);
  if (ascending) return jobs.byUpdated(now, first + offset, limit, updatedAt);
  const end = jobs.count(now) - offset;
  const start = Math.max(first, end - limit);
  return end <= start ? [] : jobs.byUpdated(now, start, end - start, updatedAt).reverse();
}

/** In order of birth a page without filters is direct; anything else looks at every job. */
function pageByAll(jobs: Population<EtlLife>, view: View, sort: string): EtlLife[] {
  const { now, since, offset, limit, ascending } = view;
  const byBirth = sort === 'id' || sort.startsWith('created');
  if (byBirth && since === 0 && !view.filtered && !ascending) return jobs.newest(now, offset, limit);
  const chosen = Array.from(jobs.all(now)).filter(
    (life) => updatedAt(life, now) >= since && view.keeps(life),
  );
  if (sort.startsWith('updated')) chosen.sort((a, b) => updatedAt(a, now) - updatedAt(b, now) || a.id - b.id);
  if (sort === 'status') chosen.sort((a, b) => compare(statusOf(a, now), statusOf(b, now)) || a.id - b.id);
  if (!ascending) chosen.reverse();
  return chosen.slice(offset, offset + limit);
}

/** As the documented example has it: steps of one, which overlap. A hint, never a way to page. */
function link(call: Call, offset: number, limit: number, length: number): Record<string, string> {
  const target = (to: number, rel: string): string => {
    const query = new URLSearchParams(call.query);
    query.set('offset', String(to));
    query.set('limit', String(limit));
    return `<${call.origin}${call.path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(length === limit ? [target(offset + 1, 'next')] : []),
    ...(offset > 0 ? [target(offset - 1, 'prev')] : []),
  ];
  return links.length === 0 ? {} : { Link: links.join(', ') };
}

function detail(life: EtlLife, call: Call): Answer {
  const shown = record(life, call);
  if (call.query.get('include') !== 'log_summary') return json(shown);
  const failed = statusOf(life, call.seenAt) === 'failed';
  const summary = {
    id: life.id,
    body: `log of ${life.id}`,
    error_summary: failed ? life.errors : null,
    openai_extract: null,
  };
  return json({ ...shown, log_summary: { ...summary, action_items: [], created_at: print(call.seenAt) } });
}

function stop(jobs: Population<EtlLife>, life: EtlLife, call: Call): Answer {
  const status = statusOf(life, call.now);
  if (FINISHED.includes(status)) return refuse(422, 'Job is not active');
  if (status === 'pending_stoppage' || status === 'stopping') return json(record(life, call));
  const step = { progress: 0, touch: true };
  const stopped = {
    ...life,
    errors: 'Stopped by user',
    endField: 'completed_at' as const,
    steps: divert(life.steps, call.now, [
      { ...step, at: call.now, status: 'pending_stoppage', touch: false },
      { ...step, at: call.now + Math.ceil(jobs.paceMs / 2), status: 'stopping' },
      { ...step, at: call.now + jobs.paceMs, status: 'stopped' },
    ]),
  };
  jobs.amend(stopped);
  return json(record(stopped, { ...call, seenAt: call.now }));
}

/** Latest birth first, as every list of jobs is unless it is asked for another order. */
function children(jobs: Population<EtlLife>, parent: EtlLife, call: Call): Answer {
  const limit = wholeNumber(call.query.get('limit'), { fallback: 20, least: 1, most: 100 });
  const offset = wholeNumber(call.query.get('offset'), { fallback: 0, least: 0 });
  if (limit === null || offset === null) return refuse(400, 'Invalid parameter');
  const shown = childrenOf(jobs, parent, call.seenAt)
    .reverse()
    .slice(offset, offset + limit)
    .map((life) => ({
      ...record(life, call),
      ...nested(life, call),
      component: { name: `run_${life.packageId}`, type: 'run_package_component' },
    }));
  return { ...json(shown), headers: link(call, offset, limit, shown.length) };
}

function childrenOf(jobs: Population<EtlLife>, parent: EtlLife, now: Instant): EtlLife[] {
  const candidates = Array.from({ length: MOST_BEHIND_PARENT }, (_, place) =>
    jobs.find(String(parent.id + place + 1), now),
  );
  return candidates.filter((life) => life?.parentIndex === parent.index) as EtlLife[];
}

function statusOf(life: EtlLife, now: Instant): string {
  return stepAt(life.steps, now).status;
}

/** Whole seconds, as printed: `since` and sorting compare what clients see. */
function updatedAt(life: EtlLife, now: Instant): Instant {
  const touched = shownSteps(life.steps, now).findLast((step) => step.touch);
  return wholeSecond(touched?.at ?? life.bornAt);
}

/** The detail record; the list's has `package` and `cluster` beside it. */
function record(life: EtlLife, call: Call): object {
  const now = call.seenAt;
  const step = stepAt(life.steps, now);
  const finished = FINISHED.includes(step.status);
  const startedAt = life.steps.find(({ at, status }) => status === 'running' && at <= now)?.at ?? null;
  const endedAt = finished ? step.at : null;
  return {
    id: life.id,
    status: step.status,
    owner_id: life.ownerId,
    progress: step.progress,
    outputs_count: life.outputs,
    outputs: outputsOf(life).map((named, place) => output(life, named, { place, call })),
    variables: variables(life),
    dynamic_variables: {},
    started_at: print(startedAt),
    created_at: print(life.bornAt),
    failed_at: life.endField === 'failed_at' ? print(endedAt) : null,
    completed_at: life.endField === 'completed_at' ? print(endedAt) : null,
    updated_at: print(updatedAt(life, now)),
    cluster_id: life.clusterId,
    package_id: life.packageId,
    errors: finished && life.errors !== null ? life.errors : '',
    // Not end − start: the platform counts otherwise.
    runtime_in_seconds: startedAt === null ? 0 : Math.floor(((endedAt ?? now) - startedAt) / 1000) + 3,
    attempts: life.attempts,
    url: `${here(call)}/jobs/${life.id}`,
    html_url: `${call.origin}/${ETL_ACCOUNT}/jobs/${life.id}`,
    log_url: `${here(call)}/jobs/${life.id}/log`,
    creator: life.creator && {
      ...life.creator,
      url: `${here(call)}/${life.creator.type.toLowerCase()}s/${life.creator.id}`,
    },
  };
}

function nested(life: EtlLife, call: Call): object {
  const { packageId, packageName, clusterId } = life;
  return {
    package: packageName && { id: packageId, name: packageName, url: `${here(call)}/packages/${packageId}` },
    cluster: { id: clusterId, name: `cluster ${clusterId}`, url: `${here(call)}/clusters/${clusterId}` },
  };
}

function output(
  life: EtlLife,
  { id, name }: { id: number; name: string },
  { place, call }: { place: number; call: Call },
): object {
  return {
    id,
    name,
    records_count: life.packageId * 1000 + place,
    created_at: print(life.bornAt),
    updated_at: print(life.bornAt),
    url: `${here(call)}/jobs/${life.id}/outputs/${id}`,
    component: { name: `destination${place + 1}`, type: 'amazon_redshift_destination', fields: ['id'] },
  };
}

/** Quoted expressions, and a credential that no client of ours may ever see. */
function variables(life: EtlLife): Record<string, string> {
  return { InputPath: `'/in/${life.packageId}'`, TargetPassword: "'hunter2-simulated'" };
}

function print(instant: Instant | null): string | null {
  return instant === null ? null : new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z');
}

function here(call: Call): string {
  return `${call.origin}/${ETL_ACCOUNT}/api`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function refuse(status: number, message: string): Answer {
  return { status, json: { message } };
}

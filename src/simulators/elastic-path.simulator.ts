import { Instant } from './clock.js';
import { STORE_CLIENT } from './credentials.js';
import { Answer, Call, Face, form, json, wholeNumber } from './http/answer.js';
import { bearer, Logins } from './http/logins.js';
import { uuidOf } from './ids.js';
import { divert, stepAt } from './life.js';
import { Population } from './population.js';
import { StoreLife } from './scripts/elastic-path.script.js';

const TOKEN_SECONDS = 3600;
const DEEPEST_OFFSET = 10_000;

/**
 * Elastic Path Commerce, PXM jobs: newest `created_at` first, default page 25, at most 100, nothing past offset 10 000. The limit of
 * requests a second is not simulated: on loopback the machine's speed would decide. Job creation is not simulated either.
 */
export function elasticPathFace(jobs: Population<StoreLife>): Face {
  const tokens = new Logins({ lifetimeMs: TOKEN_SECONDS * 1000 });
  return {
    revokeLogins: () => tokens.endAll(),
    handle(call) {
      if (call.method === 'POST' && call.path === '/oauth/access_token') return token(call, tokens);
      const given = bearer(call.headers.authorization);
      if (given === null || tokens.check(given, call.now) === null)
        return refuse(401, 'Unauthorized', 'invalid or expired token');
      if (call.path === '/pcm/jobs' && call.method === 'GET') return list(jobs, call);
      const [, id = '', tail = ''] = /^\/pcm\/jobs\/([^/]+)(?:\/(errors|cancel))?$/.exec(call.path) ?? [];
      const life = jobs.find(id, call.seenAt);
      if (life === undefined) return refuse(404, 'Not Found', 'the requested job was not found');
      if (call.method === 'GET' && tail === '') return json({ data: record(life, call.seenAt) });
      if (call.method === 'GET' && tail === 'errors') return errors(life, call.seenAt);
      if (call.method === 'POST' && tail === 'cancel') return cancel(jobs, life, call.now);
      return refuse(404, 'Not Found');
    },
  };
}

function token(call: Call, tokens: Logins): Answer {
  const fields = form(call);
  if (fields?.get('grant_type') !== 'client_credentials')
    return refuse(400, 'Bad Request', 'unsupported grant_type');
  const known =
    fields.get('client_id') === STORE_CLIENT.clientId &&
    fields.get('client_secret') === STORE_CLIENT.clientSecret;
  if (!known) return refuse(401, 'Unauthorized', 'invalid client credentials');
  return json({
    access_token: tokens.give('client_credentials', call.now),
    token_type: 'Bearer',
    expires: Math.floor(call.now / 1000) + TOKEN_SECONDS,
    expires_in: TOKEN_SECONDS,
    identifier: 'client_credentials',
  });
}

function list(jobs: Population<StoreLife>, { query, seenAt }: Call): Answer {
  const limit = wholeNumber(query.get('page[limit]'), { fallback: 25, least: 1, most: 100 });
  const offset = wholeNumber(query.get('page[offset]'), { fallback: 0, least: 0, most: DEEPEST_OFFSET });
  if (limit === null || offset === null)
    return refuse(400, 'Bad Request', 'page[limit] or page[offset] out of range');
  return json({
    data: jobs.newest(seenAt, offset, limit).map((life) => record(life, seenAt)),
    meta: { results: { total: jobs.count(seenAt) } },
  });
}

function record(life: StoreLife, now: Instant): object {
  const step = stepAt(life.steps, now);
  const finished = step.status === 'success' || step.status === 'failed';
  const started = life.steps.find(({ at, status }) => status === 'started' && at <= now)?.at ?? null;
  const startedAt = life.startsLate && !finished ? null : started;
  const completedAt = finished ? step.at : null;
  return {
    type: 'pim-job',
    id: life.externalId,
    attributes: {
      ...(completedAt === null && life.omitsNulls ? {} : { completed_at: print(completedAt) }),
      created_at: print(life.bornAt),
      ...(startedAt === null && life.omitsNulls ? {} : { started_at: print(startedAt) }),
      status: step.status,
      type: life.jobType,
      // The quirk: it never moves with completion.
      updated_at: print(startedAt ?? life.bornAt),
    },
    meta: {
      x_request_id: life.requestId,
      ...(life.copiedFrom !== null && { copied_from: life.copiedFrom }),
      ...(life.hierarchyId !== null && { hierarchy_id: life.hierarchyId }),
      ...(life.filter !== null && { filter: life.filter }),
      ...(life.jobType === 'product-export' && { file_locations: files(life, finished) }),
    },
  };
}

function files(life: StoreLife, finished: boolean): string[] | null {
  if (!finished || life.fileCount === null) return null;
  return Array.from(
    { length: life.fileCount },
    (_, place) =>
      `https://files.example.com/exports/${life.externalId}-${place}.csv?signature=not-for-clients`,
  );
}

/** RFC 3339 as Go prints it: trailing zeros of the fraction are trimmed, and the point with them. */
function print(instant: Instant | null): string | null {
  return instant === null ? null : new Date(instant).toISOString().replace(/\.?0+Z$/, 'Z');
}

function errors(life: StoreLife, now: Instant): Answer {
  const failed = stepAt(life.steps, now).status === 'failed' && life.error !== null;
  const entry = { type: 'pim-job-error', id: uuidOf(0, life.index), attributes: { message: life.error } };
  return json({ data: failed ? [entry] : [] });
}

function cancel(jobs: Population<StoreLife>, life: StoreLife, now: Instant): Answer {
  if (stepAt(life.steps, now).status !== 'pending')
    return refuse(422, 'Unprocessable Entity', 'only pending jobs can be cancelled');
  const cancelled = { ...life, steps: divert(life.steps, now, [{ at: now, status: 'cancelled' }]) };
  jobs.amend(cancelled);
  return json({ data: record(cancelled, now) });
}

function refuse(status: number, title: string, detail?: string): Answer {
  return {
    status,
    json: { errors: [{ status: String(status), title, ...(detail !== undefined && { detail }) }] },
  };
}

import { Instant } from './clock.js';
import { CHARTS_TOKEN, PORTAL_USER } from './credentials.js';
import { Answer, Call, Face, json, wholeNumber } from './http/answer.js';
import { bearer, Logins } from './http/logins.js';
import { hex } from './ids.js';
import { shownSteps, stepAt } from './life.js';
import { Population } from './population.js';
import { ChartLife, PortalStep, portalSteps } from './scripts/vectorcharts.script.js';

const DAY = 24 * 3_600_000;
const PIECE = 200;
const NOT_FOUND: Answer = { status: 404, text: '' };
// Refusals have no documented body.
const UNAUTHORIZED: Answer = { status: 401, text: '' };

/** VectorCharts Core: one bare array of all jobs, latest `updated_at` first. Job creation is not simulated. */
export function chartsFace(jobs: Population<ChartLife>): Face {
  return {
    revokeLogins: () => undefined,
    handle(call) {
      if (call.method !== 'GET' || call.path !== '/api/v1/jobs') return NOT_FOUND;
      if (bearer(call.headers.authorization) !== CHARTS_TOKEN) return UNAUTHORIZED;
      return { status: 200, pieces: arrayOf(jobs, call.seenAt) };
    },
  };
}

function* arrayOf(jobs: Population<ChartLife>, now: Instant): Generator<string> {
  let piece: string[] = [];
  let opening = '[';
  for (const life of jobs.latestUpdated(now, updatedAt)) {
    piece.push(JSON.stringify(coreRecord(life, now)));
    if (piece.length < PIECE) continue;
    yield opening + piece.join(',');
    piece = [];
    opening = ',';
  }
  yield (piece.length > 0 || opening === '[' ? opening : '') + piece.join(',') + ']';
}

function updatedAt(life: ChartLife, now: Instant): Instant {
  return stepAt(life.steps, now).at;
}

function coreRecord(life: ChartLife, now: Instant): object {
  const step = stepAt(life.steps, now);
  return {
    id: life.externalId,
    job_type: life.jobType,
    job_state: step.status,
    parameters: life.parameters,
    percent_complete: step.percent,
    created_at: life.bornAt,
    updated_at: step.at,
  };
}

/** VectorCharts OEM portal: newest first, `{jobs, pagination}`. Job creation is not simulated. */
export function portalFace(jobs: Population<ChartLife>): Face {
  const sessions = new Logins({ lifetimeMs: 365 * DAY });
  const mayEnter = (call: Call): boolean => {
    const token = bearer(call.headers.authorization);
    return token !== null && (token === CHARTS_TOKEN || sessions.check(token, call.now) !== null);
  };
  return {
    revokeLogins: () => sessions.endAll(),
    handle(call) {
      const route = `${call.method} ${call.path}`;
      if (route === 'POST /api/portal/v1/auth/login') return login(call, sessions);
      if (!mayEnter(call)) return UNAUTHORIZED;
      switch (route) {
        case 'POST /api/portal/v1/auth/logout':
          sessions.end(bearer(call.headers.authorization) ?? '');
          return { status: 204 };
        case 'GET /api/portal/v1/jobs':
          return portalList(jobs, call);
        case 'GET /api/portal/v1/jobs/getJobStatus':
          return json({ activeJobs: active(jobs, call.seenAt).length, isEditable: true });
        default:
          return NOT_FOUND;
      }
    },
  };
}

function login(call: Call, sessions: Logins): Answer {
  const given = readJson(call.body);
  if (given?.username !== PORTAL_USER.username || given.password !== PORTAL_USER.password)
    return UNAUTHORIZED;
  return json({ token: { id: sessions.give('portal', call.now) } });
}

function readJson(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    return null;
  }
}

function portalList(jobs: Population<ChartLife>, { query, seenAt }: Call): Answer {
  const limit = wholeNumber(query.get('limit'), { fallback: 25, least: 1 });
  const offset = wholeNumber(query.get('offset'), { fallback: 0, least: 0 });
  if (limit === null || offset === null) return { status: 400, text: '' };
  const capped = Math.min(limit, 200);
  const chosen = query.get('activeOnly') === 'true' ? active(jobs, seenAt).reverse() : null;
  const total = chosen?.length ?? jobs.count(seenAt);
  const page = chosen?.slice(offset, offset + capped) ?? jobs.newest(seenAt, offset, capped);
  return json({
    jobs: page.map((life) => portalRecord(life, seenAt)),
    pagination: { limit: capped, offset, total },
  });
}

function active(jobs: Population<ChartLife>, now: Instant): ChartLife[] {
  return jobs
    .unsettled(now)
    .filter((life) => ['pending', 'running'].includes(stepAt(life.steps, now).status));
}

function portalRecord(life: ChartLife, now: Instant): object {
  const step = stepAt(life.steps, now);
  const finished = ['completed', 'failed', 'cancelled'].includes(step.status);
  return {
    id: life.externalId,
    parentJobId: life.parentId,
    jobType: life.jobType,
    jobState: step.status,
    accountId: life.accountId,
    parameters: life.parameters,
    result: finished ? { tiles: life.index % 5000 } : null,
    logs: shownSteps(life.steps, now).map(({ at, status, percent }) => ({
      timestamp: new Date(at).toISOString().replace('Z', '+00:00'),
      type: status === 'failed' ? 'error' : 'info',
      message: `${status} at ${percent}%`,
    })),
    percentComplete: step.percent,
    priority: life.priority,
    createdAt: life.bornAt,
    updatedAt: step.at,
    steps: portalSteps(life, now).map((step) => portalStep(life, step)),
  };
}

function portalStep(
  life: ChartLife,
  { id, name, status, startedAt, completedAt }: PortalStep,
): Record<string, unknown> {
  return {
    id,
    jobId: life.externalId,
    stepName: name,
    status,
    startedAt,
    completedAt,
    result: null,
    error: status === 'failed' ? `worker ${hex(life.index)} ran out of memory` : null,
    attempt: 1,
  };
}

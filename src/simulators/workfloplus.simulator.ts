import { Instant } from './clock.js';
import { FIELD_CLIENT } from './credentials.js';
import { Answer, Call, Face, form, json, wholeNumber } from './http/answer.js';
import { bearer, Logins } from './http/logins.js';
import { hex, uuidOf } from './ids.js';
import { divert, stepAt } from './life.js';
import { Population } from './population.js';
import { mix } from './random.js';
import { FieldLife, WorkStep, workSteps } from './scripts/workfloplus.script.js';

const TOKEN_SECONDS = 3600;
const ALL_SCOPES = 'job.read_all job.admin job.modify';
const READ_ALL = ['job.read_all', 'job.modify', 'job.admin'];
const READ = ['job.read', 'job.read_all', 'job.admin'];
const LIST = /^\/jobs\/v1\/?$/;
const ONE = /^\/jobs\/v1\/(?<bson>bson\/)?(?<id>[^/]+)(?<abort>\/abort)?$/;
const WORKFLOW_KEY = 77;
const BLOCK = 8;
// The documents give no maximum; this only guards the simulator's memory.
const MOST_AT_ONCE = 10_000;
// Error bodies are not documented.
const NOT_FOUND: Answer = { status: 404, text: '' };
const FORBIDDEN: Answer = { status: 403, text: '' };
const UNAUTHORIZED: Answer = {
  status: 401,
  text: '',
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
};
const FINISHED = ['Completed', 'Aborted', 'Abandoned'];

/**
 * WorkfloPlus: skip/limit over no particular order, detail reads that answer arrays, OAuth2 on the same port (`/connect/token`).
 * Simulated actions: abort of one job. The team-wide abort does not exist here: whoever calls it gets 404 and stands in the log.
 */
export function workfloPlusFace(jobs: Population<FieldLife>): Face {
  const tokens = new Logins({ lifetimeMs: TOKEN_SECONDS * 1000 });
  return {
    revokeLogins: () => tokens.endAll(),
    handle(call) {
      if (call.method === 'POST' && call.path === '/connect/token') return token(call, tokens);
      const granted = tokens.check(bearer(call.headers.authorization) ?? '', call.now)?.split(' ');
      if (granted === undefined) return UNAUTHORIZED;
      const may = (allowed: string[]): boolean =>
        granted.some((scope) => allowed.some((name) => scope === name || scope.endsWith(`/${name}`)));
      if (LIST.test(call.path) && call.method === 'GET') return may(READ_ALL) ? list(jobs, call) : FORBIDDEN;
      const { bson, id, abort } = ONE.exec(call.path)?.groups ?? {};
      if (id === undefined) return NOT_FOUND;
      if (!may(READ)) return FORBIDDEN;
      const life = jobs.find(
        id,
        call.seenAt,
        bson === undefined ? (job) => job.clientJobId : (job) => job.externalId,
      );
      if (life === undefined) return NOT_FOUND;
      if (call.method === 'GET' && abort === undefined) return json([record(life, call.seenAt)]);
      if (call.method === 'POST' && abort !== undefined && bson === undefined)
        return abortJob(jobs, life, call.now);
      return NOT_FOUND;
    },
  };
}

function token(call: Call, tokens: Logins): Answer {
  const fields = form(call);
  if (fields?.get('grant_type') !== 'client_credentials')
    return { status: 400, json: { error: 'unsupported_grant_type' } };
  const known =
    fields.get('client_id') === FIELD_CLIENT.clientId &&
    fields.get('client_secret') === FIELD_CLIENT.clientSecret;
  if (!known) return { status: 400, json: { error: 'invalid_client' } };
  const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  return json({
    access_token: tokens.give(
      fields.get('scope') ?? ALL_SCOPES,
      call.now,
      (id) => `${header}.${id}.simulated`,
    ),
    expires_in: TOKEN_SECONDS,
    token_type: 'Bearer',
  });
}

function list(jobs: Population<FieldLife>, { query, seenAt }: Call): Answer {
  const skip = wholeNumber(query.get('skip'), { fallback: 0, least: 0 });
  const limit = wholeNumber(query.get('limit'), { fallback: 20, least: 1 });
  if (skip === null || limit === null) return { status: 400, text: '' };
  const count = jobs.count(seenAt);
  const length = Math.max(0, Math.min(limit, MOST_AT_ONCE, count - skip));
  return json(Array.from({ length }, (_, place) => record(jobs.at(rankAt(skip + place, count)), seenAt)));
}

/** No documented order: roughly newest first, but shuffled within each full block of eight births. */
function rankAt(place: number, count: number): number {
  const rank = count - 1 - place;
  const block = rank - (rank % BLOCK);
  return block + BLOCK <= count ? block + ((rank % BLOCK) ^ 5) : rank;
}

function record(life: FieldLife, now: Instant): object {
  const step = stepAt(life.steps, now);
  const { completed, cancelled, current } = workSteps(life, now);
  const listed = (steps: WorkStep[], end: StepEnd): object[] | null =>
    steps.length === 0 ? null : steps.map((one) => printedStep(life, one, end));
  return {
    jobId: life.externalId,
    metadata: {
      clientJobId: life.clientJobId,
      workflowId: uuidOf(life.workflow, WORKFLOW_KEY),
      workflowVersionId: uuidOf(life.workflow, WORKFLOW_KEY + 1),
      jobTitle: life.jobTitle,
      metadata: innerMap(life),
      created: print(life.createdAt, life),
      updated: print(step.updatedAt, life),
      modified: new Date(step.at).toISOString().replace(/\.\d+Z$/, 'Z'),
      status: step.status,
      userId: hex(mix(life.user)).repeat(3),
      currentStep: current && printedStep(life, current, null),
      abandonReason: step.status === 'Abandoned' ? life.abandonReason : null,
      username: life.username,
      workflowName: life.workflowName,
    },
    // Null, and not an empty list, as in the documents' samples.
    completedSteps: listed(completed, 'completed'),
    cancelledSteps: listed(cancelled, 'cancelled'),
    team: 'apiteam',
    hierarchyStack: null,
    packetIds: null,
    jobExclusion: [],
    excluded: life.excluded,
  };
}

/** User data that looks like the record's own fields: it must never be taken for them. */
function innerMap(life: FieldLife): Record<string, string> {
  if (!life.scheduled) return { status: 'Urgent', updated: 'last Tuesday' };
  return {
    ScheduledJobId: hex(mix(life.index)).repeat(3),
    ScheduledTaskId: uuidOf(life.index, WORKFLOW_KEY + 2),
  };
}

type StepEnd = 'completed' | 'cancelled' | null;

function printedStep(life: FieldLife, step: WorkStep, end: StepEnd): object {
  const updated = new Date(step.updatedAt).toISOString();
  const ended = step.endedAt === null ? null : print(step.endedAt, life);
  const singleStep = {
    values: [{ value: 'an answer that clients must not see' }],
    valueResourceIds: [],
    uniqueStepId: step.id,
    previousUniqueStepId: '',
    userId: hex(mix(life.user)).repeat(3),
    userName: life.username,
    deviceId: `device-${life.user}`,
    stepId: uuidOf(step.number, WORKFLOW_KEY + 3),
    stepNumber: step.number,
    stepTitle: step.title,
    stepDescription: '',
    stepType: 'Text',
    connectionType: null,
    started: step.startedAt === null ? null : print(step.startedAt, life),
    completed: end === 'completed' ? ended : null,
    updated,
    cancelled: end === 'cancelled' ? ended : null,
    timeEvents: { [updated]: 0 },
    note: null,
    noteResourceFilenames: null,
    coordinates: null,
    parentStepId: null,
    parentUniqueStepId: null,
    parentStepTitle: null,
    parentStepDescription: null,
    metadata: { tags: '' },
  };
  return { singleStep, reportStep: null };
}

/** ISO 8601 with as many fraction digits as this job's device prints, 0 to 6. */
function print(instant: Instant, { digits, index }: FieldLife): string {
  const [whole = '', fraction = ''] = new Date(instant).toISOString().slice(0, -1).split('.');
  const micros = String(index % 1000).padStart(3, '0');
  return digits === 0 ? `${whole}Z` : `${whole}.${(fraction + micros).slice(0, digits)}Z`;
}

function abortJob(jobs: Population<FieldLife>, life: FieldLife, now: Instant): Answer {
  const { status, stepNumber } = stepAt(life.steps, now);
  if (FINISHED.includes(status)) return { status: 400, text: '' };
  const end = { at: now, status: 'Aborted', stepNumber, updatedAt: now };
  jobs.amend({ ...life, steps: divert(life.steps, now, [end]) });
  return { status: 200, text: '' };
}

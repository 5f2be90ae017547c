import { JobState } from '../../domain/job-state.js';
import { indexIn, uuidOf } from '../ids.js';
import { inTurn, Life, Script, Step, stepAt, table, withUnknowns } from '../life.js';
import { mix } from '../random.js';

export interface StoreLife extends Life {
  jobType: string;
  requestId: string;
  copiedFrom: string | null;
  hierarchyId: string | null;
  filter: string | null;
  /** Links to exported files once finished; null as the platform sometimes shows it. */
  fileCount: number | null;
  /** The platform forgets `started_at` until the job is finished. */
  startsLate: boolean;
  /** The platform leaves null times out instead of showing them. */
  omitsNulls: boolean;
  error: string | null;
}

const TYPES = [
  'child-products',
  'product-import',
  'product-export',
  'hierarchy-duplicate',
  'price-import',
] as const;
const OUTCOMES = table({ success: 14, failed: 3, cancelled: 3 });

// A store runs one job at a time: every job runs inside its own stretch of the timeline, moved on by the same wait. The wait is
// no shorter than the room that a run takes, so that none starts before it is born.
const WAIT_PACES = 2;
const ROOM_PACES = 2;

const STATES: Record<string, JobState> = {
  pending: 'queued',
  started: 'running',
  success: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** Elastic Path Commerce PXM jobs: `GET /pcm/jobs`. */
export const elasticPathScript: Script<StoreLife> = {
  platform: 'elastic-path',
  listsByBirth: true,
  longestMs: (paceMs) => (WAIT_PACES + ROOM_PACES) * paceMs,
  indexOf: indexIn,

  write({ index, bornAt, slotAt, slotMs, paceMs, key, random }) {
    const outcome = inTurn(OUTCOMES, { index, key });
    const jobType = random.pick(TYPES);
    const room = Math.min(slotMs, ROOM_PACES * paceMs);
    const turnAt = slotAt + Math.floor(Math.min(bornAt - slotAt, slotMs - room) + WAIT_PACES * paceMs);
    const startedAt = turnAt + random.int(0, room / 4);
    const endedAt = startedAt + random.int(1, Math.max(1, room / 2));
    const pending: Step = { at: bornAt, status: 'pending' };
    return {
      index,
      externalId: uuidOf(index, key),
      bornAt,
      steps:
        outcome === 'cancelled'
          ? [pending, { at: bornAt + random.int(1, WAIT_PACES * paceMs), status: 'cancelled' }]
          : [pending, { at: startedAt, status: 'started' }, { at: endedAt, status: outcome }],
      jobType,
      requestId: uuidOf(index, mix(key, 1)),
      copiedFrom: jobType === 'hierarchy-duplicate' ? uuidOf(random.int(0, 99), mix(key, 2)) : null,
      hierarchyId: jobType === 'hierarchy-duplicate' ? uuidOf(random.int(0, 99), mix(key, 3)) : null,
      filter: jobType === 'product-export' && random.chance(0.5) ? 'like(name,*chart*)' : null,
      fileCount: jobType === 'product-export' && random.chance(0.8) ? random.int(0, 3) : null,
      startsLate: random.chance(0.05),
      omitsNulls: random.chance(0.5),
      error: outcome === 'failed' ? `row ${random.int(2, 900)}: sku is not unique` : null,
    };
  },

  truth(life, now) {
    const step = stepAt(life.steps, now);
    const terminal = ['success', 'failed', 'cancelled'].includes(step.status);
    const started = life.steps.find(({ status, at }) => status === 'started' && at <= now)?.at ?? null;
    const startedAt = life.startsLate && !terminal ? null : started;
    const finishedAt = step.status === 'success' || step.status === 'failed' ? step.at : null;
    return withUnknowns({
      platform: 'elastic-path',
      externalId: life.externalId,
      type: life.jobType,
      name: life.jobType,
      owner: null,
      parentExternalId: null,
      state: STATES[step.status] ?? 'unknown',
      reason: null,
      rawStatus: step.status,
      terminal,
      progress: null,
      createdAt: life.bornAt,
      scheduledFor: null,
      plannedFor: null,
      startedAt,
      finishedAt,
      updatedAt: finishedAt ?? startedAt ?? life.bornAt,
      provenance: step.status === 'cancelled' ? { finishedAt: 'observed' } : {},
    });
  },
};

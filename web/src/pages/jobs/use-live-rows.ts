import { useEffect, useMemo, useRef, useState } from 'react';
import type { Job } from '../../../../client/src/index';
import type { EventsQuery, FeedEvent, StreamState } from '../../api/event-stream';
import { useEvents } from '../../api/use-events';
import { usePolledRows } from './jobs.queries';
import { type Changes, NO_CHANGES, type Row, takeJobs } from './live-rows';
import { filtersOf, type View } from './view';

/** Events of this span are painted together: a busy feed must not keep the page from answering. */
const TOGETHER_MS = 250;

const TYPES: NonNullable<EventsQuery['types']> = [
  ...(['job.discovered', 'job.transitioned', 'job.changed', 'job.vanished', 'job.reappeared'] as const),
];

/** Filters over what never changes of a job: whatever happens to one of its rows, the filter's own stream tells it. */
const FIXED = new Set(['id', 'source', 'platform', 'type', 'externalId', 'parentId']);

export interface LiveRows {
  state: StreamState;
  changes: Changes;
  /** Events are missing: only asking again shows what is. */
  hasGap: boolean;
}

/**
 * Follows what happens to the rows of a page and to other jobs that match.
 *
 * @param asked names the answer that the rows are from: another forgets what was told about the one before
 * @param feed where the feed stood before the rows were read; undefined except on a first page
 */
export function useLiveRows(
  view: View,
  asked: string,
  rows: readonly Row[],
  feed: string | undefined,
): LiveRows {
  const [told, setTold] = useState({ asked, changes: NO_CHANGES, hasGap: false });
  const arrived = useRef<{ job: Job; matching: boolean }[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const shown = useMemo(() => new Set(rows.map(({ id }) => id)), [rows]);
  const present = useRef({ asked, shown });
  useEffect(() => {
    present.current = { asked, shown };
  }, [asked, shown]);
  useEffect(
    () => () => {
      arrived.current = [];
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [asked],
  );

  const take = (jobs: readonly Job[], matching: boolean) => {
    for (const job of jobs) arrived.current.push({ job, matching });
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const jobsNow = arrived.current.splice(0);
      const { asked: now, shown: visible } = present.current;
      setTold((before) => {
        const base = before.asked === now ? before : { asked: now, changes: NO_CHANGES, hasGap: false };
        return { ...base, changes: takeJobs(base.changes, visible, jobsNow) };
      });
    }, TOGETHER_MS);
  };
  const onEvent = (matching: boolean) => (event: FeedEvent) => {
    if (event.job !== null) take([event.job], matching);
  };
  const onGap = () => setTold((before) => ({ ...before, asked, hasGap: true }));

  // what is true of jobs as they are now, and of no event
  const { latest, overdue, ...filters } = filtersOf(view);
  const isLater = view.cursor !== undefined;
  const isFixed =
    latest === undefined && overdue === undefined && Object.keys(filters).every((name) => FIXED.has(name));
  const ids = rows.map(({ id }) => id);
  const state = useEvents(
    isLater || feed === undefined ? null : { ...(filters as EventsQuery), types: TYPES, after: feed },
    onEvent(true),
    onGap,
  );
  const rowState = useEvents(
    (isFixed && !isLater) || ids.length === 0 ? null : { id: ids, types: TYPES },
    onEvent(false),
    onGap,
  );
  const shownState = isLater ? rowState : state;

  const polled = usePolledRows(ids, shownState === 'refused');
  const [takenAt, setTakenAt] = useState(0);
  useEffect(() => {
    if (polled.data === undefined || polled.dataUpdatedAt === takenAt) return;
    setTakenAt(polled.dataUpdatedAt);
    take(polled.data, false);
  });

  const current = told.asked === asked ? told : { changes: NO_CHANGES, hasGap: false };
  return { state: shownState, changes: current.changes, hasGap: current.hasGap };
}

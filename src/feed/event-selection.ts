import { Instant } from '../domain/job.js';
import { EventNarrowing } from '../storage/event.feed.js';
import { EventType } from '../storage/event.log.js';
import { JobFilter, canonicalFilter, visibleSources } from '../storage/job.filter.js';
import { FeedEvent } from './feed-event.js';
import { jobMatcher } from './job-matcher.js';

/** Which events of the feed a reader asks for. */
export interface EventQuestion {
  /** Left out: all types. */
  types?: readonly EventType[] | undefined;
  /** States that the job came to. Left out: any; an event of a source comes to none. */
  to?: readonly string[] | undefined;
  /** Of the job as it was just after the change. */
  filter: JobFilter;
  /** Those that the reader may see; null: every source. */
  sources: readonly string[] | null;
}

/** A question, ready to be asked of many events. */
export interface EventSelection {
  /** Equal for equal questions. */
  key: string;
  /** What of it the database can apply. Never lets less through than {@link selects}. */
  narrowing: EventNarrowing;
  /** @param now what relative times go by */
  selects: (event: FeedEvent, now: Instant) => boolean;
}

export function eventSelection({ types, to, filter, sources }: EventQuestion): EventSelection {
  const visible = visibleSources(filter, sources);
  const seen = visible && new Set(visible);
  const wantedTypes = types && new Set<string>(types);
  const wantedStates = to && new Set<string | null>(to);
  const wantedJobs = filter.id && new Set<string | null>(filter.id);
  const matches = jobMatcher(filter);
  return {
    key: JSON.stringify([sorted(visible), sorted(types), sorted(to), canonicalFilter(filter)]),
    narrowing: { sources: visible ?? undefined, types, to, jobs: filter.id },
    selects: (event, now) =>
      (seen === null || (event.source !== null && seen.has(event.source))) &&
      (wantedTypes === undefined || wantedTypes.has(event.type)) &&
      (wantedStates === undefined || wantedStates.has(event.to)) &&
      (wantedJobs === undefined || wantedJobs.has(event.jobId)) &&
      matches(event.subject, now),
  };
}

function sorted(values: readonly string[] | null | undefined): readonly string[] | null {
  return values ? [...new Set(values)].sort() : null;
}

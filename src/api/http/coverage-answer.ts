import { Instant } from '../../domain/job.js';
import { formatInstant } from '../../domain/timestamps.js';
import { Knowledge, SourceKnowledge, coverageOf, coversSource } from '../../storage/coverage.query.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { visibleSources } from '../../storage/job.filter.js';
import { JobsAsked } from '../../storage/job.query.js';

/** Written once for all who ask the same of the same knowledge, which lives for a tenth of a second. */
const written = new WeakMap<Knowledge, Map<string, TaggedJson>>();

/** How complete an answer about these jobs is. Its ETag leaves out what only moves with time. */
export function writeCoverage(knowledge: Knowledge, asked: JobsAsked): TaggedJson {
  const { source, platform, label } = asked.filter;
  const reach = JSON.stringify([source, platform, label, asked.sources]);
  const known = written.get(knowledge) ?? new Map<string, TaggedJson>();
  written.set(knowledge, known);
  const answer = known.get(reach) ?? write(knowledge, asked);
  known.set(reach, answer);
  return answer;
}

function write(knowledge: Knowledge, asked: JobsAsked): TaggedJson {
  const { sources, healthy, completeThrough, changedThrough, degraded } = coverageOf(
    knowledge,
    covers(asked),
  );
  const iso = (instant: Instant | null) => (instant === null ? null : formatInstant(instant));
  const shown = degraded.map(({ source, health, since, reason }) => ({
    source,
    health,
    since: iso(since),
    reason,
  }));
  return {
    json: JSON.stringify({
      sources,
      healthy,
      completeThrough: iso(completeThrough),
      changedThrough: iso(changedThrough),
      degraded: shown,
    }),
    stable: JSON.stringify([sources, healthy, shown]),
  };
}

/** Whether a source can have a part in the answer. */
export function covers({ filter, sources }: JobsAsked): (source: SourceKnowledge) => boolean {
  const visible = visibleSources(filter, sources);
  return (source) => (visible === null || visible.includes(source.key)) && coversSource(filter, source);
}

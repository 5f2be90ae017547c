import { coversSource, readSources } from '../storage/coverage.query.js';
import { Database } from '../storage/database.js';
import { readHistory } from '../storage/expectation.history.js';
import { Replay, ReplayOptions, headStartMs } from './replay.js';
import { Rule } from './rule.js';

/** Evaluates a rule over what is stored of its jobs, as it would have been evaluated then. */
export async function replayRule(
  database: Database,
  rule: Rule,
  options: Omit<ReplayOptions, 'sources'>,
): Promise<void> {
  const sources = (await readSources(database))
    .filter((source) => source.retiredAt === null && coversSource(rule.filter, source))
    .map(({ key }) => key);
  const replay = new Replay(rule, { ...options, sources });
  const asked = {
    filter: rule.filter,
    sources,
    since: options.since - headStartMs(rule),
    withMoves: rule.kind === 'stuck',
  };
  await readHistory(database, asked, options.until, (point) => replay.take(point));
  replay.end();
}

import { questionOf } from '../../src/api/http/page-answer.js';
import { DEFAULT_LIMIT } from '../../src/api/dto/page.parameters.js';
import { Database } from '../../src/storage/database.js';
import { JOB_FIELDS, JobMembers, SELECT_JOB } from '../../src/storage/job.fields.js';
import { canonicalFilter, JobFilter } from '../../src/storage/job.filter.js';
import { JobQuery, JobSort } from '../../src/storage/job.query.js';
import { PageCursors, Position, startOfList } from '../../src/storage/page-cursor.js';
import { SettingStore } from '../../src/storage/setting.store.js';
import { Statement, statement } from '../../src/storage/statement.js';
import { RawQuestion } from '../programs/raw-server.js';
import { GraphqlQuestion } from './list-graphql.js';

/** One page, as each of the servers is asked for it. */
export interface ListQuestion {
  product: string;
  /** The very statements that the product runs for it, whose rows are one text each. */
  raw: RawQuestion;
  /** The same, with every field of a job as a column. */
  rows: RawQuestion;
  /** By offset, as it pages: the deepest it can be asked for is as deep as the product's. */
  usual: string;
  graphql: GraphqlQuestion;
}

/** Pages that are asked for in turn. */
export type QuestionSet = 'page one' | 'page one of a filter' | 'deep pages';

const SORT: JobSort = { field: 'updatedAt', descending: true };
/** Different pages in turn, so that no one page is all that the caches hold. */
const DEEP_PAGES = 32;

const FILTERS: JobFilter[] = [
  { source: ['source-0'] },
  { source: ['source-7'] },
  { state: ['failed'] },
  { state: ['running'] },
  { type: ['type-0'] },
  { type: ['type-42'] },
  { platform: ['elastic-path'] },
  { owner: ['owner-0'] },
  { source: ['source-0'], state: ['failed'] },
  { source: ['source-3'], type: ['type-1'] },
];

export async function listQuestions(
  database: Database,
  jobs: number,
): Promise<Record<QuestionSet, ListQuestion[]>> {
  const depths = await database.query<{ key: string; id: string }>(
    `SELECT updated_at AS key, id FROM rollcall.job WHERE updated_at IS NOT NULL ORDER BY md5(id::text) LIMIT ${DEEP_PAGES}`,
  );
  const questions = new Questions(database);
  const deep = depths.map(({ key, id }, place) =>
    questions.of({}, [key, id], Math.floor((jobs * place) / depths.length)),
  );
  return {
    'page one': [await questions.of({})],
    'page one of a filter': await Promise.all(FILTERS.map((filter) => questions.of(filter))),
    'deep pages': await Promise.all(deep),
  };
}

const COLUMNS = JOB_FIELDS.map(({ sql, name }) => `${sql} AS "${name}"`).join(', ');

/** @throws RangeError when the statement does not select whole jobs as Rollcall does */
function inColumns<Asked extends Statement>({ text, ...rest }: Asked) {
  const columns = text.replace(SELECT_JOB, () => COLUMNS);
  if (columns === text) throw new RangeError('this statement selects no jobs');
  return { ...rest, ...statement(columns) };
}

class Questions {
  private readonly cursors: PageCursors;

  constructor(private readonly database: Database) {
    this.cursors = new PageCursors(new SettingStore(database));
  }

  /** @param key of the row that the page comes after; null for page one */
  async of(
    filter: JobFilter,
    key: readonly [updatedAt: string, id: string] | null = null,
    offset = 0,
  ): Promise<ListQuestion> {
    const position = { ...startOfList(Date.now()), key };
    const asked = new URLSearchParams();
    for (const [name, values] of Object.entries(filter)) asked.set(name, (values as string[]).join());
    const usual = new URLSearchParams({ ...Object.fromEntries(asked), offset: String(offset) });
    const binding = questionOf('jobs', [canonicalFilter(filter), SORT.field, SORT.descending], null);
    if (key !== null) asked.set('cursor', await this.cursors.seal(position, binding));
    const { raw, jobs } = await this.answered(filter, position);
    // PostGraphile's cursors know no null: after one of them come no jobs without the time
    const timed = jobs.filter((job) => key === null || job.value(SORT.field) !== null);
    return {
      product: `/api/v1/jobs?${asked}`,
      raw,
      rows: raw.map(inColumns),
      usual: `/jobs?${usual}`,
      graphql: { filter, afterId: key?.[1] ?? null, ids: timed.map((job) => job.value('id') as string) },
    };
  }

  private async answered(
    filter: JobFilter,
    position: Position,
  ): Promise<{ raw: RawQuestion; jobs: JobMembers[] }> {
    const heard: (Statement & { values: unknown[] })[] = [];
    const listening = {
      query: (statement: Statement, values: unknown[]) => {
        heard.push({ ...statement, values });
        return this.database.query(statement, values);
      },
    };
    const page = await new JobQuery(listening as unknown as Database).page({
      filter,
      sources: null,
      sort: SORT,
      limit: DEFAULT_LIMIT,
      offset: 0,
      position,
    });
    return { raw: heard, jobs: page.rows.map((row) => new JobMembers(row)) };
  }
}

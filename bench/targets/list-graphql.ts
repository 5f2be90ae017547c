import { availableParallelism } from 'node:os';
import { request } from 'undici';
import { DEFAULT_LIMIT } from '../../src/api/dto/page.parameters.js';
import { JobFilter } from '../../src/storage/job.filter.js';
import { Asked } from '../harness/load.js';

/** A page as a GraphQL client asks for it: of so many jobs, those after that one, newest first. */
export interface GraphqlQuestion {
  filter: JobFilter;
  /** Null for page one. */
  afterId: string | null;
  /** Its jobs, in order, as Rollcall's statement gives them. */
  ids: readonly string[];
}

const PATH = '/graphql';
/** So many pages apart, answers are compared with Rollcall's: a deep one takes seconds. */
const COMPARED_EVERY = 16;

/** What PostGraphile calls the columns that filters name. */
const COLUMNS: Partial<Record<keyof JobFilter, string>> = {
  source: 'sourceKey',
  state: 'state',
  type: 'type',
  platform: 'platform',
  owner: 'owner',
};

/** Every stored field that a job of the API is made of, its source's among them. */
const PAGE = `query Page($condition: JobCondition, $after: Cursor) {
  allJobs(first: ${DEFAULT_LIMIT}, after: $after, condition: $condition, orderBy: [UPDATED_AT_DESC, ID_DESC]) {
    nodes {
      id sourceKey platform externalId type name state reason rawStatus terminal progress
      createdAt scheduledFor startedAt finishedAt updatedAt provenance error owner parentId
      attributes links actions firstSeenAt seenAt absentAt vanishedAt stateChangedAt changedAt version
      sourceBySourceKey { labels staleAfterMs openRoundAt sweptAt }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface Page {
  allJobs: { nodes: { id: string }[]; pageInfo: { endCursor: string } };
}

/**
 * The requests for these pages, of which some were answered once.
 *
 * @throws Error when one is answered by errors, with all of them, or by other jobs
 */
export async function askedByGraphql(url: string, questions: readonly GraphqlQuestion[]): Promise<Asked> {
  const bodies = [];
  for (const [place, { filter, afterId, ids }] of questions.entries()) {
    // a cursor holds what the list is sorted by and no more, so that of a list of one job stands for its place in all of them
    const after =
      afterId === null ? null : (await pageOf(url, { condition: { id: afterId } })).pageInfo.endCursor;
    const variables = { condition: conditionOf(filter), after };
    if (place % COMPARED_EVERY === 0) await compare(url, variables, ids);
    bodies.push({ query: PAGE, variables });
  }
  const isDeep = questions.some(({ afterId }) => afterId !== null);
  // it computes a deep page for seconds: more clients than cores would wait for one another
  return { url, paths: bodies.map(() => PATH), bodies, ...(isDeep && { answers: availableParallelism() }) };
}

/** @throws Error when the page has other jobs */
async function compare(url: string, variables: object, ids: readonly string[]): Promise<void> {
  const { nodes } = await pageOf(url, variables);
  if (nodes.map(({ id }) => id).join() !== ids.join())
    throw new Error(`PostGraphile answers ${JSON.stringify(variables)} by other jobs`);
}

function conditionOf(filter: JobFilter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).map(([name, values]) => {
      const column = COLUMNS[name as keyof JobFilter];
      const [value, ...others] = values as string[];
      if (column === undefined || value === undefined || others.length > 0)
        throw new RangeError(`PostGraphile has no condition for ${name} ${String(values)}`);
      return [column, value];
    }),
  );
}

async function pageOf(url: string, variables: object): Promise<Page['allJobs']> {
  const answer = await request(url + PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: PAGE, variables }),
  });
  const { data, errors } = (await answer.body.json()) as { data?: Page; errors?: { message: string }[] };
  if (errors) throw new Error(`PostGraphile: ${errors.map(({ message }) => message).join('; ')}`);
  return data!.allJobs;
}

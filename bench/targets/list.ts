import { closing } from '../harness/closing.js';
import { Asked, askAtRate, saturate } from '../harness/load.js';
import { Latency, rounded, Spread, spreadOf } from '../harness/figures.js';
import { untilIdle } from '../harness/idle.js';
import { HEADERS, Product } from '../harness/product.js';
import { Program } from '../harness/program.js';
import { Goal, Table, TargetResult } from '../harness/result.js';
import { createPatientDatabase, storeJobs } from '../harness/stored-jobs.js';
import { PostGraphileTask } from '../programs/postgraphile.js';
import { UsualStackTask } from '../programs/usual-stack.js';
import { RawQuestion, RawTask } from '../programs/raw-server.js';
import { askedByGraphql } from './list-graphql.js';
import { ListQuestion, listQuestions, QuestionSet } from './list-questions.js';
import { measureWaits } from './list-waits.js';

export interface ListOptions {
  jobs: number;
  rounds: number;
  /** How long a server is asked without a pause, seconds. */
  seconds: number;
  /** How often the dashboard is opened in a fresh browser; 0 for not at all. */
  coldStarts: number;
}

/** The service's own default, for all of them. */
const POOL_SIZE = 10;
/** Answers a second below which a server is asked in the first round only, as one such round takes minutes. */
const SLOW = 1;
/** Of what a server can do at most: busy, and yet not a queue. */
const LOAD = 0.7;

const SERVERS = ['product', 'limit', 'rows', 'usual', 'graphql'] as const;
type Server = (typeof SERVERS)[number];

/** Target 4: a page of the list, everything on, beside what `http` and `pg` alone do with the same statements, beside the usual stack and beside PostGraphile. */
export async function measureList({ jobs, rounds, seconds, coldStarts }: ListOptions): Promise<TargetResult> {
  return closing(async (later) => {
    const test = await createPatientDatabase();
    later(() => test.drop());
    const server = { databaseUrl: test.url, poolSize: POOL_SIZE };
    // before the jobs: they are written to unlogged tables, and of those PostGraphile makes no part of its schema
    const graphql = Program.start<Ready>('postgraphile', server satisfies PostGraphileTask);
    later(() => graphql.end());
    const graphqlUrl = await urlOf(graphql);
    await storeJobs(test.database, jobs);
    const questions = await listQuestions(test.database, jobs);
    const sets = Object.keys(questions) as QuestionSet[];
    const numbered = sets.flatMap((set) => questions[set]);
    const raw = (statements: (question: ListQuestion) => RawQuestion) => {
      const questions = numbered.map(statements);
      const program = Program.start<Ready>('raw-server', { ...server, questions } satisfies RawTask);
      later(() => program.end());
      return program;
    };
    const limit = raw((question) => question.raw);
    const rows = raw((question) => question.rows);
    const usual = Program.start<Ready>('usual-stack', server satisfies UsualStackTask);
    later(() => usual.end());
    const product = await Product.start({ databaseUrl: test.url, roles: ['api'] });
    later(() => product.stop());
    const [limitUrl, rowsUrl, usualUrl] = [await urlOf(limit), await urlOf(rows), await urlOf(usual)];
    const rawPaths = (set: QuestionSet) => questions[set].map((question) => `/${numbered.indexOf(question)}`);
    const byGraphql: Partial<Record<QuestionSet, Asked>> = {};
    for (const set of sets) {
      const pages = questions[set].map((question) => question.graphql);
      byGraphql[set] = await askedByGraphql(graphqlUrl, pages);
    }
    const asked = (set: QuestionSet): Record<Server, Asked> => ({
      product: { url: product.url, paths: questions[set].map(({ product: path }) => path), headers: HEADERS },
      limit: { url: limitUrl, paths: rawPaths(set) },
      rows: { url: rowsUrl, paths: rawPaths(set) },
      usual: { url: usualUrl, paths: questions[set].map(({ usual: path }) => path), headers: HEADERS },
      graphql: byGraphql[set]!,
    });
    const idle = () => untilIdle(test.database);
    const rates = await measureRates(sets, asked, rounds, seconds, idle);
    const latencies = await measureLatencies(sets, asked, rates, seconds * 2, idle);
    await idle();
    const waits = await measureWaits(product, questions, { databaseUrl: test.url, coldStarts });
    return resultOf(jobs, rates, latencies, waits);
  });
}

interface Ready {
  port: number;
}

async function urlOf(program: Program<Ready>): Promise<string> {
  const { port } = await program.next();
  return `http://127.0.0.1:${port}`;
}

type Rates = Record<QuestionSet, Record<Server, number[]>>;

/**
 * Each server in turn in each round, so that whatever else the machine does meets all of them; the first round is thrown away, but for slow
 * servers, of which it is the only one. Nobody begins before the one before is done.
 */
async function measureRates(
  sets: readonly QuestionSet[],
  asked: (set: QuestionSet) => Record<Server, Asked>,
  rounds: number,
  seconds: number,
  idle: () => Promise<void>,
): Promise<Rates> {
  const rates = Object.fromEntries(
    sets.map((set) => [set, Object.fromEntries(SERVERS.map((server) => [server, []]))]),
  ) as never as Rates;
  for (let round = 0; round <= rounds; round++)
    for (const set of sets)
      for (const server of SERVERS) {
        const found = rates[set][server];
        const before = found.at(-1) ?? Infinity;
        if (before < SLOW) found.push(before);
        else {
          await idle();
          found.push(await saturate(asked(set)[server], seconds));
        }
      }
  for (const set of sets) for (const server of SERVERS) rates[set][server].shift();
  return rates;
}

type Latencies = Record<QuestionSet, { perSecond: number; latency: Latency }>;

async function measureLatencies(
  sets: readonly QuestionSet[],
  asked: (set: QuestionSet) => Record<Server, Asked>,
  rates: Rates,
  seconds: number,
  idle: () => Promise<void>,
): Promise<Latencies> {
  const found: Partial<Latencies> = {};
  const rateOf = (set: QuestionSet) => LOAD * spreadOf(rates[set].product).median;
  // Whoever asks is cold at first, and what it is late with by then waits in a queue for seconds: the same page one had a p50 of 360 ms in
  // the first run and of 19 ms in the next.
  await askAtRate(asked(sets[0]!).product, rateOf(sets[0]!), seconds);
  for (const set of sets) {
    await idle();
    const perSecond = rateOf(set);
    found[set] = { perSecond, latency: await askAtRate(asked(set).product, perSecond, seconds) };
  }
  return found as Latencies;
}

/** Round by round: what else the machine did then met both. */
function ratio(of: readonly number[], to: readonly number[]): Spread {
  return spreadOf(of.map((value, round) => value / to[round]!));
}

function resultOf(jobs: number, rates: Rates, latencies: Latencies, waits: Table): TargetResult {
  const sets = Object.keys(rates) as QuestionSet[];
  const goal = (what: string, { median, least, most }: Spread, bound: Goal['bound']): Goal => ({
    number: 4,
    what,
    unit: '',
    value: median,
    range: [least, most],
    bound,
  });
  const depth = ratio(rates['page one'].product, rates['deep pages'].product);
  return {
    target: 'list',
    size: `${jobs} jobs`,
    goals: [
      ...sets.map((set) =>
        goal(`pages a second against raw http + pg: ${set}`, ratio(rates[set].product, rates[set].rows), {
          atLeast: 0.7,
        }),
      ),
      ...sets.map((set) =>
        goal(
          `pages a second against raw http + pg that sends the texts of Rollcall's own statement as they are: ${set}`,
          ratio(rates[set].product, rates[set].limit),
          { atLeast: 0.7 },
        ),
      ),
      goal('time of a deep page against page one', depth, { atMost: 1.2 }),
    ],
    tables: [
      {
        title: 'Pages of 50 jobs a second, 16 clients',
        head: [
          ...['pages', 'Rollcall', 'raw http + pg', 'ratio', 'raw, texts as they are', 'ratio'],
          ...['Nest + Express + entities', 'of raw', 'PostGraphile', 'of raw'],
        ],
        rows: sets.map((set) => {
          const { product, limit, rows, usual, graphql } = rates[set];
          return [
            set,
            spreadOf(product).median,
            spreadOf(rows).median,
            ratio(product, rows).median,
            spreadOf(limit).median,
            ratio(product, limit).median,
            spreadOf(usual).median,
            ratio(usual, rows).median,
            spreadOf(graphql).median,
            ratio(graphql, rows).median,
          ];
        }),
      },
      {
        title: 'Rollcall asked at 70 % of that, at moments that do not wait for answers',
        head: ['pages', 'questions a second', 'p50 ms', 'p99 ms', 'max ms'],
        rows: sets.map((set) => {
          const { perSecond, latency } = latencies[set];
          return [set, rounded(perSecond), latency.p50, latency.p99, latency.max];
        }),
      },
      waits,
    ],
    series: [],
    notes: [
      'Rollcall has everything on: a token, validation, coverage, ETag and Link. Raw http + pg runs the same prepared statements over a pool that is set up alike, selects every field of a job as a column, times as text, and sends the rows as they come.',
      "The second raw server runs Rollcall's statements to the letter: they give one text a job, not JSON, and it sends those texts as they are. Rollcall makes of each the job that its clients read, which that server leaves undone.",
      'The usual stack pages by offset, its only way; it counts nothing. Nobody asked for compression.',
      'PostGraphile 4 (5 needs Node.js 22) is set up as its documentation has it for production, asks nobody for a token, and pages by its own cursors: the same jobs in the same order, with every stored field that Rollcall makes a job of. It reads all jobs before a deep page, so that for those it has as many clients as there are cores, with one page each.',
      `A server with less than ${SLOW} answer a second is asked in the first round only, which stands for all of them.`,
      'Clients, server and PostgreSQL share the cores; the ratios are of whole systems, not of handlers.',
    ],
  };
}

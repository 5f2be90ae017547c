import { closing } from '../harness/closing.js';
import { Asked, askAtRate, saturate } from '../harness/load.js';
import { Latency, rounded, Spread, spreadOf } from '../harness/figures.js';
import { HEADERS, Product } from '../harness/product.js';
import { Program } from '../harness/program.js';
import { Goal, TargetResult } from '../harness/result.js';
import { createStoredJobs } from '../harness/stored-jobs.js';
import { UsualStackTask } from '../programs/usual-stack.js';
import { RawTask } from '../programs/raw-server.js';
import { listQuestions, QuestionSet } from './list-questions.js';

export interface ListOptions {
  jobs: number;
  rounds: number;
  /** How long a server is asked without a pause, seconds. */
  seconds: number;
}

/** The service's own default, for all three. */
const POOL_SIZE = 10;
/** Of what a server can do at most: busy, and yet not a queue. */
const LOAD = 0.7;

const SERVERS = ['product', 'limit', 'usual'] as const;
type Server = (typeof SERVERS)[number];

/** Target 4: a page of the list, everything on, beside what `http` and `pg` alone do with the same statements and beside the usual stack. */
export async function measureList({ jobs, rounds, seconds }: ListOptions): Promise<TargetResult> {
  return closing(async (later) => {
    const test = await createStoredJobs(jobs);
    later(() => test.drop());
    const questions = await listQuestions(test.database, jobs);
    const sets = Object.keys(questions) as QuestionSet[];
    const numbered = sets.flatMap((set) => questions[set]);
    const server = { databaseUrl: test.url, poolSize: POOL_SIZE };
    const limit = Program.start<{ port: number }>('raw-server', {
      ...server,
      questions: numbered.map(({ raw }) => raw),
    } satisfies RawTask);
    later(() => limit.end());
    const usual = Program.start<{ port: number }>('usual-stack', server satisfies UsualStackTask);
    later(() => usual.end());
    const product = await Product.start({ databaseUrl: test.url, roles: ['api'] });
    later(() => product.stop());
    const [limitUrl, usualUrl] = [await urlOf(limit), await urlOf(usual)];
    const asked = (set: QuestionSet): Record<Server, Asked> => ({
      product: { url: product.url, paths: questions[set].map(({ product: path }) => path), headers: HEADERS },
      limit: { url: limitUrl, paths: questions[set].map((question) => `/${numbered.indexOf(question)}`) },
      usual: { url: usualUrl, paths: questions[set].map(({ usual: path }) => path), headers: HEADERS },
    });
    const rates = await measureRates(sets, asked, rounds, seconds);
    const latencies = await measureLatencies(sets, asked, rates, seconds * 2);
    return resultOf(jobs, rates, latencies);
  });
}

async function urlOf(program: Program<{ port: number }>): Promise<string> {
  const { port } = await program.next();
  return `http://127.0.0.1:${port}`;
}

type Rates = Record<QuestionSet, Record<Server, number[]>>;

/** Each server in turn in each round, so that whatever else the machine does meets all of them; the first round is thrown away. */
async function measureRates(
  sets: readonly QuestionSet[],
  asked: (set: QuestionSet) => Record<Server, Asked>,
  rounds: number,
  seconds: number,
): Promise<Rates> {
  const rates = Object.fromEntries(
    sets.map((set) => [set, { product: [], limit: [], usual: [] }]),
  ) as never as Rates;
  for (const set of sets) for (const server of SERVERS) await saturate(asked(set)[server], seconds);
  for (let round = 0; round < rounds; round++)
    for (const set of sets)
      for (const server of SERVERS) rates[set][server].push(await saturate(asked(set)[server], seconds));
  return rates;
}

type Latencies = Record<QuestionSet, { perSecond: number; latency: Latency }>;

async function measureLatencies(
  sets: readonly QuestionSet[],
  asked: (set: QuestionSet) => Record<Server, Asked>,
  rates: Rates,
  seconds: number,
): Promise<Latencies> {
  const found: Partial<Latencies> = {};
  for (const set of sets) {
    const perSecond = LOAD * spreadOf(rates[set].product).median;
    found[set] = { perSecond, latency: await askAtRate(asked(set).product, perSecond, seconds) };
  }
  return found as Latencies;
}

/** Round by round: what else the machine did then met both. */
function ratio(of: readonly number[], to: readonly number[]): Spread {
  return spreadOf(of.map((value, round) => value / to[round]!));
}

function resultOf(jobs: number, rates: Rates, latencies: Latencies): TargetResult {
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
        goal(`pages a second against raw http + pg: ${set}`, ratio(rates[set].product, rates[set].limit), {
          atLeast: 0.7,
        }),
      ),
      goal('time of a deep page against page one', depth, { atMost: 1.2 }),
    ],
    tables: [
      {
        title: 'Pages of 50 jobs a second, 16 clients',
        head: ['pages', 'raw http + pg', 'Rollcall', 'ratio', 'Nest + Express + entities', 'ratio'],
        rows: sets.map((set) => {
          const { product, limit, usual } = rates[set];
          return [
            set,
            spreadOf(limit).median,
            spreadOf(product).median,
            ratio(product, limit).median,
            spreadOf(usual).median,
            ratio(usual, limit).median,
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
    ],
    series: [],
    notes: [
      'Rollcall has everything on: a token, validation, coverage, ETag and Link. Raw http + pg runs the same prepared statements over a pool that is set up alike and sends the rows as they come.',
      'The usual stack pages by offset, its only way; it counts nothing. Nobody asked for compression. PostGraphile was left out: it answers another question (GraphQL) in its own shape; 0.15 of raw was measured once (design notes).',
      'Clients, server and PostgreSQL share the cores; the ratios are of whole systems, not of handlers.',
    ],
  };
}

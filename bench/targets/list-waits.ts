import { coldStart } from '../../test/dashboard/cold-start.js';
import { launchChromium } from '../../test/support/chromium.js';
import { closing } from '../harness/closing.js';
import { Latency, latencyOf } from '../harness/figures.js';
import { Product } from '../harness/product.js';
import { Table } from '../harness/result.js';
import { ListQuestion, QuestionSet } from './list-questions.js';

/** How often each thing is asked for. */
const QUESTIONS = 200;
const SUMMARIES = 50;

const SUMMARY_PATHS = {
  'summary by state': '/api/v1/jobs/summary?groupBy=state',
  'summary by source and state': '/api/v1/jobs/summary?groupBy=source,state',
  'summary of a day, hour by hour': '/api/v1/jobs/summary?groupBy=state&bucket=1h&finishedSince=-1d',
};

/** What somebody waits for who asks for one thing after another and is alone, and who opens the dashboard in a browser that was never there. */
export async function measureWaits(
  product: Product,
  questions: Readonly<Record<QuestionSet, readonly ListQuestion[]>>,
  { databaseUrl, coldStarts }: { databaseUrl: string; coldStarts: number },
): Promise<Table> {
  const waits: [string, Latency][] = [];
  for (const [set, asked] of Object.entries(questions)) {
    const paths = asked.map(({ product: path }) => path);
    waits.push([set, await askInTurn(product, paths, QUESTIONS)]);
  }
  for (const [name, path] of Object.entries(SUMMARY_PATHS))
    waits.push([name, await askInTurn(product, [path], SUMMARIES)]);
  if (coldStarts > 0) waits.push(...(await openDashboard(databaseUrl, coldStarts)));
  return {
    title: 'What one who is alone waits for, ms',
    head: ['', 'times', 'p50', 'p99', 'max'],
    rows: waits.map(([name, { samples, p50, p99, max }]) => [name, samples, p50, p99, max]),
  };
}

async function askInTurn(product: Product, paths: readonly string[], times: number): Promise<Latency> {
  const took: number[] = [];
  for (let time = 0; time < times; time++) {
    const began = performance.now();
    await product.ask(paths[time % paths.length]!);
    took.push(performance.now() - began);
  }
  return latencyOf(took);
}

async function openDashboard(databaseUrl: string, times: number): Promise<[string, Latency][]> {
  return closing(async (later) => {
    const open = await Product.start({ databaseUrl, roles: ['api'], open: true });
    later(() => open.stop());
    const browser = await launchChromium();
    later(() => browser.close());
    const waits: [string, Latency][] = [];
    for (const [name, path] of Object.entries({ overview: '/', jobs: '/jobs' })) {
      const starts = [];
      for (let time = 0; time < times; time++) starts.push(await coldStart(browser, open.url + path));
      waits.push([`dashboard, ${name}: first paint`, latencyOf(starts.map(({ paintMs }) => paintMs))]);
      waits.push([`dashboard, ${name}: first rows`, latencyOf(starts.map(({ rowsMs }) => rowsMs))]);
    }
    return waits;
  });
}

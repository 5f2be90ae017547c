import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import '../support/silence.js';
import { recordResult } from '../lab/record-result.js';
import { startBenchWorld } from './bench-world.js';
import { ClickFigures, measureClicks } from './clicks.js';
import { coldStart, ColdStart } from './cold-start.js';
import { Figures, figuresOf, round } from './figures.js';

// npm run bench:dashboard [-- --jobs N --sources N --rounds N --no-record]: how long somebody waits at the dashboard, from the click to the painted
// rows, in a real Chromium. The figures are written to bench/results.

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      jobs: { type: 'string', default: '1000000' },
      sources: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '42' },
      record: { type: 'boolean', default: true },
    },
    allowNegative: true,
  });
  const size = { jobs: Number(values.jobs), sources: Number(values.sources) };
  const rounds = Number(values.rounds);
  const loadBefore = loadavg()[0]!;
  const world = await startBenchWorld(size);
  console.log(`${size.jobs} jobs of ${size.sources} sources are there`);
  const browser = await launchChromium();
  try {
    const clicks = await measureClicks(browser, world.url, rounds);
    const cold: Record<string, ColdFigures> = {};
    for (const [name, path] of Object.entries({ Overview: '/', Jobs: '/jobs' }))
      cold[name] = await measureCold(browser, world.url + path, Math.ceil(rounds / 3));
    const load = { before: round(loadBefore), after: round(loadavg()[0]!) };
    report(clicks, cold);
    if (values.record)
      console.log(await recordResult({ bench: 'dashboard', ...size, load, clicks, cold }, 'dashboard'));
  } finally {
    await browser.close();
    await world.close();
  }
}

interface ColdFigures {
  firstPaint: Figures;
  firstRows: Figures;
}

async function measureCold(browser: Browser, address: string, rounds: number): Promise<ColdFigures> {
  const starts: ColdStart[] = [];
  for (let place = 0; place < rounds; place++) starts.push(await coldStart(browser, address));
  return {
    firstPaint: figuresOf(starts.map(({ paintMs }) => paintMs)),
    firstRows: figuresOf(starts.map(({ rowsMs }) => rowsMs)),
  };
}

function report(clicks: Record<string, ClickFigures>, cold: Record<string, ColdFigures>): void {
  const rows = Object.entries(clicks).map(([name, { answer, ...figures }]): [string, object] => [
    name,
    { ...figures, 'answer p50': answer?.p50, 'answer p95': answer?.p95 },
  ]);
  const starts = Object.entries(cold).flatMap(([name, { firstPaint, firstRows }]): [string, object][] => [
    [`${name}, first paint`, firstPaint],
    [`${name}, first rows`, firstRows],
  ]);
  console.table(Object.fromEntries([...rows, ...starts]));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

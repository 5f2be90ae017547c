import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../test/support/repository.js';
import { measuredHere, Measured } from './machine.js';
import { TargetResult, TARGETS } from './result.js';

const RESULTS = path.join(ROOT, 'bench/results');
const OF_TARGETS = /^\d{4}-\d\d-\d\d-[0-9a-f]+\.json$/;

/** What a run of `npm run bench` leaves. */
export interface TargetsFile extends Measured {
  /** Of the server that it started. */
  postgres: string;
  results: RecordedResult[];
}

export interface RecordedResult extends TargetResult {
  /** When it was measured, ISO 8601. */
  at: string;
  /** Of the machine just before, as the mean of a minute. */
  loadBefore: number;
  /** How long the measurement took. */
  seconds: number;
}

/** Adds to what the targets of this day and commit gave; a result takes the place of an earlier one of the same target and size. */
export async function recordTargets(results: readonly RecordedResult[], postgres: string): Promise<string> {
  const measured = measuredHere();
  const name = `${measured.date}-${measured.commit}.json`;
  const earlier = (await targetFiles()).find((file) => file.name === name)?.content.results ?? [];
  const isReplaced = (one: TargetResult) =>
    results.some(({ target, size }) => target === one.target && size === one.size);
  return writeResult(name, {
    ...measured,
    postgres,
    results: [...earlier.filter((one) => !isReplaced(one)), ...results],
  } satisfies TargetsFile);
}

/** One target's result, and what it was measured of. */
export interface KeptResult extends Measured {
  postgres: string;
  result: RecordedResult;
}

/** Of everything that is kept, the newest result of each target and size, in the order of the targets. */
export async function newestResults(): Promise<KeptResult[]> {
  const kept = (await targetFiles())
    .flatMap(({ content: { results, ...measured } }) => results.map((result) => ({ ...measured, result })))
    .sort((a, b) => (a.result.at < b.result.at ? 1 : -1));
  const isNewest = ({ result: { target, size } }: KeptResult, place: number) =>
    kept.findIndex(({ result }) => result.target === target && result.size === size) === place;
  return kept
    .filter(isNewest)
    .sort((a, b) => TARGETS.indexOf(a.result.target) - TARGETS.indexOf(b.result.target));
}

async function targetFiles(): Promise<{ name: string; content: TargetsFile }[]> {
  const names = (await readdir(RESULTS)).filter((name) => OF_TARGETS.test(name));
  return Promise.all(
    names.map(async (name) => ({
      name,
      content: JSON.parse(await readFile(path.join(RESULTS, name), 'utf8')) as TargetsFile,
    })),
  );
}

/** @returns the file, relative to where we are */
export async function writeResult(name: string, content: object): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const file = path.join(RESULTS, name);
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
  return path.relative(process.cwd(), file);
}

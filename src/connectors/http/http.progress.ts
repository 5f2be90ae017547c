import { ProgressReading, readProgress } from '../../domain/progress.js';
import { Expression, ExpressionError, Steps } from './expression.js';
import { ProgressInput } from './manifest.schema.js';

/** One way to read how far a job is. */
export interface ProgressRule {
  /** Where it is read from. */
  expressions: readonly Expression[];
  rule: string;
  read(record: unknown, steps: Steps): ProgressReading & { absent: boolean };
}

export function progressRule(input: ProgressInput): ProgressRule {
  return 'from' in input ? scaled(new Expression(input.from), input.scale) : ofTotal(input);
}

const RULES = {
  fraction: 'progress 0–1, as given',
  percent: 'progress 0–100 → 0–1',
  text: 'progress as text (45%, 3/10, 3 of 10) → 0–1',
} as const;

function scaled(from: Expression, scale: keyof typeof RULES): ProgressRule {
  return {
    expressions: [from],
    rule: RULES[scale],
    read: (record, steps) =>
      attempt(() => {
        const value = from.evaluate(record, steps);
        const reading = scale === 'text' ? readText(value) : readProgress(value, scale);
        return { ...reading, absent: value === undefined };
      }),
  };
}

function ofTotal(input: { done: string; total: string }): ProgressRule {
  const done = new Expression(input.done);
  const total = new Expression(input.total);
  return {
    expressions: [done, total],
    rule: 'done of total; nothing of nothing is no progress',
    read: (record, steps) =>
      attempt(() => {
        const [part, whole] = [done.evaluate(record, steps), total.evaluate(record, steps)];
        return { ...share(part, whole), absent: part === undefined && whole === undefined };
      }),
  };
}

function share(done: unknown, total: unknown): ProgressReading {
  const [part, whole] = [numberOf(done), numberOf(total)];
  if (part === null || whole === null) {
    const none = (value: unknown) => value === null || value === undefined;
    return {
      value: null,
      note: none(done) || none(total) ? null : 'unreadable progress: done and total are no numbers',
    };
  }
  if (whole === 0) return { value: null, note: 'the total is 0' };
  return readProgress(part / whole, 'fraction');
}

const PERCENT = /^([+-]?\d{1,15}(?:\.\d{1,15})?)\s*%$/;
const PART = /^(\d{1,15}(?:\.\d{1,15})?)\s*(?:\/|of)\s*(\d{1,15}(?:\.\d{1,15})?)$/i;

function readText(value: unknown): ProgressReading {
  if (value === null || value === undefined || value === '') return { value: null, note: null };
  const text = typeof value === 'string' ? value.trim().slice(0, 100) : '';
  const percent = PERCENT.exec(text);
  if (percent !== null) return readProgress(percent[1], 'percent');
  const [, done, total] = PART.exec(text) ?? [];
  return done === undefined ? { value: null, note: 'unreadable progress text' } : share(done, total);
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** What cannot be evaluated is no progress, with a note: it never costs the job. */
function attempt(read: () => ProgressReading & { absent: boolean }): ProgressReading & { absent: boolean } {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { value: null, note: `the expression failed: ${error.message}`, absent: false };
  }
}

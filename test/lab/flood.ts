import { Answer } from '../../src/simulators/http/answer.js';
import { putAt, RECORD_PATHS, rewriteRecords } from '../../src/simulators/http/spoil.js';
import { SimulatedPlatform } from '../../src/simulators/life.js';

/** So many bytes of it are one large element: in 500 MB each is 125 kB. */
const LARGE_ELEMENTS = 4_000;
/** Distinct ones of each kind; the flood repeats them. */
const STRANGERS = 60;
const LARGE_STRANGERS = 20;
const FOREIGNERS = 50;

export interface Flood {
  /** Lets it see a list, whose first record it imitates; the list stays as it is. */
  learn: (answer: Answer) => Answer;
  /** JSON text. */
  element: (number: number) => string;
}

/**
 * Elements for a list that does not end: jobs that nobody has, small and large ones, and records of something else, in turn.
 * `onStranger` is told the ids of such jobs.
 */
export function floodOf(platform: SimulatedPlatform, bytes: number, onStranger: (id: string) => void): Flood {
  const padding = 'x'.repeat(Math.ceil(bytes / LARGE_ELEMENTS));
  let model: unknown;
  const texts = new Map<string, string>();
  const stranger = (id: string, more: object): string => {
    const text =
      texts.get(id) ??
      JSON.stringify({ ...putAt(structuredClone(model), RECORD_PATHS[platform].id, id), ...more });
    if (!texts.has(id)) onStranger(id);
    texts.set(id, text);
    return text;
  };
  const foreign = (number: number): string =>
    JSON.stringify({ invoice: number % FOREIGNERS, total: '12.50', lines: [null, {}] });
  return {
    learn: (answer) =>
      rewriteRecords(answer, (records) => {
        model = records[0];
        return records;
      }),
    element(number) {
      if (model === undefined || number % 3 === 1) return foreign(number);
      if (number % 3 === 0) return stranger(`flood-${number % STRANGERS}`, {});
      return stranger(`flood-large-${number % LARGE_STRANGERS}`, { padding });
    },
  };
}

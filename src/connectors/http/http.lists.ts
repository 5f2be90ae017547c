import { Instant } from '../../domain/job.js';
import { UnreadableTimeError } from '../../domain/timestamps.js';
import { REDACTED } from '../shared/record-reader.js';
import { Expression } from './expression.js';
import { ConditionalList } from './http.conditional.js';
import { evaluateRecord, RecordSelection } from './http.records.js';
import { overlaid, RequestTemplate } from './http.request.js';
import { ManifestTime, SinceFormat } from './http.times.js';
import { ListInput } from './manifest.schema.js';
import { PlaceholderValues } from './template.js';

/** One list of a source, with the values that its `each` has here. */
export interface SourceList {
  /** Unique within the source: bookmarks and places go by it. */
  name: string;
  pagination: ListInput['pagination'];
  empty: readonly number[];
  /** What `each` and the source's options fill in. */
  values: PlaceholderValues;
  whole: RequestTemplate;
  /** What is asked for in an incremental read in place of the whole; null where that is read. */
  filtered: { request: RequestTemplate; format: SinceFormat } | null;
  /** The list is sorted newest first by its time. */
  newestFirst: boolean;
  selection: RecordSelection;
  conditional: ConditionalList | null;
  /** The time of a record that incremental reads go by; null when it has none that is readable, or the list has none. */
  timeOf: (record: unknown) => Instant | null;
}

/** The lists that make up a source's collection, in the manifest's order. */
export function sourceLists(
  lists: readonly ListInput[],
  values: PlaceholderValues,
  options: Readonly<Record<string, string | readonly string[]>>,
  times: ManifestTime,
): SourceList[] {
  return lists.flatMap((list) => {
    const rows = combinations(list.each ?? {}, options);
    return rows.map((row) => {
      const own = { ...values, ...Object.fromEntries(row.map(([name, value]) => [`each.${name}`, value])) };
      const name = [list.name, ...row.map(([, value]) => value)].join('/');
      return sourceList(list, name, own, times);
    });
  });
}

function sourceList(
  list: ListInput,
  name: string,
  values: PlaceholderValues,
  times: ManifestTime,
): SourceList {
  const { incremental } = list;
  const time = incremental === undefined ? null : new Expression(incremental.time);
  return {
    name,
    pagination: list.pagination,
    empty: list.empty,
    values,
    whole: new RequestTemplate(list.request),
    filtered:
      incremental?.by === 'filter'
        ? {
            request: new RequestTemplate(overlaid(list.request, incremental.request)),
            format: incremental.format,
          }
        : null,
    newestFirst: incremental?.by === 'newest',
    selection: new RecordSelection(list),
    conditional: list.conditional === undefined ? null : new ConditionalList(list.conditional),
    timeOf: (record) => (time === null ? null : readTime(time, record, times, values)),
  };
}

function readTime(
  time: Expression,
  record: unknown,
  format: ManifestTime,
  values: PlaceholderValues,
): Instant | null {
  const value = evaluateRecord(time, record);
  if (value === REDACTED) return null;
  try {
    return format.read(value, values);
  } catch (error) {
    if (error instanceof UnreadableTimeError) return null;
    throw error;
  }
}

type Row = (readonly [string, string])[];

/** Every combination of the values of `each`. */
function combinations(
  each: NonNullable<ListInput['each']>,
  options: Readonly<Record<string, string | readonly string[]>>,
): Row[] {
  return Object.entries(each).reduce<Row[]>(
    (rows, [name, given]) => {
      const values = Array.isArray(given) ? given : [options[given.option] ?? []].flat();
      return rows.flatMap((row) => values.map((value): Row => [...row, [name, value]]));
    },
    [[]],
  );
}

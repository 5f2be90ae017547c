import { ArgumentMetadata, Injectable, PipeTransform, Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { closest } from 'fastest-levenshtein';
import { OpenedCursor, PageCursors } from '../../storage/page-cursor.js';
import { ParameterOptions, parametersOf } from './parameter.js';
import { RequestFault, invalidRequest } from './problem.js';
import { BROKEN, ParsedQuery } from './query-string.js';

/** A list's parameters: what is common to those that have pages. */
interface PagedParameters {
  cursor?: string | undefined;
  /** What the cursor said, once its signature was found to be ours. */
  opened?: OpenedCursor | undefined;
  /** Faults that lie between parameters, looked for among those that were read. */
  between?(): RequestFault[];
}

// a route without parameters has a class without rules, which class-validator takes for a mistake
const CHECKS = { skipMissingProperties: true, forbidUnknownValues: false };

/** Reads the query string into the class that the handler names, or refuses it with every fault at once. */
@Injectable()
export class ParameterPipe implements PipeTransform {
  constructor(private readonly cursors: PageCursors) {}

  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    const known = type === 'query' ? parametersOf(metatype) : undefined;
    if (!known) return value;
    const { parameters, faults } = readParameters<PagedParameters>(metatype!, known, value as ParsedQuery);
    if (parameters.cursor !== undefined) {
      const opened = await this.cursors.open(parameters.cursor);
      if (opened === null)
        faults.push({ parameter: 'cursor', detail: 'is not a cursor that was given out here' });
      else parameters.opened = opened;
    }
    faults.push(...(parameters.between?.() ?? []));
    if (faults.length > 0) throw invalidRequest(faults);
    return parameters;
  }
}

/** Reads a query into a class of parameters, as far as it can be read; faults between parameters are not looked for. */
export function readParameters<Parameters extends object>(
  metatype: Type<Parameters>,
  known: ReadonlyMap<string, ParameterOptions>,
  query: ParsedQuery,
): { parameters: Parameters; faults: RequestFault[] } {
  const surface = surfaceFaults(query, known);
  const names = new Set(surface.map(({ parameter }) => parameter));
  const faults: RequestFault[] = [...surface];
  const plain = Object.fromEntries(
    Object.entries(query).filter(([name]) => known.has(name) && !names.has(name)),
  );
  const parameters = plainToInstance(metatype, plain);
  if (Object.keys(plain).length === 0) return { parameters, faults };
  for (const { property, constraints } of validateSync(parameters, CHECKS)) {
    const details = Object.values(constraints ?? {});
    faults.push(...details.map((detail) => ({ parameter: property, detail })));
    delete parameters[property as keyof Parameters];
  }
  return { parameters, faults };
}

/** What can be said of a query string without reading any value. */
function surfaceFaults(
  query: ParsedQuery,
  known: ReadonlyMap<string, ParameterOptions>,
): Extract<RequestFault, { parameter: string }>[] {
  const faults = query[BROKEN].map((piece) => ({
    parameter: shorten(piece.split('=')[0]!),
    detail: 'has broken percent-encoding',
  }));
  for (const [name, values] of Object.entries(query)) {
    const options = known.get(name);
    if (!options) faults.push({ parameter: shorten(name), detail: unknownDetail(name, [...known.keys()]) });
    else if (!options.repeatable && values.length > 1)
      faults.push({ parameter: name, detail: `takes one value, and is given ${values.length} times` });
    else if (values.some((value) => value === '')) faults.push({ parameter: name, detail: 'is empty' });
    else if (values.some((value) => value.includes('\0')))
      faults.push({ parameter: name, detail: 'contains a NUL character, which no value of ours does' });
  }
  return faults;
}

function unknownDetail(name: string, known: string[]): string {
  if (known.length === 0) return 'is unknown: this takes no parameters';
  return `is unknown; did you mean ${closest(name.slice(0, 64), known)}?`;
}

function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}

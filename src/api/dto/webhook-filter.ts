import { FilterReader } from '../../config/webhook-endpoint.schema.js';
import { WebhookFilter } from '../../domain/webhook.js';
import { JobFilter } from '../../storage/job.filter.js';
import { parametersOf } from '../http/parameter.js';
import { readParameters } from '../http/parameter.pipe.js';
import { RequestFault } from '../http/problem.js';
import { BROKEN, ParsedQuery, parseQueryString } from '../http/query-string.js';
import { EventFilterParameters } from './event-filter.parameters.js';
import { separated } from './parsers.js';

type FilterFault = ReturnType<FilterReader>['faults'][number];

/** Reads a filter that is an object of list parameters, or a query string, by the very rules of the list of jobs. */
export const readWebhookFilter: FilterReader = (value) => {
  if (typeof value === 'string') {
    const { query, parameters, faults } = read(parseQueryString(value));
    return outcome(query, parameters, faults.map(inText));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = 'is neither an object of list parameters nor a query string such as state=failed';
    return { filter: null, sources: [], faults: [{ path: [], at: 'value', message }] };
  }
  const { texts, faults: shape } = textsOf(value);
  const { query, parameters, faults } = read(texts);
  return outcome(query, parameters, [...shape, ...faults.map(inObject)]);
};

/**
 * The question that a stored filter asks.
 *
 * @throws Error when it is no filter any more: a later version may know other parameters
 */
export function parseWebhookFilter(filter: WebhookFilter): JobFilter {
  const { parameters, faults } = read({ __proto__: null, ...filter, [BROKEN]: [] } as unknown as ParsedQuery);
  if (faults.length > 0) throw new Error(`the filter cannot be read: ${faults.map(inWords).join('; ')}`);
  return parameters.jobFilter();
}

function read(query: ParsedQuery) {
  const known = parametersOf(EventFilterParameters)!;
  const { parameters, faults } = readParameters(EventFilterParameters, known, query);
  return { query, parameters, faults: [...faults, ...parameters.between()] };
}

function outcome(
  query: ParsedQuery,
  parameters: EventFilterParameters,
  faults: FilterFault[],
): ReturnType<FilterReader> {
  const filter = faults.length > 0 ? null : Object.fromEntries(Object.entries(query).map(eachValue));
  return { filter, sources: parameters.source ?? [], faults };
}

/** `failed,missed` is shown as the two values that it is. */
function eachValue([name, values]: [string, string[]]): [string, string[]] {
  return [name, parametersOf(EventFilterParameters)!.get(name)!.separable ? separated(values) : values];
}

/** Members as a query string would have them. */
function textsOf(value: object): { texts: ParsedQuery; faults: FilterFault[] } {
  const texts = Object.create(null) as ParsedQuery;
  texts[BROKEN] = [];
  const faults: FilterFault[] = [];
  const fault = (name: string, message: string) => faults.push({ path: [name], at: 'value', message });
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    const items = Array.isArray(member) ? (member as unknown[]) : [member];
    if (items.length === 0) fault(name, 'is an empty list');
    else if (!items.every(isScalar))
      fault(name, 'is neither text, a number, true or false, nor a list of them');
    else if (!items.every((item) => String(item).isWellFormed())) fault(name, 'is not well-formed text');
    else texts[name] = items.map(String);
  }
  return { texts, faults };
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function inObject(fault: RequestFault): FilterFault {
  const path = 'parameter' in fault ? [fault.parameter] : [];
  const isUnknown = path.some((name) => !parametersOf(EventFilterParameters)!.has(name));
  return { path, at: isUnknown ? 'key' : 'value', message: fault.detail };
}

function inText(fault: RequestFault): FilterFault {
  return { path: [], at: 'value', message: inWords(fault) };
}

function inWords(fault: RequestFault): string {
  return 'parameter' in fault ? `${fault.parameter} ${fault.detail}` : fault.detail;
}

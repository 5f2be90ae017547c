import { FastifyReply, FastifyRequest } from 'fastify';
import { Json } from '../../domain/job.js';
import { TaggedJson } from '../../storage/job.fields.js';
import {
  OpenedCursor,
  Page,
  PageCursors,
  Position,
  bindingOf,
  startOfList,
} from '../../storage/page-cursor.js';
import { sendTagged } from './conditional.js';
import { PageParameters } from '../dto/page.parameters.js';
import { Problem } from './problem.js';

/** A page's own members, beside its rows. */
export interface PageMembers {
  limit: number;
  next: string | null;
  prev: string | null;
  total: number | null;
  totalKind: string;
  feed?: string;
}

/** A page as it is sent, and what its `Link` header needs. */
export interface PagedAnswer {
  answer: TaggedJson;
  page: PageMembers;
}

/** What a list was asked for: the name of the list, its question, and the sources that exist for the caller. */
export function questionOf(list: string, question: Json, sources: readonly string[] | null): string {
  return bindingOf([list, question, sources && [...sources].sort()]);
}

/**
 * Where the page begins: where the cursor says, or at the start of the list.
 *
 * @throws Problem `cursor-mismatch` when the cursor was given out for another question
 */
export function positionOf(opened: OpenedCursor | undefined, binding: string, now: number): Position {
  if (!opened) return startOfList(now);
  if (opened.binding === binding) return opened.position;
  const detail =
    'The cursor was given out for another filter, sort or set of sources. Begin without a cursor; limit, fields and count may change.';
  throw new Problem('cursor-mismatch', detail, {
    errors: [{ parameter: 'cursor', detail: 'belongs to another question' }],
  });
}

/** Seals the neighbours of a page. */
export async function membersOf(
  { previous, next }: Page<unknown>,
  binding: string,
  limit: number,
  cursors: PageCursors,
): Promise<PageMembers> {
  const seal = (position: Position | null) => (position ? cursors.seal(position, binding) : null);
  return { limit, next: await seal(next), prev: await seal(previous), total: null, totalKind: 'none' };
}

/**
 * A page of a list that has nothing to say beside its rows.
 *
 * @throws Problem `cursor-mismatch` when the cursor was given out for another question
 */
export async function answerPage<Row>(
  { binding, now, cursors }: { binding: string; now: number; cursors: PageCursors },
  { limit, opened }: PageParameters,
  read: (position: Position) => Promise<Page<Row>>,
  write: (row: Row) => TaggedJson,
): Promise<PagedAnswer> {
  const found = await read(positionOf(opened, binding, now));
  const page = await membersOf(found, binding, limit, cursors);
  return { answer: writePage(found.rows.map(write), page), page };
}

/**
 * `Link` (RFC 8288): relative targets, so that they hold behind any proxy and prefix.
 *
 * @param parameter that takes the cursor
 */
export function linkPages(
  request: FastifyRequest,
  reply: FastifyReply,
  { next, prev }: PageMembers,
  parameter = 'cursor',
): void {
  // only the first ? ends the path
  const [path, ...rest] = request.raw.url!.split('?') as [string, ...string[]];
  const resource = path.slice(path.lastIndexOf('/') + 1);
  const kept = rest
    .join('?')
    .split('&')
    .filter((piece) => piece !== '' && ![parameter, 'offset'].includes(nameOf(piece)))
    // of the header's own grammar
    .map((piece) => piece.replace(/[<>"]/g, encodeURIComponent));
  const link = (relation: string, cursor: string | null) => {
    const pieces = cursor === null ? kept : [...kept, `${parameter}=${cursor}`];
    return `<${pieces.length ? `${resource}?${pieces.join('&')}` : resource}>; rel="${relation}"`;
  };
  const links = [
    link('first', null),
    ...(next === null ? [] : [link('next', next)]),
    ...(prev === null ? [] : [link('prev', prev)]),
  ];
  // the next page before the others
  const [first, ...others] = links;
  const fits = [...others, first!].filter(budget(MAX_LINK));
  void reply.header('link', links.filter((one) => fits.includes(one)).join(', '));
}

/** The name in one piece of a query string, which may be written percent-encoded. */
function nameOf(piece: string): string {
  const [name = ''] = new URLSearchParams(piece).keys();
  return name;
}

/** The longest `Link`, characters: clients take no more than 16 KiB of headers, and a question may be repeated three times in it. */
const MAX_LINK = 12 * 1_024;

/** @returns what takes texts as long as they fit, the first one in any case */
function budget(most: number): (text: string) => boolean {
  let left = most;
  return ({ length }) => {
    if (left < most && length > left) return false;
    left -= length;
    return true;
  };
}

/** Sends a page with its links and its ETag, or 304; see {@link sendTagged}. */
export function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  { answer, page }: PagedAnswer,
  vary?: string,
): string | undefined {
  linkPages(request, reply, page);
  return sendTagged(request, reply, answer, vary);
}

/** `{"data": […], "page": {…}, …}` from rows that are JSON text already. Cursors carry a clock, so an ETag counts only their being there. */
export function writePage(
  rows: readonly TaggedJson[],
  page: PageMembers,
  rest: Record<string, TaggedJson> = {},
): TaggedJson {
  const others = Object.entries(rest);
  const json = others.map(([name, value]) => `,"${name}":${value.json}`).join('');
  const { total, totalKind, next, prev } = page;
  return {
    json: `{"data":[${rows.map((row) => row.json).join(',')}],"page":${JSON.stringify(page)}${json}}`,
    stable: [
      ...rows.map((row) => row.stable),
      JSON.stringify([total, totalKind, next !== null, prev !== null]),
      ...others.map(([, value]) => value.stable),
    ].join('\n'),
  };
}

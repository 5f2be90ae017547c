import { ContractError } from '../../domain/errors.js';
import { countOf } from '../shared/pagination.js';
import { evaluateAnswer } from './http.records.js';
import { Expression } from './expression.js';
import { isTrue } from './http.errors.js';
import { PlatformAnswer } from './http.platform.js';
import { PaginationInput } from './manifest.schema.js';

/** The most of a cursor or of a next page's address, characters. */
const MAX_CURSOR = 4_096;

/** Where the next page is: a number, a cursor, or an absolute address. */
export type Place = { page: number } | { cursor: string } | { url: string };

/** What an answer says of the list beyond its records. */
export class PageReader {
  private readonly totalAt: Expression | null;
  private readonly moreAt: Expression | null;
  private readonly nextAt: Expression | null;
  private readonly pagesAt: Expression | null;

  constructor(
    private readonly pagination: PaginationInput,
    private readonly baseUrl: string,
  ) {
    this.totalAt = at(pagination.total);
    this.moreAt = at('more' in pagination ? pagination.more : undefined);
    this.nextAt = at('next' in pagination ? pagination.next : undefined);
    this.pagesAt = at('pages' in pagination ? pagination.pages : undefined);
  }

  /** The total that the platform claims; null where it gives none. */
  total(answer: PlatformAnswer): number | null {
    return count(this.totalAt, answer);
  }

  /** Whether the platform says that more follows; null where it does not say. */
  hasNext(answer: PlatformAnswer): boolean | null {
    if (this.moreAt === null) return null;
    const value = evaluateAnswer(this.moreAt, answer);
    return value === null || value === undefined ? null : isTrue(value);
  }

  /**
   * Where the page after this one is; null at the end.
   * @param received how many records this page had
   * @throws ContractError for a place that is none of this source's
   */
  next(answer: PlatformAnswer, at: Place | null, received: number, limit: number): Place | null {
    const { pagination } = this;
    if (this.hasNext(answer) === false) return null;
    if (pagination.type === 'page') {
      const page = at !== null && 'page' in at ? at.page : pagination.first;
      const pages = count(this.pagesAt, answer);
      const ended = received === 0 || (pages !== null && page - pagination.first + 1 >= pages);
      const isShort = pagination.ends.includes('short-page') && received < limit;
      return ended || isShort ? null : { page: page + 1 };
    }
    if (pagination.type === 'cursor') return this.cursor(answer);
    if (pagination.type === 'next') return this.address(evaluateAnswer(this.nextAt!, answer), at);
    if (pagination.type === 'link') return this.address(linkOf(answer.headers['link'] ?? ''), at);
    return null;
  }

  private cursor(answer: PlatformAnswer): Place | null {
    const value = evaluateAnswer(this.nextAt!, answer);
    if (value === null || value === undefined || value === '' || value === false) return null;
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new ContractError(
        `the next cursor at ${this.nextAt!.source} is neither text nor a number`,
        'schema',
      );
    const cursor = String(value);
    if (cursor.length > MAX_CURSOR) throw new ContractError('the next cursor is too long', 'schema');
    return { cursor };
  }

  /** Only on the source's own host and below its base URL: the credential goes along. */
  private address(value: unknown, at: Place | null): Place | null {
    if (value === null || value === undefined || value === '' || value === false) return null;
    const from = at !== null && 'url' in at ? at.url : `${this.baseUrl}/`;
    if (typeof value !== 'string' || value.length > MAX_CURSOR || !URL.canParse(value, from))
      throw new ContractError("the next page's address cannot be read", 'schema');
    const url = new URL(value, from);
    const base = new URL(this.baseUrl);
    const below = `${base.pathname.replace(/\/+$/, '')}/`;
    if (url.origin !== base.origin || url.username !== '' || url.password !== '')
      throw new ContractError("the next page's address is on another host than the source", 'schema');
    if (!url.pathname.startsWith(below) || /%2f|%5c|\\/i.test(url.pathname))
      throw new ContractError("the next page's address is not below the source's baseUrl", 'schema');
    url.hash = '';
    return { url: url.href };
  }
}

function at(source: string | undefined): Expression | null {
  return source === undefined ? null : new Expression(source);
}

function count(expression: Expression | null, answer: PlatformAnswer): number | null {
  return expression === null ? null : countOf(evaluateAnswer(expression, answer));
}

/** The target of `rel="next"` in a Link header (RFC 8288); null when there is none. Read in one pass, whatever it holds. */
function linkOf(header: string): string | null {
  for (const part of header.slice(0, 16_384).split(/,(?=\s*<)/)) {
    const end = part.indexOf('>');
    const start = part.indexOf('<');
    if (start < 0 || end < start) continue;
    const isNext = part
      .slice(end + 1)
      .split(';')
      .some((parameter) => /^\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next)\s*$/i.test(parameter));
    if (isNext) return part.slice(start + 1, end).trim();
  }
  return null;
}

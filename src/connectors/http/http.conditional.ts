import { ContractError } from '../../domain/errors.js';
import { parseDuration } from '../../domain/duration.js';
import { Instant } from '../../domain/job.js';
import { HttpRequest } from '../shared/http-client.js';
import { parsed, PlatformAnswer } from './http.platform.js';
import { sinceText } from './http.times.js';
import { ListInput } from './manifest.schema.js';

/** The most of an answer that is kept to be read again, characters; a longer one is asked for each time. */
const MAX_KEPT = 4 * 1024 * 1024;

interface Kept {
  text: string;
  /** What asks whether it is still so. */
  condition: Pick<HttpRequest, 'headers' | 'query'>;
  /** Ours, when it was last read unconditionally. */
  readAt: Instant;
}

/**
 * Asks for a list only as far as it is not known yet. A 304 says that the list is what it was: it is read again from memory, and proves
 * what a list that came anew would prove. Kept in memory only.
 */
export class ConditionalList {
  private kept: Kept | null = null;

  constructor(
    private readonly condition: NonNullable<ListInput['conditional']>,
    private readonly clock: () => Instant = Date.now,
  ) {}

  /**
   * @param ask sends the request with what is laid over it
   * @throws ContractError for a 304 that nobody asked for
   */
  async read(ask: (over: Kept['condition']) => Promise<PlatformAnswer>): Promise<PlatformAnswer> {
    const kept = this.kept !== null && this.isGood(this.kept) ? this.kept : null;
    this.kept = null;
    const answer = await ask(kept?.condition ?? {});
    if (answer.status !== 304) {
      this.keep(answer.text, answer, this.clock());
      return answer;
    }
    if (kept === null)
      throw new ContractError('the platform answered 304 to a request without a condition', 'schema');
    this.keep(kept.text, answer, kept.readAt, kept.condition);
    return { ...answer, status: 200, text: kept.text, ...parsed(kept.text) };
  }

  private isGood({ readAt }: Kept): boolean {
    const { condition } = this;
    return condition.by === 'etag' || this.clock() - readAt < (parseDuration(condition.recheck) ?? 0);
  }

  private keep(text: string, answer: PlatformAnswer, readAt: Instant, before?: Kept['condition']): void {
    const condition = this.conditionAfter(answer) ?? before ?? null;
    this.kept =
      condition === null || text.length > MAX_KEPT || (answer.body === undefined && before === undefined)
        ? null
        : { text, condition, readAt };
  }

  private conditionAfter({ headers, date, requestedAt }: PlatformAnswer): Kept['condition'] | null {
    const { condition } = this;
    if (condition.by === 'etag') {
      const { etag, 'last-modified': modified } = headers as { etag?: string; 'last-modified'?: string };
      if (etag !== undefined) return { headers: { 'if-none-match': etag } };
      return modified === undefined ? null : { headers: { 'if-modified-since': modified } };
    }
    const at = date ?? (condition.clock === 'ours' ? requestedAt : null);
    if (at === null) return null;
    const since = at - (parseDuration(condition.margin) ?? 0);
    return { query: { [condition.parameter]: sinceText(since, condition.format) } };
  }
}

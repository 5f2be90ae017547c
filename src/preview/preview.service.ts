import { Injectable } from '@nestjs/common';
import { SourceError } from '../domain/errors.js';
import { NotPossibleNowError } from '../polling/refresh.service.js';
import { SourceRuntimes } from '../polling/source-runtimes.js';
import { CredentialFacts, visit } from '../polling/visit.js';
import { ExchangeLog, secretsIn } from './exchange-log.js';
import { PreviewWarning, previewWarnings } from './preview-warnings.js';
import { Preview, readPreview } from './source-preview.js';

export interface SourcePreview extends Preview {
  warnings: readonly PreviewWarning[];
}

/**
 * Shows what one page of a configured source would become, on behalf of somebody who waits. Through the same login, HTTP client and
 * request budget as polls; nothing of what is read is stored.
 */
@Injectable()
export class PreviewService {
  constructor(private readonly runtimes: SourceRuntimes) {}

  /**
   * What the platform refuses is in `error`, with the requests that were made until then.
   *
   * @throws NotPossibleNowError when this process does not know the source
   */
  async preview(key: string, facts: CredentialFacts): Promise<SourcePreview> {
    const runtime = this.runtimes.get(key);
    if (runtime === undefined)
      throw new NotPossibleNowError(`The source ${key} is not configured in this process.`);
    const { source, connector, upstream } = runtime;
    const log = new ExchangeLog(secretsIn(source.auth));
    const readAt = facts.now;
    let read: Pick<Preview, 'pages' | 'result' | 'error'> = { pages: [], result: null, error: null };
    const work = async (signal: AbortSignal): Promise<void> => {
      const how = { readAt, signal, reach: 'one' as const };
      read = await readPreview({ source, connector, session: upstream.session }, how);
      // Whoever visits next has to know of a refused credential.
      if (read.error !== null) throw read.error;
    };
    try {
      await visit(runtime, facts, work, log.note);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      read = { ...read, error };
    }
    const preview = { ...read, exchanges: log.exchanges, readAt };
    return { ...preview, warnings: previewWarnings(preview, source.manifest ?? null, source.poll) };
  }
}

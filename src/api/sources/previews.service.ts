import { Injectable } from '@nestjs/common';
import { formatInstant } from '../../domain/timestamps.js';
import { PreviewService } from '../../preview/preview.service.js';
import { previewJson, requestJson } from '../../preview/preview-json.js';
import { CredentialFacts } from '../../polling/refresh.service.js';
import { fromPg } from '../../storage/pg-time.js';
import { SourceRow } from '../../storage/source.query.js';
import { Principal } from '../access/principal.js';
import { asked, upstreamProblem } from '../http/upstream-problem.js';
import { assertPolled, SourcesService } from './sources.service.js';

/** Waits for a platform: one page of a source, read now, and what would become of it. */
@Injectable()
export class PreviewsService {
  constructor(
    private readonly sources: SourcesService,
    private readonly previews: PreviewService,
  ) {}

  /**
   * @returns the preview as JSON text
   * @throws Problem `not-found`; `conflict` when nobody polls the source, or this process does not know it; `too-soon`,
   *   `upstream-failed` or `upstream-timeout` with the requests that were made
   */
  async preview(key: string, caller: Principal): Promise<string> {
    const source = await this.sources.find(key, caller.sources);
    assertPolled(source);
    const preview = await asked(() => this.previews.preview(key, credentialFacts(source)));
    const { error, exchanges, readAt, warnings } = preview;
    if (error !== null) throw upstreamProblem(error, '', exchanges.map(requestJson));
    return JSON.stringify({
      source: key,
      platform: source.platform,
      readAt: formatInstant(readAt),
      ...previewJson(preview, warnings),
    });
  }
}

function credentialFacts({ health, reason, lastPollAt, lastSuccessAt, now }: SourceRow): CredentialFacts {
  const isRefused = health === 'failing' && reason === 'authentication' && lastPollAt !== null;
  return {
    credentialRefusedAt: isRefused ? fromPg(lastPollAt) : null,
    sourceSucceededAt: lastSuccessAt === null ? null : fromPg(lastSuccessAt),
    now,
  };
}

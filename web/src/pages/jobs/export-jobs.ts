import { writeQuery } from '../../../../client/src/query';
import type { JobsQuery } from '../../../../client/src/index';
import { API_URL, ProblemError } from '../../api/client';

export const FORMATS = {
  csv: { mediaType: 'text/csv', name: 'CSV', ending: 'csv' },
  ndjson: { mediaType: 'application/x-ndjson', name: 'NDJSON', ending: 'ndjson' },
} as const;

export type Format = keyof typeof FORMATS;

/** The most jobs that the service gives in one export; a link to the next part follows. */
export const MOST_EXPORTED = 100_000;

export interface Exported {
  file: Blob;
  /** Where the next part begins; null when this was the last. */
  next: string | null;
}

/**
 * Reads an export to its end. The file is kept by the browser, not by the page: it may be larger than the page's memory.
 *
 * @param query with its `cursor` for a later part
 * @param onProgress called with the bytes that have arrived
 * @throws ProblemError for what the service refuses
 */
export async function exportJobs(
  format: Format,
  query: JobsQuery,
  token: string | null,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Exported> {
  const { mediaType } = FORMATS[format];
  const response = await fetch(`${API_URL}/api/v1/jobs?${writeQuery(query)}`, {
    headers: { accept: mediaType, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    signal,
  });
  if (!response.ok) throw await ProblemError.of(response);
  let bytes = 0;
  const counted = response.body!.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        onProgress(bytes);
        controller.enqueue(chunk);
      },
    }),
  );
  const file = await new Response(counted, { headers: { 'content-type': mediaType } }).blob();
  return { file, next: nextCursor(response.headers.get('link')) };
}

/** The cursor of the `next` link (RFC 8288); null where there is none. */
export function nextCursor(link: string | null): string | null {
  const target = /<([^>]*)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return target === undefined ? null : new URLSearchParams(target.split('?')[1]).get('cursor');
}

/** Gives a file to whoever sits before the browser. */
export function offerFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // the browser has taken hold of the file by the next turn
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

interface Remembered {
  etag: string;
  headers: Headers;
  body: string;
}

type Fetch = (request: Request) => Promise<Response>;

/**
 * A `fetch` that asks whether what it answered before is still true (ETag), and then answers it again: a poll of an unchanged list costs
 * the service one cheap check.
 *
 * @param most answers that are kept; the one that was used longest ago is forgotten first
 */
export function rememberAnswers(fetch: Fetch, most: number): Fetch {
  const answers = new Map<string, Remembered>();
  return async (request) => {
    const isOwn = request.method !== 'GET' || request.headers.has('if-none-match');
    if (isOwn || request.cache === 'no-store' || /ndjson|csv/.test(request.headers.get('accept') ?? ''))
      return fetch(request);
    const known = answers.get(request.url);
    if (known) request.headers.set('if-none-match', known.etag);
    const response = await fetch(request);
    if (response.status === 304 && known) {
      answers.delete(request.url);
      answers.set(request.url, known);
      return new Response(known.body, { headers: known.headers });
    }
    const etag = response.headers.get('etag');
    if (!response.ok || etag === null) return response;
    const body = await response.text();
    const headers = new Headers(response.headers);
    // of the transport, and undone by now
    headers.delete('content-encoding');
    headers.delete('content-length');
    answers.delete(request.url);
    answers.set(request.url, { etag, headers, body });
    if (answers.size > most) answers.delete(answers.keys().next().value!);
    return new Response(body, { status: response.status, headers });
  };
}

import { QueryCache, QueryClient, MutationCache } from '@tanstack/react-query';
import { createClient, ProblemError, type RollcallClient } from '../../../client/src/index';
import { CONFIG } from '../config';
import { useStore } from '../store';
import { readServerTime } from './clock';
import { refuse, session } from './session';

export { ProblemError };

/** Answers that are kept to ask by ETag whether they are still true: those of a few pages of the dashboard. */
const REMEMBERED = 60;

/** Where the API is; openapi-fetch wants it absolute. */
export const API_URL = new URL(CONFIG.basePath || '/', window.location.origin).href.replace(/\/$/, '');

let current: { token: string | null; client: RollcallClient } | null = null;

/** The client of whoever is signed in. */
export function clientOf(token: string | null): RollcallClient {
  if (current?.token !== token) current = { token, client: connect(token) };
  return current.client;
}

/** The client of whoever is signed in, for components. */
export function useClient(): RollcallClient {
  return clientOf(useStore(session).token);
}

function connect(token: string | null): RollcallClient {
  return createClient({
    baseUrl: API_URL,
    remember: REMEMBERED,
    ...(token === null ? {} : { token }),
    async fetch(request) {
      const response = await fetch(request);
      readServerTime(response.headers.get('date'));
      if (response.status === 401) refuse(token);
      return response;
    },
  });
}

/** What is refused stays refused; what failed on the way is asked again, with patience. */
function shouldRetry(failures: number, error: Error): boolean {
  const isFinal = error instanceof ProblemError && error.status < 500 && error.status !== 429;
  return !isFinal && failures < 2;
}

export const queries = new QueryClient({
  queryCache: new QueryCache(),
  mutationCache: new MutationCache(),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: shouldRetry,
      retryDelay: (failures, error) =>
        (error instanceof ProblemError ? error.retryAfterMs : null) ??
        Math.min(1_000 * 2 ** failures, 15_000),
    },
  },
});

// what one token has shown is not for the next
session.subscribe(() => queries.clear());

/** The first page of a list, and no other. */
export async function firstPage<Page>(list: { pages(): AsyncIterableIterator<Page> }): Promise<Page> {
  const { value } = await list.pages().next();
  return value as Page;
}

import { createParser } from 'eventsource-parser';
import type { components, operations } from '../../../client/src/index';
import { writeQuery } from '../../../client/src/query';
import { API_URL, ProblemError } from './client';
import { refuse } from './session';

export type FeedEvent = components['schemas']['Event'];
export type EventsQuery = NonNullable<operations['streamEvents']['parameters']['query']>;

/**
 * `live`: every change arrives. `connecting`: the first try, or one after a cut. `waiting`: the service did not answer; another try
 * follows. `refused`: the service will not, whoever asks again.
 */
export type StreamState = 'connecting' | 'live' | 'waiting' | 'refused';

export interface StreamHandlers {
  onEvent: (event: FeedEvent) => void;
  onState: (state: StreamState) => void;
  /** Events are missing: what is shown has to be asked for again. */
  onGap: () => void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** Nothing at all for so long (the service writes a comment every 15 s): the connection is dead without having been closed. */
const SILENCE_MS = 40_000;

/**
 * Follows the change feed until the signal ends it. A browser's EventSource cannot send a token, so this is a `fetch` whose body is read
 * as it comes; after a cut it goes on where it was.
 */
export async function followEvents(
  query: EventsQuery,
  token: string | null,
  handlers: StreamHandlers,
  signal: AbortSignal,
): Promise<void> {
  let lastId = query.after ?? null;
  let failures = 0;
  while (!signal.aborted) {
    handlers.onState('connecting');
    try {
      for await (const event of connect(query, token, lastId, signal, () => {
        failures = 0;
        handlers.onState('live');
      })) {
        lastId = event.id;
        handlers.onEvent(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ProblemError && error.status === 410) {
        lastId = null;
        handlers.onGap();
        continue;
      }
      if (error instanceof ProblemError && error.status < 500 && error.status !== 429) {
        if (error.status === 401) refuse(token);
        return handlers.onState('refused');
      }
    }
    if (signal.aborted) return;
    handlers.onState('waiting');
    await pause(waitMs(failures++), signal);
  }
}

async function* connect(
  query: EventsQuery,
  token: string | null,
  lastId: string | null,
  signal: AbortSignal,
  onOpen: () => void,
): AsyncGenerator<FeedEvent> {
  const { after: _, ...filter } = query;
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(`${API_URL}/api/v1/events/stream?${writeQuery(filter)}`, {
      headers: {
        accept: 'text/event-stream',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(lastId === null ? {} : { 'last-event-id': lastId }),
      },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok) throw await ProblemError.of(response);
    onOpen();
    const arrived: FeedEvent[] = [];
    const parser = createParser({ onEvent: ({ data }) => arrived.push(JSON.parse(data) as FeedEvent) });
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      parser.feed(text);
      yield* arrived.splice(0);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Twice as long each time, and at random within that, so that a thousand open pages do not return in one instant. */
function waitMs(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
}

/** Ends early when the browser is online again, or the signal says so. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener('online', end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    window.addEventListener('online', end);
    signal.addEventListener('abort', end);
  });
}

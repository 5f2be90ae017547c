import type { StreamState } from '../api/event-stream';

const WORDS: Record<StreamState, [string, string]> = {
  connecting: ['Connecting', 'Asking the service for its changes.'],
  live: ['Live', 'Every change arrives as it happens.'],
  waiting: [
    'Reconnecting',
    'The connection was cut. It goes on where it was as soon as the service answers.',
  ],
  refused: [
    'Every few seconds',
    'The token lacks the scope events:read: the page asks again from time to time instead.',
  ],
};

/** Whether what is shown follows what happens. */
export function LiveState({ state }: { state: StreamState }) {
  const [word, meaning] = WORDS[state];
  return (
    <span className={`live live-${state}`} title={meaning} role="status">
      <span className="live-dot" aria-hidden="true" />
      {word}
    </span>
  );
}

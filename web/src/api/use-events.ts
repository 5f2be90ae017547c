import { useEffect, useEffectEvent, useState } from 'react';
import { useStore } from '../store';
import { type EventsQuery, type FeedEvent, followEvents, type StreamState } from './event-stream';
import { session } from './session';

/**
 * Follows the change feed while the component is there and the page is visible: a hidden page holds no connection, and goes on
 * where it was when somebody looks again.
 *
 * @param query which events; null for none. Its `after` is where a new query begins
 * @param onEvent called for every event, in order
 * @param onGap called when events are missing
 */
export function useEvents(
  query: EventsQuery | null,
  onEvent: (event: FeedEvent) => void,
  onGap: () => void,
): StreamState {
  const { token } = useStore(session);
  const [state, setState] = useState<StreamState>('connecting');
  const handleEvent = useEffectEvent(onEvent);
  const handleGap = useEffectEvent(onGap);
  const asked = query === null ? null : JSON.stringify(query);

  useEffect(() => {
    if (asked === null) return;
    let control = new AbortController();
    let lastId: string | undefined;
    const follow = () => {
      const told = JSON.parse(asked) as EventsQuery;
      const after = lastId ?? told.after;
      void followEvents(
        after === undefined ? told : { ...told, after },
        token,
        {
          onEvent: (event) => {
            lastId = event.id;
            handleEvent(event);
          },
          onState: setState,
          onGap: () => {
            lastId = undefined;
            handleGap();
          },
        },
        control.signal,
      );
    };
    const onVisibility = () => {
      control.abort();
      if (document.visibilityState === 'hidden') return;
      control = new AbortController();
      // what happened meanwhile was never sent to a stream without a place to go on from
      if (lastId === undefined) handleGap();
      follow();
    };
    if (document.visibilityState === 'visible') follow();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      control.abort();
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [asked, token]);
  return state;
}

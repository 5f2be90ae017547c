import { useSyncExternalStore } from 'react';

/** A value outside of React that components can read and others can set. */
export interface Store<Value> {
  get(): Value;
  set(value: Value): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<Value>(initial: Value): Store<Value> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * A store that the browser keeps for this origin. What cannot be kept (storage is off or full) lasts as long as the page.
 *
 * @param read what is kept, as a value; throws or answers undefined when it is not one
 */
export function createKeptStore<Value>(
  key: string,
  initial: Value,
  read: (kept: unknown) => Value | undefined,
): Store<Value> {
  const store = createStore(readKept(key, read) ?? initial);
  window.addEventListener('storage', (event) => {
    if (event.key === key) store.set(readKept(key, read) ?? initial);
  });
  return {
    ...store,
    set(value) {
      store.set(value);
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // private windows and full disks: the choice holds until the page is closed
      }
    },
  };
}

function readKept<Value>(key: string, read: (kept: unknown) => Value | undefined): Value | undefined {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : read(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** For {@link createKeptStore}: one of these words. */
export function oneOf<const Word extends string>(...words: Word[]): (kept: unknown) => Word | undefined {
  return (kept) => words.find((word) => word === kept);
}

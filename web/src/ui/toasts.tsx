import { createStore, useStore } from '../store';

interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'error';
}

const SHOWN_MS = 5_000;

const toasts = createStore<readonly Toast[]>([]);
let lastId = 0;

/** Says in a corner what was done, or what went wrong with it; read aloud when there is a pause. */
export function announce(text: string, kind: Toast['kind'] = 'done'): void {
  const toast = { id: ++lastId, text, kind };
  toasts.set([...toasts.get().slice(-2), toast]);
  setTimeout(() => toasts.set(toasts.get().filter(({ id }) => id !== toast.id)), SHOWN_MS);
}

export function Toasts() {
  return (
    <div className="toasts" role="status" aria-live="polite">
      {useStore(toasts).map(({ id, text, kind }) => (
        <p key={id} className={`toast toast-${kind}`}>
          {text}
        </p>
      ))}
    </div>
  );
}

import type { ReactNode } from 'react';
import { Dialog } from './dialog';
import { Refusal } from './refusal';

interface ConfirmProps {
  title: string;
  /** On the button that does it: a verb. */
  verb: string;
  /** What will happen, and what cannot be undone. */
  children: ReactNode;
  isDangerous?: boolean;
  isPending: boolean;
  /** Why it was refused; the dialog stays, so that it can be read. */
  error: Error | null;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is done that others will notice. */
export function ConfirmDialog(props: ConfirmProps) {
  const { title, verb, children, isDangerous = false, isPending, error, onConfirm, onClose } = props;
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {error === null ? null : <Refusal error={error} />}
      <p className="actions">
        <button
          type="button"
          className={`button ${isDangerous ? 'button-danger' : 'button-main'}`}
          aria-disabled={isPending}
          onClick={() => {
            if (!isPending) onConfirm();
          }}
        >
          {isPending ? 'One moment…' : error === null ? verb : `${verb} once more`}
        </button>
        <button type="button" className="button" onClick={onClose}>
          Leave it
        </button>
      </p>
    </Dialog>
  );
}

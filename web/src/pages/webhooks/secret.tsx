import { Snippet } from '../../ui/snippet';

/** A signing secret, the one time that it is shown. */
export function Secret({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <div className="stack">
      <p>
        <strong>This is shown once.</strong> Whoever receives messages checks them with it, after Standard
        Webhooks; whoever has it can send messages in our name.
      </p>
      <Snippet text={secret} what="the secret" />
      <p className="actions">
        <button type="button" className="button button-main" onClick={onDone}>
          I have kept it
        </button>
      </p>
    </div>
  );
}

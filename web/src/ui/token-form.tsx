import { useId, useState } from 'react';
import { signIn } from '../api/session';
import { usePageTitle } from './page-title';

/** Asks for a token, and says what it is, where it comes from and where it stays. */
export function TokenForm({ isRefused }: { isRefused: boolean }) {
  usePageTitle('Token');
  const [text, setText] = useState('');
  const id = useId();
  const token = text.trim();
  return (
    <form
      className="panel token-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (token !== '') signIn(token);
      }}
    >
      <h1>Who is asking?</h1>
      {isRefused ? (
        <p className="notice notice-error" role="alert" id={`${id}-refused`}>
          The service does not know that token: it is mistyped, expired or revoked.
        </p>
      ) : (
        <p>This service answers those who have a token.</p>
      )}
      <label htmlFor={id}>Token</label>
      <input
        id={id}
        type="password"
        autoComplete="off"
        spellCheck={false}
        autoFocus
        value={text}
        aria-invalid={isRefused}
        aria-describedby={isRefused ? `${id}-refused` : undefined}
        onChange={({ target }) => setText(target.value)}
      />
      <button type="submit" className="button button-main" disabled={token === ''}>
        Open
      </button>
      <p className="quiet">
        It stays in this tab and is forgotten with it. <code>rollcall token create NAME</code> makes one that
        may read everything; what a token may not see is not shown.
      </p>
    </form>
  );
}

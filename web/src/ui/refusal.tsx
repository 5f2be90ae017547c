import { ProblemError } from '../api/client';
import { ErrorState } from './notices';

/** Why something was not done: the whole problem, and where a scope is missing, what gives it. */
export function Refusal({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const scope = missingScope(error);
  return (
    <>
      <ErrorState error={error} {...(onRetry ? { onRetry } : {})} />
      {scope === null ? null : (
        <p className="quiet">
          Reading and doing are separate rights. <code>rollcall token create NAME --scope {scope}</code>, with
          the scopes that it shall have besides, makes a token that may.
        </p>
      )}
    </>
  );
}

/** The scope that a 403 names; null where it is another matter. */
function missingScope(error: unknown): string | null {
  if (!(error instanceof ProblemError) || error.status !== 403) return null;
  return /\bscope ([a-z]+:[a-z]+)/.exec(error.message)?.[1] ?? null;
}

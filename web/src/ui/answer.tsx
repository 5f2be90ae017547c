import type { ReactNode } from 'react';
import { ErrorState, LoadingState } from './notices';

interface AnswerProps<Data> {
  /** What is known of a question. What an earlier answer said stays when a later one fails. */
  of: { data: Data | undefined; error: unknown; refetch: () => unknown };
  /** Completes "Loading …". */
  what: string;
  /** Room for what is on its way. */
  lines?: number;
  /** What is said when there is nothing; left out where that cannot be. */
  empty?: ReactNode;
  isEmpty?: (data: Data) => boolean;
  children: (data: Data) => ReactNode;
}

/** An answer of the service in whichever state it is: on its way, refused, empty, there. */
export function Answer<Data>({
  of: { data, error, refetch },
  what,
  lines,
  empty,
  isEmpty = isEmptyList,
  children,
}: AnswerProps<Data>) {
  const isRefused = error !== null && error !== undefined;
  return (
    <>
      {isRefused ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {data === undefined ? (
        isRefused ? null : (
          <LoadingState what={what} {...(lines === undefined ? {} : { lines })} />
        )
      ) : empty !== undefined && isEmpty(data) ? (
        empty
      ) : (
        children(data)
      )}
    </>
  );
}

function isEmptyList(data: unknown): boolean {
  return Array.isArray(data) && data.length === 0;
}

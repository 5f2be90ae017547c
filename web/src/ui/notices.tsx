import type { ReactNode } from 'react';
import { ProblemError } from '../api/client';
import { signOut } from '../api/session';
import { CONFIG } from '../config';
import { Icon } from './icons';

/** Room for what is on its way. Shown only when it takes long enough to be noticed. */
export function LoadingState({ what, lines = 3 }: { what: string; lines?: number }) {
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">Loading {what}…</span>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="skeleton" aria-hidden="true" />
      ))}
    </div>
  );
}

/** Nothing is there, and that is no fault: why, and what may help. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="notice">
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** A refusal or failure as the service explains it: title, detail, every fault. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, faults, requestId } = explain(error);
  return (
    <div className="notice notice-error" role="alert">
      <h3>
        <Icon name="warning" /> {title}
      </h3>
      <p>{detail}</p>
      {faults.length < 2 ? null : (
        <ul>
          {faults.map(({ where, what }) => (
            <li key={`${where} ${what}`}>
              <code>{where}</code> {what}
            </li>
          ))}
        </ul>
      )}
      {requestId === null ? null : (
        <p className="quiet">
          In the service’s log it is <code>{requestId}</code>.
        </p>
      )}
      <p className="actions">
        {onRetry ? (
          <button type="button" className="button" onClick={onRetry}>
            <Icon name="refresh" /> Try again
          </button>
        ) : null}
        {isForbidden(error) && CONFIG.auth === 'tokens' ? (
          <button type="button" className="button" onClick={signOut}>
            Use another token
          </button>
        ) : null}
      </p>
    </div>
  );
}

interface Explanation {
  title: string;
  detail: string;
  faults: { where: string; what: string }[];
  requestId: string | null;
}

/** What an error says to whoever reads it. */
export function explain(error: unknown): Explanation {
  if (error instanceof ProblemError) {
    const { problem, status } = error;
    return {
      title: problem?.title ?? `The service answered ${status}`,
      detail: problem?.detail ?? error.message,
      faults: (problem?.errors ?? []).map((fault) => ({
        where: 'parameter' in fault ? fault.parameter : fault.pointer,
        what: fault.detail,
      })),
      requestId: status >= 500 ? error.requestId : null,
    };
  }
  return {
    title: 'The service cannot be reached',
    detail: 'Nothing came back: it may be restarting, or the network is down. What is shown may be old.',
    faults: [],
    requestId: null,
  };
}

function isForbidden(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 403;
}

import { Component, type ReactNode } from 'react';
import { Icon } from './icons';

interface State {
  error: Error | null;
}

/** A page that breaks takes nothing else with it. A new version of the service has other files: loading again finds them. */
export class PageBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className="notice notice-error" role="alert">
        <h2>
          <Icon name="warning" /> This page broke
        </h2>
        <p>
          The service may have been updated since the page was opened. The browser’s console has the details.
        </p>
        <p>
          <code>{error.message}</code>
        </p>
        <p className="actions">
          <button type="button" className="button" onClick={() => window.location.reload()}>
            <Icon name="refresh" /> Load again
          </button>
        </p>
      </div>
    );
  }
}

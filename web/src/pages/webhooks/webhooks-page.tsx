import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { Icon } from '../../ui/icons';
import { EmptyState, LoadingState } from '../../ui/notices';
import { usePageTitle } from '../../ui/page-title';
import { Refusal } from '../../ui/refusal';
import { CreateDialog } from './create-dialog';
import { EndpointList } from './endpoint-list';
import { EndpointPanel } from './endpoint-panel';
import { useWebhooks } from './webhooks.queries';
import '../../styles/details.css';
import './webhooks.css';

/** Who is told of changes, whether that works, and what they were told. */
export default function WebhooksPage() {
  usePageTitle('Webhooks');
  const { data, error, refetch } = useWebhooks();
  const [parameters, setParameters] = useSearchParams();
  const [isCreating, setCreating] = useState(false);
  const id = parameters.get('endpoint');
  const chosen = data?.find((webhook) => webhook.id === id) ?? null;
  const choose = (one: string | null) => setParameters(one === null ? {} : { endpoint: one });
  return (
    <>
      <div className="page-head">
        <h1>Webhooks</h1>
        <div className="actions">
          {data === undefined ? null : (
            <button type="button" className="button button-main" onClick={() => setCreating(true)}>
              <Icon name="plus" /> New endpoint
            </button>
          )}
        </div>
      </div>
      {error === null ? null : <Refusal error={error} onRetry={() => void refetch()} />}
      {data === undefined ? (
        error === null ? (
          <LoadingState what="the endpoints" lines={4} />
        ) : null
      ) : data.length === 0 ? (
        <EmptyState title="Nobody is told of anything yet">
          <p>
            An endpoint is an address that Rollcall posts to when a job or a source changes: signed after
            Standard Webhooks, in order for each job, again and again until it is taken. Slack, PagerDuty and
            Alertmanager are spoken to in their own words.
          </p>
          <p className="quiet">
            Here, or under <code>webhooks.endpoints</code> in <code>rollcall.yaml</code>.
          </p>
        </EmptyState>
      ) : (
        <EndpointList webhooks={data} chosen={chosen?.id ?? null} />
      )}
      {id !== null && data !== undefined && chosen === null ? (
        <EmptyState title="There is no such endpoint">
          <p>It was deleted, or it tells of sources that this token may not see.</p>
        </EmptyState>
      ) : null}
      {chosen === null ? null : (
        <EndpointPanel key={chosen.id} webhook={chosen} onDeleted={() => choose(null)} />
      )}
      {isCreating ? <CreateDialog onClose={() => setCreating(false)} onMade={choose} /> : null}
    </>
  );
}

import { Link } from 'wouter';
import { Time } from '../../ui/time';
import { EndpointState, filterText } from './endpoint-words';
import type { Webhook } from './webhooks.queries';

export function EndpointList({ webhooks, chosen }: { webhooks: readonly Webhook[]; chosen: string | null }) {
  return (
    <div className="table-frame" role="region" aria-label="Endpoints" tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">Endpoints</caption>
        <thead>
          <tr>
            {['Endpoint', 'State', 'Address', 'Is told of', 'Last success'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {webhooks.map((webhook) => (
            <tr key={webhook.id} className={webhook.id === chosen ? 'row-chosen' : undefined}>
              <td data-label="Endpoint">
                <span className="clip">
                  <Link
                    href={`/webhooks?endpoint=${webhook.id}`}
                    data-row
                    {...(webhook.id === chosen ? { 'aria-current': 'true' as const } : {})}
                  >
                    <bdi>{webhook.name}</bdi>
                  </Link>{' '}
                  {webhook.origin === 'config' ? <span className="quiet small">configuration</span> : null}
                </span>
              </td>
              <td data-label="State">
                <EndpointState webhook={webhook} />
              </td>
              <td data-label="Address">
                <span className="clip" title={webhook.url}>
                  <code>{webhook.format}</code> <bdi>{webhook.url}</bdi>
                </span>
              </td>
              <td data-label="Is told of">
                <span className="clip">
                  {webhook.types === null ? 'all but job.changed' : webhook.types.join(', ')}
                  {Object.keys(webhook.filter).length === 0 ? null : (
                    <>
                      {' '}
                      where <code>{filterText(webhook.filter)}</code>
                    </>
                  )}
                </span>
              </td>
              <td data-label="Last success">
                <Time at={webhook.lastSuccessAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

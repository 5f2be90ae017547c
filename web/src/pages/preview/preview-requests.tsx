import type { components } from '../../../../client/src/index';
import { formatDuration, plural } from '../../format/quantities';
import { LongText } from '../../ui/long-text';

type UpstreamRequest = components['schemas']['UpstreamRequest'];

/** What was asked of the platform. Secrets are masked by the service. */
export function PreviewRequests({ requests }: { requests: readonly UpstreamRequest[] }) {
  return (
    <section className="panel" aria-labelledby="requests">
      <header>
        <h2 id="requests">What was asked of the platform</h2>
        {requests.length === 0 ? null : (
          <span className="quiet">{plural(requests.length, 'request')}, out of the source’s budget</span>
        )}
      </header>
      {requests.length === 0 ? (
        <p className="quiet">Nothing: it was refused before.</p>
      ) : (
        <div className="table-frame" role="region" aria-label="Requests" tabIndex={0}>
          <table className="table">
            <caption className="visually-hidden">
              Requests to the platform, in the order of their answers
            </caption>
            <thead>
              <tr>
                <th scope="col">Request</th>
                <th scope="col">Answer</th>
                <th scope="col">Took</th>
              </tr>
            </thead>
            <tbody>
              {requests.map(({ method, path, query, status, ms }, index) => (
                <tr key={index}>
                  <td data-label="Request" className="preview-request">
                    <LongText text={`${method} ${path}${queryText(query)}`} code />
                  </td>
                  <td data-label="Answer" className="number">
                    {status ?? <span className="none">none</span>}
                  </td>
                  <td data-label="Took" className="number">
                    {ms === null ? <span className="none">–</span> : ms === 0 ? '< 1ms' : formatDuration(ms)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function queryText(query: UpstreamRequest['query']): string {
  return query.length === 0 ? '' : `?${query.map(({ name, value }) => `${name}=${value}`).join('&')}`;
}

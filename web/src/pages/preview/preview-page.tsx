import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { components } from '../../../../client/src/index';
import { ProblemError, useClient } from '../../api/client';
import { formatCount, formatDuration, plural } from '../../format/quantities';
import { CopyButton } from '../../ui/copy';
import { Icon } from '../../ui/icons';
import { JsonView } from '../../ui/json-view';
import { LongText } from '../../ui/long-text';
import { EmptyState, LoadingState } from '../../ui/notices';
import { usePageTitle } from '../../ui/page-title';
import { Refusal } from '../../ui/refusal';
import { Time } from '../../ui/time';
import { UnknownSource } from '../source/unknown-source';
import { ERROR_MEANINGS } from '../sources/health-words';
import { PreviewRecord } from './preview-record';
import { PreviewRequests } from './preview-requests';
import '../../styles/details.css';
import './preview.css';

type Preview = components['schemas']['SourcePreview'];

/** What the records of a source would become, before anything of them is stored. */
export default function PreviewPage({ sourceKey: key }: { sourceKey: string }) {
  const client = useClient();
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ['preview', key],
    queryFn: async ({ signal }) =>
      (await client.api.POST('/api/v1/sources/{key}/preview', { signal, params: { path: { key } } })).data!,
    // each read costs the platform requests: only somebody who asks for one gets one
    ...{ staleTime: Infinity, retry: false, refetchOnReconnect: false, refetchOnWindowFocus: false },
  });
  usePageTitle(`Preview · ${key.slice(0, 80)}`);
  if (error instanceof ProblemError && error.status === 404) return <UnknownSource name={key} />;
  return (
    <>
      <div className="page-head">
        <h1>
          Preview of <Link href={`/sources/${key}`}>{key.slice(0, 100)}</Link>
        </h1>
        <div className="actions">
          <button
            type="button"
            className="button"
            data-key="refresh"
            aria-disabled={isFetching}
            onClick={() => (isFetching ? undefined : void refetch())}
          >
            <Icon name="refresh" /> Read again
          </button>
        </div>
      </div>
      {error === null || isFetching ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {isFetching ? (
        <LoadingState what="one page from the platform" lines={8} />
      ) : data === undefined || error !== null ? null : (
        <Shown preview={data} />
      )}
    </>
  );
}

function Shown({ preview }: { preview: Preview }) {
  const { readAt, records, pages, jobs, rejected, warnings, requests } = preview;
  const lists = pages.flatMap(({ list }) => (list === null ? [] : [list]));
  return (
    <>
      <p>
        Read <Time at={readAt} focusable />: {plural(records, 'record')} on the first page that has any
        {lists.length === 0 ? '' : ` (${lists.join(', ')})`}
        {jobs.length < records - rejected
          ? `; ${jobs.length} of them are shown, one of each of the platform’s words first`
          : ''}
        . Nothing of it is stored.
      </p>
      <Warnings warnings={warnings} />
      <PreviewRequests requests={requests} />
      {records === 0 ? (
        <EmptyState title="The platform lists nothing here">
          <p className="quiet">There is no record to show: nothing can be said of how it would be read.</p>
        </EmptyState>
      ) : null}
      {jobs.map((previewed) => (
        <PreviewRecord key={previewed.job.id} previewed={previewed} />
      ))}
      <Rejected preview={preview} />
    </>
  );
}

function Warnings({ warnings }: { warnings: Preview['warnings'] }) {
  if (warnings.length === 0)
    return (
      <div className="notice">
        <p>
          <Icon name="check" /> Nothing in these records looks like a trap.
        </p>
      </div>
    );
  return (
    <section className="notice preview-warnings" aria-labelledby="warnings">
      <h2 id="warnings">
        <Icon name="warning" /> {plural(warnings.length, 'warning')}
      </h2>
      <ul>
        {warnings.map(({ trap, message }, index) => (
          <li key={index}>
            <code>{trap}</code> <LongText text={message} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Rejected({ preview: { rejected, rejects } }: { preview: Preview }) {
  if (rejected === 0) return null;
  return (
    <section className="panel" aria-labelledby="rejected">
      <header>
        <h2 id="rejected">Records that are no job</h2>
        <span className="quiet">
          {rejects.length < rejected
            ? `${rejects.length} of ${formatCount(rejected)}`
            : plural(rejected, 'record')}
        </span>
      </header>
      {rejects.map(({ externalId, reasons, record }, index) => (
        <div key={index} className="stack preview-reject">
          <div className="page-head">
            <h3 className="preview-name">
              <bdi>{(externalId ?? 'without a usable id').slice(0, 120)}</bdi>
            </h3>
            <LongText text={reasons.join('; ')} />
            <span className="actions">
              <CopyButton text={() => JSON.stringify(record, null, 2)} what="the record" />
            </span>
          </div>
          <JsonView value={record} />
        </div>
      ))}
    </section>
  );
}

/** What the service or the platform refused, what that means, and what was asked until then. */
function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { problem, retryAfterMs = null } = error instanceof ProblemError ? error : { problem: null };
  const kind = problem?.kind;
  return (
    <>
      <Refusal error={error} onRetry={onRetry} />
      {retryAfterMs === null ? null : <p>It may be asked again in {formatDuration(retryAfterMs)}.</p>}
      {/* patience is all that a limit asks for */}
      {kind === undefined || kind === 'rate-limited' ? null : (
        <p>
          <strong>What to do:</strong> {ERROR_MEANINGS[kind].todo}
        </p>
      )}
      {problem?.requests === undefined ? null : <PreviewRequests requests={problem.requests} />}
    </>
  );
}

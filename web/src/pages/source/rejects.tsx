import { useInfiniteQuery } from '@tanstack/react-query';
import type { Reject, Source } from '../../../../client/src/index';
import { useClient } from '../../api/client';
import { formatCount, plural } from '../../format/quantities';
import { CopyButton } from '../../ui/copy';
import { JsonView } from '../../ui/json-view';
import { LongText } from '../../ui/long-text';
import { ErrorState, LoadingState } from '../../ui/notices';
import { Time } from '../../ui/time';
import { sourceKey } from '../sources/sources.queries';

const PAGE = 10;

/** Records that could not be normalized: kept, counted, shown. Nothing where there are none. */
export function Rejects({ source: { key, rejects } }: { source: Source }) {
  const client = useClient();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [...sourceKey(key), 'rejects'],
    queryFn: async ({ signal, pageParam }) =>
      (
        await client.api.GET('/api/v1/rejects', {
          signal,
          params: {
            query: { source: [key], limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
        })
      ).data!,
    initialPageParam: null as string | null,
    getNextPageParam: ({ page }) => page.next,
    enabled: rejects > 0,
  });
  if (rejects === 0) return null;
  return (
    <section className="panel" aria-labelledby="rejects">
      <header>
        <h2 id="rejects">Records that could not be normalized</h2>
        <span className="quiet">{plural(rejects, 'record')}</span>
      </header>
      <p className="quiet">
        A record leaves this list when it can be read, or when a complete sweep no longer finds it. A job that
        was known before keeps its state.
      </p>
      {error === null ? null : <ErrorState error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null ? <LoadingState what="the rejects" /> : null}
      <ul className="rejects">
        {data?.pages.flatMap((page) =>
          page.data.map((reject) => <Rejected key={reject.id} reject={reject} />),
        )}
      </ul>
      {hasNextPage ? (
        <p className="actions">
          <button
            type="button"
            className="button"
            aria-disabled={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            Show more
          </button>
        </p>
      ) : null}
    </section>
  );
}

function Rejected({ reject }: { reject: Reject }) {
  return (
    <li>
      <details>
        <summary>
          <strong>
            <bdi>{(reject.externalId ?? 'without a usable id').slice(0, 120)}</bdi>
          </strong>
          <span>
            <LongText text={reject.reasons.join('; ')} />
          </span>
          <span className="quiet">
            polled {formatCount(reject.count)}×, first <Time at={reject.firstSeenAt} />, last{' '}
            <Time at={reject.lastSeenAt} />
          </span>
        </summary>
        <div className="reject-record">
          <JsonView value={reject.payload} />
          <CopyButton text={() => JSON.stringify(reject.payload, null, 2)} what="the record" />
        </div>
      </details>
    </li>
  );
}

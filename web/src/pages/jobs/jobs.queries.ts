import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { JobField, JobsQuery } from '../../../../client/src/index';
import { firstPage, useClient } from '../../api/client';
import type { Row } from './live-rows';
import { filtersOf, type View } from './view';

/** Asked for whatever the columns are: which version a row is, what its link says, and how it came by its times. */
const ALWAYS: readonly JobField[] = [
  ...(['id', 'version', 'name', 'type', 'externalId', 'links', 'state', 'reason'] as const),
  ...(['terminal', 'startedAt', 'freshness', 'provenance'] as const),
];

/** The parameters of the API that a view means, without a place in the list. */
export function questionOf(view: View): JobsQuery {
  return { ...filtersOf(view), ...(view.sort === undefined ? {} : { sort: view.sort }) } as JobsQuery;
}

/** One page. What is shown changes by the change feed and when the reader asks, never under the reader's hand. */
export function useJobsPage(view: View) {
  const client = useClient();
  const fields = [...new Set([...ALWAYS, ...view.columns])];
  const query: JobsQuery & { fields: JobField[] } = {
    ...questionOf(view),
    limit: view.limit,
    ...(view.cursor === undefined ? {} : { cursor: view.cursor }),
    fields,
  };
  return useQuery({
    queryKey: ['jobs', query],
    queryFn: async ({ signal }) => {
      const { data, page, coverage } = await firstPage(client.jobs(query, { signal }));
      return { rows: data as Row[], page, coverage };
    },
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    // coming back to a view shows it at once, and asks again
    staleTime: 0,
  });
}

/**
 * How many there are, roughly: asked for after the page, so that no row waits for it.
 *
 * @param isPageThere whether the rows of the view have come
 */
export function useJobsCount(view: View, isPageThere: boolean) {
  const client = useClient();
  const question = filtersOf(view) as JobsQuery;
  return useQuery({
    queryKey: ['jobs-count', question],
    queryFn: async ({ signal }) => {
      const query = { ...question, count: 'estimated' as const, limit: 1, fields: ['id' as const] };
      return (await firstPage(client.jobs(query, { signal }))).page;
    },
    enabled: isPageThere,
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  });
}

/** The rows that are shown, asked for again from time to time: for tokens that may not follow the change feed. */
export function usePolledRows(ids: readonly string[], isNeeded: boolean) {
  const client = useClient();
  return useQuery({
    queryKey: ['jobs-polled', ids],
    queryFn: async ({ signal }) =>
      (await firstPage(client.jobs({ id: [...ids], limit: 100 }, { signal }))).data,
    enabled: isNeeded && ids.length > 0,
    refetchInterval: 10_000,
  });
}

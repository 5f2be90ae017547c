import { useQuery } from '@tanstack/react-query';
import type { Source } from '../../../../client/src/index';
import { useClient } from '../../api/client';

/** The most that the API gives at once. */
const PAGE = 500;
/** Sources that are read for the table: many more than anybody configures. */
const MOST = 5_000;

const OFTEN_MS = 5_000;
const SELDOM_MS = 30_000;
/** From so many on the list is asked for less often. */
const MANY = 200;

/** Every source, so that the worst of them can stand first. Not by ETag: when a source was last polled changes none. */
export function useAllSources() {
  const client = useClient();
  return useQuery({
    queryKey: ['sources'],
    queryFn: async ({ signal }) => {
      const all: Source[] = [];
      for await (const { data } of client.sources({ limit: PAGE }, { signal, cache: 'no-store' }).pages()) {
        all.push(...data);
        if (all.length >= MOST) break;
      }
      return all;
    },
    refetchInterval: ({ state }) => ((state.data?.length ?? 0) > MANY ? SELDOM_MS : OFTEN_MS),
  });
}

export function sourceKey(key: string): readonly ['source', string] {
  return ['source', key];
}

/** One source, as it is now. */
export function useSource(key: string) {
  const client = useClient();
  return useQuery({
    queryKey: sourceKey(key),
    queryFn: ({ signal }) => client.source(key, { signal, cache: 'no-store' }),
    refetchInterval: OFTEN_MS,
  });
}

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { firstPage, useClient } from '../../api/client';
import { RANGES, type Range } from './history';

/**
 * What is cheap is asked often; an unchanged answer is a 304, except where it shows what moves without being a change (how far we know,
 * when the next poll is due).
 */
const OFTEN_MS = 5_000;
const SELDOM_MS = 30_000;

export const FAILURE_FIELDS = [
  ...(['id', 'source', 'type', 'name', 'externalId', 'state', 'reason', 'error'] as const),
  ...(['finishedAt', 'updatedAt', 'links', 'provenance'] as const),
] as const;

export const RUNNING_FIELDS = [
  ...(['id', 'source', 'type', 'name', 'externalId', 'state', 'reason', 'progress'] as const),
  ...(['startedAt', 'durationMs', 'freshness', 'links'] as const),
] as const;

/**
 * Counts of every state and how complete they are: kept counters, whatever the number of jobs. Not by ETag, and so are sources: how far
 * we know moves with every poll, and changes none.
 */
export function useCounts() {
  const client = useClient();
  return useQuery({
    queryKey: ['overview', 'counts'],
    queryFn: async ({ signal }) =>
      (
        await client.api.GET('/api/v1/jobs/summary', {
          signal,
          cache: 'no-store',
          params: { query: { groupBy: ['state'] } },
        })
      ).data!,
    refetchInterval: OFTEN_MS,
  });
}

export function useFinished(range: Range) {
  const client = useClient();
  return useQuery({
    queryKey: ['overview', 'finished', range],
    queryFn: async ({ signal }) =>
      (
        await client.api.GET('/api/v1/jobs/summary', {
          signal,
          params: {
            query: {
              groupBy: ['state'],
              bucket: RANGES[range].bucket,
              stats: ['duration'],
              finishedSince: `-${range}`,
            },
          },
        })
      ).data!,
    refetchInterval: SELDOM_MS,
    placeholderData: keepPreviousData,
  });
}

export function useRecentFailures(limit: number) {
  const client = useClient();
  return useQuery({
    queryKey: ['overview', 'failures', limit],
    queryFn: async ({ signal }) =>
      (
        await firstPage(
          client.jobs({ state: ['failed', 'missed'], fields: [...FAILURE_FIELDS], limit }, { signal }),
        )
      ).data,
    refetchInterval: OFTEN_MS,
  });
}

export function useLongestRunning(limit: number) {
  const client = useClient();
  return useQuery({
    queryKey: ['overview', 'running', limit],
    queryFn: async ({ signal }) =>
      (
        await firstPage(
          client.jobs(
            { state: ['running'], sort: 'startedAt', fields: [...RUNNING_FIELDS], limit },
            { signal },
          ),
        )
      ).data,
    refetchInterval: OFTEN_MS,
  });
}

export function useSources(limit: number) {
  const client = useClient();
  return useQuery({
    queryKey: ['overview', 'sources', limit],
    queryFn: async ({ signal }) =>
      (await client.api.GET('/api/v1/sources', { signal, cache: 'no-store', params: { query: { limit } } }))
        .data!,
    refetchInterval: OFTEN_MS,
  });
}

export function useFiringAlerts(limit: number) {
  const client = useClient();
  return useQuery({
    queryKey: ['overview', 'alerts', limit],
    queryFn: async ({ signal }) =>
      (await client.api.GET('/api/v1/alerts', { signal, params: { query: { state: ['firing'], limit } } }))
        .data!,
    refetchInterval: OFTEN_MS,
  });
}

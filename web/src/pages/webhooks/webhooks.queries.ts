import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { components } from '../../../../client/src/index';
import { useClient } from '../../api/client';

type Schemas = components['schemas'];
export type Webhook = Schemas['Webhook'];
export type Delivery = Schemas['Delivery'];
export type DeliveryState = Delivery['state'];
export type DeliveryDetail = Schemas['DeliveryDetail'];

export const WEBHOOKS = ['webhooks'] as const;

const ASK_EVERY_MS = 5_000;
/** Endpoints that are listed: many more than anybody has. */
const MOST = 500;
const PAGE = 25;

export function useWebhooks() {
  const client = useClient();
  return useQuery({
    queryKey: [...WEBHOOKS, 'list'],
    queryFn: async ({ signal }) =>
      (await client.api.GET('/api/v1/webhooks', { signal, params: { query: { limit: MOST } } })).data!.data,
    refetchInterval: ASK_EVERY_MS,
  });
}

/** Newest first, page after page. */
export function useDeliveries(id: string, state: DeliveryState | null) {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: [...WEBHOOKS, id, 'deliveries', state],
    queryFn: async ({ signal, pageParam }) =>
      (
        await client.api.GET('/api/v1/webhooks/{id}/deliveries', {
          signal,
          params: {
            path: { id },
            query: {
              limit: PAGE,
              ...(state === null ? {} : { state: [state] }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
        })
      ).data!,
    initialPageParam: null as string | null,
    getNextPageParam: ({ page }) => page.next,
    refetchInterval: ASK_EVERY_MS,
  });
}

export function useDelivery(id: string, delivery: Delivery) {
  const client = useClient();
  return useQuery({
    queryKey: [...WEBHOOKS, id, 'delivery', delivery.id, delivery.attempts, delivery.state],
    queryFn: async ({ signal }) =>
      (
        await client.api.GET('/api/v1/webhooks/{id}/deliveries/{delivery}', {
          signal,
          params: { path: { id, delivery: delivery.id } },
        })
      ).data!,
    placeholderData: (before) => before,
  });
}

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useClient } from '../../api/client';
import { formatCount, formatDuration } from '../../format/quantities';
import { Dialog } from '../../ui/dialog';
import { Icon } from '../../ui/icons';
import { JsonView } from '../../ui/json-view';
import { LongText } from '../../ui/long-text';
import { ErrorState, LoadingState } from '../../ui/notices';
import { Refusal } from '../../ui/refusal';
import { Time } from '../../ui/time';
import { announce } from '../../ui/toasts';
import { type Delivery, type DeliveryDetail, useDelivery, type Webhook, WEBHOOKS } from './webhooks.queries';

/** Every try of one delivery: what was asked, what came back, how long that took. */
export function DeliveryDetails({ webhook, delivery }: { webhook: Webhook; delivery: Delivery }) {
  const { data, error, refetch } = useDelivery(webhook.id, delivery);
  if (data === undefined)
    return error === null ? (
      <LoadingState what="the delivery" />
    ) : (
      <ErrorState error={error} onRetry={() => void refetch()} />
    );
  return (
    <div className="stack">
      <p className="page-head">
        <span>
          <span className="quiet">webhook-id</span> <code>{data.id}</code>
          {data.replayOf === null ? null : (
            <span className="quiet">
              {' '}
              repeats <code>{data.replayOf}</code>
            </span>
          )}
        </span>
        <Again webhook={webhook} delivery={delivery} />
      </p>
      {data.tries.length === 0 ? <p className="quiet">It was not tried yet.</p> : null}
      {data.tries.map((attempt) => (
        <Try key={attempt.number} attempt={attempt} />
      ))}
      {data.event === null ? (
        <p className="quiet">The event is not kept any more.</p>
      ) : (
        <details>
          <summary>The event</summary>
          <JsonView value={data.event} open={1} />
        </details>
      )}
    </div>
  );
}

function Try({ attempt }: { attempt: DeliveryDetail['tries'][number] }) {
  const { number, at, durationMs, error, request, response } = attempt;
  return (
    <div className="try">
      <p>
        <strong>Try {number}</strong> <Time at={at} focusable />, {formatDuration(durationMs)}:{' '}
        {response === null ? 'no answer' : `answered ${response.status}`}
        {error === null ? (
          ', taken'
        ) : (
          <>
            {' '}
            – {error.kind}: <LongText text={error.message} />
          </>
        )}
      </p>
      <details>
        <summary>Request, {formatCount(request.bytes)} bytes</summary>
        <Headers headers={request.headers} />
      </details>
      {response === null ? null : (
        <details>
          <summary>Response</summary>
          <Headers headers={response.headers} />
          {response.body ? (
            <LongText text={response.body} code />
          ) : (
            <p className="quiet">Its body was empty.</p>
          )}
        </details>
      )}
    </div>
  );
}

function Headers({ headers }: { headers: Record<string, string> }) {
  return (
    <dl className="headers">
      {Object.entries(headers).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <LongText text={value} code />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Again({ webhook, delivery }: { webhook: Webhook; delivery: Delivery }) {
  const client = useClient();
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: async () =>
      client.api.POST('/api/v1/webhooks/{id}/replay', {
        params: { path: { id: webhook.id } },
        body: { deliveryId: delivery.id },
      }),
    onSuccess: () => {
      announce('It is delivered once more');
      void queries.invalidateQueries({ queryKey: WEBHOOKS });
    },
  });
  return (
    <span className="actions">
      <button
        type="button"
        className="button"
        aria-disabled={replay.isPending}
        onClick={() => {
          if (!replay.isPending) replay.mutate();
        }}
      >
        <Icon name="refresh" /> Deliver once more
      </button>
      {replay.error === null ? null : (
        <Dialog title="It is not delivered again" onClose={() => replay.reset()}>
          <Refusal error={replay.error} />
        </Dialog>
      )}
    </span>
  );
}

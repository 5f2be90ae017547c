import { useState } from 'react';
import { Link } from 'wouter';
import { formatDuration } from '../../format/quantities';
import { Answer } from '../../ui/answer';
import { EmptyState } from '../../ui/notices';
import { Time } from '../../ui/time';
import { DeliveryDetails } from './delivery-details';
import { DeliveryBadge } from './endpoint-words';
import { type Delivery, type DeliveryState, useDeliveries, type Webhook } from './webhooks.queries';

const STATES: readonly DeliveryState[] = ['pending', 'delivered', 'failed', 'skipped'];

/** What the endpoint was told and will be, newest first. */
export function Deliveries({ webhook }: { webhook: Webhook }) {
  const [state, setState] = useState<DeliveryState | null>(null);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useDeliveries(
    webhook.id,
    state,
  );
  const rows = data?.pages.flatMap((page) => page.data);
  return (
    <section className="panel" aria-labelledby="deliveries">
      <header>
        <h2 id="deliveries">Deliveries</h2>
        <div className="segments" role="group" aria-label="State of deliveries">
          <button type="button" aria-pressed={state === null} onClick={() => setState(null)}>
            all
          </button>
          {STATES.map((one) => (
            <button key={one} type="button" aria-pressed={state === one} onClick={() => setState(one)}>
              {one}
            </button>
          ))}
        </div>
      </header>
      <Answer
        of={{ data: rows, error, refetch }}
        what="the deliveries"
        empty={
          <EmptyState title={state === null ? 'Nothing was sent yet' : `None is ${state}`}>
            {state === null ? (
              <p className="quiet">
                It is told of what happens from now on. A test shows whether it listens.
              </p>
            ) : null}
          </EmptyState>
        }
      >
        {(shown) => <DeliveryTable webhook={webhook} rows={shown} />}
      </Answer>
      {hasNextPage ? (
        <p className="actions gap-above">
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

function DeliveryTable({ webhook, rows }: { webhook: Webhook; rows: readonly Delivery[] }) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div className="table-frame" role="region" aria-label="Deliveries" tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">Deliveries, newest first</caption>
        <thead>
          <tr>
            {['State', 'Event', 'Made', 'Tries', 'Last answer', 'Next try', 'Details'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((delivery) => (
            <Row
              key={delivery.id}
              webhook={webhook}
              delivery={delivery}
              isOpen={open === delivery.id}
              onToggle={() => setOpen(open === delivery.id ? null : delivery.id)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  webhook: Webhook;
  delivery: Delivery;
  isOpen: boolean;
  onToggle: () => void;
}

function Row({ webhook, delivery, isOpen, onToggle }: RowProps) {
  const { lastAttempt, jobId } = delivery;
  return (
    <>
      <tr>
        <td data-label="State">
          <DeliveryBadge state={delivery.state} />
        </td>
        <td data-label="Event">
          <span>
            {jobId === null ? delivery.type : <Link href={`/jobs/${jobId}`}>{delivery.type}</Link>}
            {delivery.replay ? <span className="quiet small"> again</span> : null}
            {delivery.alert === null ? null : (
              <span className="quiet small"> {delivery.alert.action}s an alert</span>
            )}
          </span>
        </td>
        <td data-label="Made">
          <Time at={delivery.createdAt} />
        </td>
        <td data-label="Tries" className="number">
          {delivery.attempts}
        </td>
        <td data-label="Last answer">
          {lastAttempt === null ? (
            <span className="none">–</span>
          ) : (
            <span className="clip" title={lastAttempt.error?.message}>
              <span className="number">
                {lastAttempt.status ?? lastAttempt.error?.kind ?? 'none'} in{' '}
                {formatDuration(lastAttempt.durationMs)}
              </span>
              {lastAttempt.error === null ? null : (
                <span className="quiet">
                  {' '}
                  <bdi>{lastAttempt.error.message}</bdi>
                </span>
              )}
            </span>
          )}
        </td>
        <td data-label="Next try">
          <Time at={delivery.state === 'pending' ? delivery.nextAttemptAt : null} />
        </td>
        <td data-label="Details">
          <button
            type="button"
            className="button button-small"
            aria-expanded={isOpen}
            aria-label={`${isOpen ? 'Hide' : 'Show'} details of ${delivery.type} ${delivery.id}`}
            onClick={onToggle}
          >
            {isOpen ? 'Hide' : 'Show'}
          </button>
        </td>
      </tr>
      {isOpen ? (
        <tr className="row-details">
          <td colSpan={7}>
            <DeliveryDetails webhook={webhook} delivery={delivery} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

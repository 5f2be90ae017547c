import { plural } from '../../format/quantities';
import { Facts } from '../../ui/facts';
import { Time } from '../../ui/time';
import { Deliveries } from './deliveries';
import { EndpointActions } from './endpoint-actions';
import { FORMAT_WORDS } from './endpoint-choices';
import { EndpointState, filterText } from './endpoint-words';
import type { Webhook } from './webhooks.queries';

/** One endpoint: what it is told of, how that goes, and every delivery. */
export function EndpointPanel({ webhook, onDeleted }: { webhook: Webhook; onDeleted: () => void }) {
  return (
    <>
      <section className="panel stack" aria-labelledby="endpoint">
        <div className="page-head">
          <h2 id="endpoint">
            <bdi>{webhook.name}</bdi>
          </h2>
          <EndpointState webhook={webhook} />
          <EndpointActions webhook={webhook} onDeleted={onDeleted} />
        </div>
        <div className="split">
          <Told webhook={webhook} />
          <Health webhook={webhook} />
        </div>
      </section>
      <Deliveries webhook={webhook} />
    </>
  );
}

function Told({ webhook }: { webhook: Webhook }) {
  const { format, url, types, filter, includeBackfill, sources, options, origin } = webhook;
  return (
    <Facts
      facts={[
        ['Address', <bdi>{url}</bdi>],
        [
          'Format',
          <>
            <code>{format}</code> <span className="quiet">{FORMAT_WORDS[format]}</span>
          </>,
        ],
        ['Types', types === null ? 'all but job.changed' : types.join(', ')],
        [
          'Only jobs that fit',
          Object.keys(filter).length === 0 ? 'every job' : <code>{filterText(filter)}</code>,
        ],
        ['Sources', sources === null ? 'every source' : sources.join(', ')],
        ['History', includeBackfill ? 'is told too' : 'is left out'],
        Object.keys(options).length === 0 ? null : ['Options', <code>{JSON.stringify(options)}</code>],
        ['Declared', origin === 'config' ? 'in the configuration, and changed there' : 'over the API'],
      ]}
    />
  );
}

function Health({ webhook }: { webhook: Webhook }) {
  const { lastSuccessAt, consecutiveFailures, failingSince, nextAttemptAt, missedEvents, missedAt } = webhook;
  return (
    <Facts
      facts={[
        ['Last success', <Time at={lastSuccessAt} focusable />],
        [
          'Failures',
          failingSince === null ? (
            'none since'
          ) : (
            <>
              {plural(consecutiveFailures, 'try', 'tries')} since <Time at={failingSince} focusable />
            </>
          ),
        ],
        nextAttemptAt === null ? null : ['Tried again', <Time at={nextAttemptAt} focusable />],
        missedEvents === 0
          ? null
          : [
              'Missed',
              <>
                {plural(missedEvents, 'event')} at most were too old before they could be delivered, found{' '}
                <Time at={missedAt} focusable />
              </>,
            ],
        webhook.replaying ? ['Delivering again', 'a range, now'] : null,
        webhook.previousSecretUntil === null
          ? null
          : [
              'Former secret',
              <>
                signs too, until <Time at={webhook.previousSecretUntil} focusable />
              </>,
            ],
        ['Made', <Time at={webhook.createdAt} focusable />],
        ['Changed', <Time at={webhook.updatedAt} focusable />],
      ]}
    />
  );
}

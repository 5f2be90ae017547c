import type { ReactNode } from 'react';
import { Icon, type IconName } from '../../ui/icons';
import { Time } from '../../ui/time';
import type { DeliveryState, Webhook } from './webhooks.queries';

export const DISABLED_WORDS: Record<string, string> = {
  'by-hand': 'somebody disabled it',
  'by-configuration': 'its configuration says enabled: false',
  'not-configured': 'the configuration does not name it any more',
  gone: 'it answered 410 Gone',
  failing: 'nothing but failures for five days',
  filter: 'its filter cannot be read any more',
};

/** Whether messages arrive, as icon and words. */
export function EndpointState({ webhook }: { webhook: Webhook }) {
  const { enabled, disabledReason, failingSince, lastSuccessAt } = webhook;
  if (!enabled)
    return (
      <Badge tone="state-paused" icon="pause" text="disabled">
        {disabledReason === null ? null : (DISABLED_WORDS[disabledReason] ?? disabledReason)}
      </Badge>
    );
  if (failingSince !== null)
    return (
      <Badge tone="state-failed" icon="warning" text="failing">
        since <Time at={failingSince} />
      </Badge>
    );
  if (lastSuccessAt === null)
    return (
      <Badge tone="state-queued" icon="clock" text="waiting">
        nothing sent yet
      </Badge>
    );
  return <Badge tone="state-succeeded" icon="check" text="working" />;
}

const DELIVERY_BADGES: Record<DeliveryState, { tone: string; icon: IconName }> = {
  pending: { tone: 'state-queued', icon: 'clock' },
  delivered: { tone: 'state-succeeded', icon: 'check' },
  failed: { tone: 'state-failed', icon: 'cross' },
  skipped: { tone: 'state-skipped', icon: 'skip' },
};

export function DeliveryBadge({ state }: { state: DeliveryState }) {
  return <Badge {...DELIVERY_BADGES[state]} text={state} />;
}

function Badge({
  tone,
  icon,
  text,
  children,
}: {
  tone: string;
  icon: IconName;
  text: string;
  children?: ReactNode;
}) {
  return (
    <span className={`badge ${tone}`}>
      <Icon name={icon} size={14} />
      {text}
      {children ? <span className="badge-reason">{children}</span> : null}
    </span>
  );
}

/** Parameters whose values are `key:value`: a comma in one is only a comma, so each stands alone. */
const PAIRS = ['label', 'attribute'];

/** A filter as the query string that it is: its values are kept as they were written there, commas and backslashes included. */
export function filterText(filter: Webhook['filter']): string {
  return Object.entries(filter)
    .flatMap(([name, values]) =>
      PAIRS.includes(name) ? values.map((value) => [name, value]) : [[name, values.join(',')]],
    )
    .map(([name, value]) => `${name}=${encodeURIComponent(value!).replace(/%3A|%2C/g, decodeURIComponent)}`)
    .join('&');
}

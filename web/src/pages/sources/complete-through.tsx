import type { Source } from '../../../../client/src/index';
import { ticks } from '../../api/clock';
import { formatShort } from '../../format/times';
import { zone } from '../../preferences';
import { useStore } from '../../store';
import { Time } from '../../ui/time';

/** When it is polled next. What is due already is only waiting for its turn. */
export function NextPoll({ at }: { at: string | null }) {
  const now = useStore(ticks);
  if (at === null) return <span className="none">not planned</span>;
  return Date.parse(at) <= now ? <>due now</> : <Time at={at} />;
}

/** How far the knowledge of a source goes, as a sentence. */
export function CompleteThrough({ source }: { source: Pick<Source, 'completeThrough' | 'lastSuccessAt'> }) {
  const now = useStore(ticks);
  const inZone = useStore(zone);
  const { completeThrough, lastSuccessAt } = source;
  if (completeThrough === null)
    return (
      <>
        {lastSuccessAt === null
          ? 'Nothing is known of it yet.'
          : 'Its collection has never been read whole: something may be missing.'}
      </>
    );
  return (
    <>
      We know everything up to <strong>{formatShort(Date.parse(completeThrough), now, inZone)}</strong>{' '}
      <span className="quiet">
        (<Time at={completeThrough} focusable />)
      </span>
    </>
  );
}

import { Link } from 'wouter';
import type { Coverage } from '../../../../client/src/index';
import { HealthBadge } from '../../ui/badges';
import { Icon } from '../../ui/icons';
import { plural } from '../../format/quantities';
import { formatShort } from '../../format/times';
import { ticks } from '../../api/clock';
import { zone } from '../../preferences';
import { useStore } from '../../store';
import { Time } from '../../ui/time';

/** Sources that are named here; the rest is counted. */
const NAMED = 12;

/**
 * How far our knowledge goes. A source that cannot be read is worse than a failed job, because nobody knows what it hides: it stands
 * first, and louder than anything else on the page.
 */
export function Knowledge({ coverage }: { coverage: Coverage | null }) {
  if (coverage === null) return <div className="knowledge knowledge-loading" aria-hidden="true" />;
  const { degraded, sources, healthy } = coverage;
  const blind = degraded.filter(({ health }) => health === 'failing');
  const impaired = degraded.filter(({ health }) => health !== 'failing');
  return (
    <section aria-label="How far our knowledge goes" className="knowledge-group">
      {blind.length === 0 ? null : (
        <div className="blind" role="alert">
          <h2>
            <Icon name="eyeOff" size={22} />
            {blind.length === 1 ? '1 source is blind' : `${plural(blind.length, 'source')} are blind`}
          </h2>
          <p>What happens there is not known: their jobs may have failed unseen.</p>
          <SourceList sources={blind} />
        </div>
      )}
      <div className="knowledge">
        <Icon name={coverage.completeThrough === null ? 'question' : 'check'} size={18} />
        <p>
          <CompleteThrough at={coverage.completeThrough} isPartial={blind.length > 0} />{' '}
          <span className="quiet">
            {healthy === sources
              ? `All ${plural(sources, 'source')} healthy.`
              : `${healthy} of ${plural(sources, 'source')} healthy.`}
          </span>
        </p>
      </div>
      {impaired.length === 0 ? null : (
        <div className="impaired">
          <SourceList sources={impaired} />
        </div>
      )}
    </section>
  );
}

function CompleteThrough({ at, isPartial }: { at: string | null; isPartial: boolean }) {
  const now = useStore(ticks);
  const inZone = useStore(zone);
  if (at === null)
    return (
      <strong>
        {isPartial ? 'Of some sources nothing is known yet.' : 'The first complete read is under way.'}
      </strong>
    );
  return (
    <>
      <strong>We know everything up to {formatShort(Date.parse(at), now, inZone)}</strong>{' '}
      <span className="quiet">
        (<Time at={at} focusable />)
      </span>
      .
    </>
  );
}

function SourceList({ sources }: { sources: Coverage['degraded'] }) {
  return (
    <ul className="source-list">
      {sources.slice(0, NAMED).map(({ source, health, reason, since }) => (
        <li key={source}>
          <Link href={`/sources/${source}`}>{source}</Link>
          <HealthBadge health={health} reason={reason} />
          <span>
            since <Time at={since} focusable />
          </span>
        </li>
      ))}
      {sources.length > NAMED ? (
        <li>
          <Link href="/sources">and {sources.length - NAMED} more</Link>
        </li>
      ) : null}
    </ul>
  );
}

import { Link } from 'wouter';
import { plural } from '../../format/quantities';
import { Icon } from '../../ui/icons';
import { ErrorState } from '../../ui/notices';
import { Time } from '../../ui/time';
import { useFiringAlerts } from './overview.queries';

const SHOWN = 6;

/** What takes longer than is expected of it, and every other expectation that is broken now; nothing at all when there is none. */
export function Overdue() {
  const { data, error, refetch } = useFiringAlerts(SHOWN);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined || data.data.length === 0) return null;
  const more = data.page.next !== null;
  return (
    <section className="panel overdue" aria-labelledby="overdue">
      <header>
        <h2 id="overdue">
          <Icon name="clock" />{' '}
          {more ? `More than ${data.data.length} expectations` : plural(data.data.length, 'expectation')}{' '}
          broken
        </h2>
        <Link href="/alerts">All of them</Link>
      </header>
      <ul className="rows">
        {data.data.map(({ id, jobId, type, name, source, message, since, suspended }) => (
          <li key={id}>
            <div className="row-head">
              <Link href={jobId === null ? '/alerts' : `/jobs/${jobId}`} data-row className="clip">
                {type ?? name}
              </Link>
              <span>
                since <Time at={since} />
              </span>
            </div>
            <div className="row-rest">
              <span className="quiet">{source}</span>
              <span className="clip" title={message}>
                {message}
              </span>
              {suspended === null ? null : <span className="badge">not known now: {suspended}</span>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

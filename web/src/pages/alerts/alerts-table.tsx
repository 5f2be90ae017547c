import { Link } from 'wouter';
import type { components } from '../../../../client/src/index';
import { formatCount, formatDuration } from '../../format/quantities';
import { Icon } from '../../ui/icons';
import { LongText } from '../../ui/long-text';
import { Duration, Time } from '../../ui/time';

type Alert = components['schemas']['Alert'];

export function AlertsTable({
  alerts,
  onName,
}: {
  alerts: readonly Alert[];
  onName: (name: string) => void;
}) {
  return (
    <div className="table-frame" role="region" aria-label="Alerts" tabIndex={0}>
      <table className="table alerts">
        <caption className="visually-hidden">Alerts, newest first</caption>
        <thead>
          <tr>
            {['State', 'What is wrong', 'Expectation', 'Where', 'Measured', 'Fired', 'Lasts'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <Row key={alert.id} alert={alert} onName={onName} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ alert, onName }: { alert: Alert; onName: (name: string) => void }) {
  const { state, message, name, kind, source, type, jobId, suspended } = alert;
  const isFiring = state === 'firing';
  return (
    <tr>
      <td data-label="State">
        <span className={`badge ${isFiring ? 'state-failed' : 'state-succeeded'}`}>
          <Icon name={isFiring ? 'warning' : 'check'} size={14} />
          {state}
        </span>
      </td>
      <td data-label="What is wrong">
        <span className="alert-message">
          <LongText text={message} />
          {suspended === null ? null : (
            <span className="quiet small">
              Nobody can say now whether it goes on: the source is {suspended}.
            </span>
          )}
        </span>
      </td>
      <td data-label="Expectation">
        <span>
          <button type="button" className="link" title="Only this expectation" onClick={() => onName(name)}>
            {name}
          </button>{' '}
          <span className="quiet small">{kind}</span>
        </span>
      </td>
      <td data-label="Where">
        <span className="clip">
          <Subject alert={alert} /> <span className="quiet">on </span>
          <Link href={`/sources/${source}`}>{source}</Link>
          {jobId === null || type === null ? null : (
            <span className="quiet">
              {' '}
              <bdi>{type.slice(0, 100)}</bdi>
            </span>
          )}
        </span>
      </td>
      <td data-label="Measured" className="number">
        <span>
          {quantity(alert, alert.value)} <span className="quiet">of {quantity(alert, alert.limit)}</span>
        </span>
      </td>
      <td data-label="Fired">
        <Time at={alert.firedAt} />
      </td>
      <td data-label="Lasts">
        <Duration
          ms={alert.resolvedAt === null ? null : Date.parse(alert.resolvedAt) - Date.parse(alert.since)}
          since={alert.resolvedAt === null ? alert.since : null}
        />
      </td>
    </tr>
  );
}

/** The job that breaks it, or the jobs that are meant. */
function Subject({ alert: { jobId, type, source } }: { alert: Alert }) {
  if (jobId !== null)
    return (
      <Link href={`/jobs/${jobId}`} data-row>
        the job
      </Link>
    );
  const ofType = type === null ? '' : `&type=${encodeURIComponent(type.replaceAll(',', '\\,'))}`;
  return (
    <Link href={`/jobs?source=${source}${ofType}`} data-row>
      {type === null ? 'all jobs' : <bdi>{type.slice(0, 100)}</bdi>}
    </Link>
  );
}

/** Milliseconds, but of queues jobs and of success rates a part of 1. */
function quantity({ kind }: Alert, value: number): string {
  if (kind === 'queue') return formatCount(value);
  if (kind === 'success-rate') return `${(value * 100).toFixed(1)}%`;
  return formatDuration(value);
}

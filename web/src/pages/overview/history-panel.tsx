import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import type { components } from '../../../../client/src/index';
import { serverNow } from '../../api/clock';
import { formatCompact, formatCount, formatDuration } from '../../format/quantities';
import { formatExact } from '../../format/times';
import { zone } from '../../preferences';
import { useStore } from '../../store';
import { ErrorState, LoadingState } from '../../ui/notices';
import { Plot, type PlotSeries } from '../../ui/plot';
import { type History, historyOf, type Range, RANGES } from './history';

const FINISHED: readonly PlotSeries[] = [
  { label: 'Finished', colour: '--plot-bars', kind: 'bars' },
  { label: 'Failed', colour: '--plot-failed', kind: 'bars' },
];
const DURATIONS: readonly PlotSeries[] = [
  { label: 'Median', colour: '--blue', kind: 'line' },
  { label: '95th percentile', colour: '--violet', kind: 'line', isDashed: true },
];

/** There is no half of a job. */
const WHOLE = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

/** Distances that read well as durations, milliseconds: the usual round numbers give 16m 40s. */
const SPANS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 4, 6, 12].map((hours) => hours * 3_600_000),
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * 86_400_000),
];

interface HistoryPanelProps {
  range: Range;
  onRange: (range: Range) => void;
  finished: UseQueryResult<components['schemas']['JobSummary']>;
}

/** Failures and durations over time. */
export function HistoryPanel({ range, onRange, finished }: HistoryPanelProps) {
  const [isTable, setTable] = useState(false);
  const { data, dataUpdatedAt, error, refetch } = finished;
  const history = useMemo(
    () => (data === undefined ? null : historyOf(data.data, range, serverNow())),
    [data, dataUpdatedAt, range],
  );
  return (
    <section className="panel" aria-label="Over time">
      <header>
        <h2>Over time</h2>
        <div className="actions">
          <button type="button" className="button" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
            As a table
          </button>
          <div className="segments" role="group" aria-label="How far back">
            {(Object.keys(RANGES) as Range[]).map((one) => (
              <button key={one} type="button" aria-pressed={one === range} onClick={() => onRange(one)}>
                {one}
              </button>
            ))}
          </div>
        </div>
      </header>
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {history === null ? (
        error ? null : (
          <LoadingState what="what finished" lines={6} />
        )
      ) : isTable ? (
        <HistoryTable history={history} />
      ) : (
        <Plots history={history} range={range} />
      )}
    </section>
  );
}

function Plots({ history, range }: { history: History; range: Range }) {
  const [, go] = useLocation();
  const { at, finished, failed, p50, p95 } = history;
  const all = finished.reduce((sum, count) => sum + count, 0);
  const bad = failed.reduce((sum, count) => sum + count, 0);
  const bars = useMemo(() => [finished, failed], [finished, failed]);
  const lines = useMemo(() => [p50, p95], [p50, p95]);
  const longest = Math.max(0, ...p95.map((value) => value ?? 0));
  const openSpan = (from: number, to: number) =>
    go(
      `/jobs?finishedSince=${new Date(from).toISOString()}&finishedUntil=${new Date(to).toISOString()}&sort=-finishedAt`,
    );
  return (
    <div className="plots">
      <figure>
        <figcaption>
          Jobs that finished, and that failed among them{' '}
          <span className="quiet hide-on-phone">· drag across to see them</span>
        </figcaption>
        <Plot
          summary={`In the last ${range} ${formatCount(all)} jobs finished; ${formatCount(bad)} of them failed.`}
          at={at}
          stepMs={RANGES[range].bucketMs}
          values={bars}
          series={FINISHED}
          format={formatCompact}
          increments={WHOLE}
          onSelect={openSpan}
        />
      </figure>
      <figure>
        <figcaption>How long jobs took that succeeded</figcaption>
        <Plot
          summary={`The 95th percentile of durations was at most ${formatDuration(longest)} in the last ${range}.`}
          at={at}
          stepMs={RANGES[range].bucketMs}
          values={lines}
          series={DURATIONS}
          format={formatDuration}
          increments={SPANS}
          onSelect={openSpan}
        />
      </figure>
    </div>
  );
}

/** The same numbers, latest first. */
function HistoryTable({ history }: { history: History }) {
  const inZone = useStore(zone);
  const { at, finished, failed, p50, p95 } = history;
  const places = at.map((_, place) => place).reverse();
  return (
    <div className="table-frame history-table" role="region" aria-label="Over time" tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">
          Jobs that finished, and how long those took that succeeded
        </caption>
        <thead>
          <tr>
            {['From', 'Finished', 'Failed', 'Median', '95th percentile'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {places.map((place) => (
            <tr key={at[place]}>
              <td data-label="From">{formatExact(at[place]!, inZone)}</td>
              <td data-label="Finished">{formatCount(finished[place]!)}</td>
              <td data-label="Failed">{formatCount(failed[place]!)}</td>
              <td data-label="Median">{durationText(p50[place]!)}</td>
              <td data-label="95th percentile">{durationText(p95[place]!)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function durationText(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms);
}

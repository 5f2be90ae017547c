import { useQueryClient } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { useEvents } from '../../api/use-events';
import { LiveState } from '../../ui/live-state';
import { ErrorState } from '../../ui/notices';
import { usePageTitle } from '../../ui/page-title';
import { Knowledge } from './knowledge';
import { readRange } from './history';
import { HistoryPanel } from './history-panel';
import './overview.css';
import { useCounts, useFinished } from './overview.queries';
import { LongestRunning } from './longest-running';
import { Overdue } from './overdue';
import { RecentFailures } from './recent-failures';
import { SourcesPanel } from './sources-panel';
import { StateTiles } from './state-tiles';

/** What somebody on call wants to know first: what we cannot see, what failed, what is stuck. */
export default function OverviewPage() {
  const [parameters, setParameters] = useSearchParams();
  const range = readRange(parameters.get('range'));
  const counts = useCounts();
  const finished = useFinished(range);
  const client = useQueryClient();
  const refetch = () => void client.invalidateQueries({ queryKey: ['overview'] });
  // changes of health are rare and matter at once; everything else is asked for every few seconds
  const live = useEvents({ types: ['source.health'] }, refetch, refetch);
  const failing = counts.data?.coverage.degraded.filter(({ health }) => health === 'failing').length ?? 0;
  usePageTitle(failing > 0 ? `${failing} blind · Overview` : 'Overview');

  return (
    <>
      <div className="page-head">
        <h1>Overview</h1>
        <LiveState state={live} />
      </div>
      {counts.error ? <ErrorState error={counts.error} onRetry={refetch} /> : null}
      <Knowledge coverage={counts.data?.coverage ?? null} />
      <Overdue />
      <StateTiles counts={counts.data?.data ?? null} finished={finished.data?.data ?? null} range={range} />
      <HistoryPanel
        range={range}
        onRange={(chosen) => setParameters(chosen === '24h' ? {} : { range: chosen })}
        finished={finished}
      />
      <div className="overview-columns">
        <RecentFailures />
        <LongestRunning />
      </div>
      <SourcesPanel />
    </>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import type { Source } from '../../../../client/src/index';
import { ProblemError } from '../../api/client';
import { useEvents } from '../../api/use-events';
import { HealthBadge } from '../../ui/badges';
import { CopyCurl } from '../../ui/copy-curl';
import { LiveState } from '../../ui/live-state';
import { ErrorState, LoadingState } from '../../ui/notices';
import { usePageTitle } from '../../ui/page-title';
import { CompleteThrough } from '../sources/complete-through';
import { HEALTH_MEANINGS, reasonMeaning } from '../sources/health-words';
import { sourceKey, useSource } from '../sources/sources.queries';
import { ErrorKinds } from './error-kinds';
import { HealthHistory } from './health-history';
import { LastError } from './last-error';
import { PollHistory } from './poll-history';
import { Rejects } from './rejects';
import { SourceActions } from './source-actions';
import { SourceFacts } from './source-facts';
import { SourceJobs } from './source-jobs';
import { UnknownSource } from './unknown-source';
import { Unmapped } from './unmapped';
import '../../styles/details.css';
import '../sources/sources.css';
import './source.css';

/** One source: how far we see it, what is wrong, and what to do about it. */
export default function SourcePage({ sourceKey: key }: { sourceKey: string }) {
  const { data: source, error, refetch } = useSource(key);
  const queries = useQueryClient();
  const ask = () => void queries.invalidateQueries({ queryKey: sourceKey(key) });
  const stream = useEvents(
    source === undefined ? null : { source: [key], types: ['source.health'] },
    ask,
    ask,
  );
  usePageTitle(source === undefined ? key.slice(0, 80) : `${source.health} · ${key}`);

  if (source === undefined) {
    if (error === null) return <LoadingState what="the source" lines={8} />;
    return error instanceof ProblemError && error.status === 404 ? (
      <UnknownSource name={key} />
    ) : (
      <ErrorState error={error} onRetry={() => void refetch()} />
    );
  }
  return (
    <>
      <div className="page-head">
        <h1>{source.key}</h1>
        {source.label === null ? null : (
          <span className="quiet">
            <bdi>{source.label}</bdi>
          </span>
        )}
        <LiveState state={stream} />
        <div className="actions">
          <CopyCurl path={`/api/v1/sources/${source.key}`} />
          <SourceActions source={source} />
        </div>
      </div>
      {error === null ? null : <ErrorState error={error} onRetry={() => void refetch()} />}
      <Knowledge source={source} />
      <LastError source={source} />
      <div className="split">
        <SourceFacts source={source} />
        <SourceJobs source={source} />
      </div>
      <Unmapped source={source} />
      <Rejects source={source} />
      <PollHistory name={source.key} />
      <HealthHistory name={source.key} />
      <ErrorKinds present={source.lastError?.kind ?? null} />
    </>
  );
}

/** The one sentence that matters, as loud as it is bad. */
function Knowledge({ source }: { source: Source }) {
  const isBlind = source.health === 'failing';
  return (
    <section className={isBlind ? 'alarm' : 'panel stack'} aria-label="What we know">
      <p className="knowledge-line">
        <HealthBadge health={source.health} reason={source.reason} />
        <span>
          <CompleteThrough source={source} />
        </span>
      </p>
      <p className={isBlind ? undefined : 'quiet'}>
        {HEALTH_MEANINGS[source.health]} {reasonMeaning(source.reason)}
      </p>
    </section>
  );
}

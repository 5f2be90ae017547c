import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Source } from '../../../../client/src/index';
import { useClient } from '../../api/client';
import { Dialog } from '../../ui/dialog';
import { Icon } from '../../ui/icons';
import { Refusal } from '../../ui/refusal';
import { announce } from '../../ui/toasts';
import { sourceKey } from '../sources/sources.queries';
import { PauseDialog } from './pause-dialog';

/** Poll now, sweep now, preview, pause, resume. What is refused is shown whole. */
export function SourceActions({ source }: { source: Source }) {
  const client = useClient();
  const queries = useQueryClient();
  const [isPausing, setPausing] = useState(false);
  const path = { key: source.key };
  const ask = () => void queries.invalidateQueries({ queryKey: sourceKey(source.key) });
  const poll = useMutation({
    mutationFn: async (sweep: boolean) =>
      client.api.POST('/api/v1/sources/{key}/poll', { params: { path, query: sweep ? { sweep } : {} } }),
    onSuccess: (_, sweep) => {
      announce(sweep ? 'A sweep is due now' : 'A poll is due now');
      ask();
    },
  });
  const resume = useMutation({
    mutationFn: async () => client.api.POST('/api/v1/sources/{key}/resume', { params: { path } }),
    onSuccess: ({ data }) => {
      announce('Resumed: it is due now');
      if (data !== undefined) queries.setQueryData(sourceKey(source.key), data);
      ask();
    },
  });
  if (source.health === 'retired') return null;
  const isPaused = source.health === 'paused';
  const isDisabled = isPaused && !source.enabled;
  const failed = [poll, resume].find(({ error }) => error !== null);
  return (
    <>
      <button type="button" className="button" data-key="refresh" onClick={() => poll.mutate(false)}>
        <Icon name="refresh" /> Poll now
      </button>
      <button
        type="button"
        className="button"
        title="Reads the whole collection, and so finds what is gone"
        onClick={() => poll.mutate(true)}
      >
        Sweep now
      </button>
      {source.actions.includes('preview') ? (
        <Link
          href={`/sources/${source.key}/preview`}
          className="button"
          title="Reads one page now and shows what would become of it"
        >
          <Icon name="search" /> Preview
        </Link>
      ) : null}
      {isDisabled ? null : isPaused ? (
        <button type="button" className="button button-main" onClick={() => resume.mutate()}>
          <Icon name="play" /> Resume
        </button>
      ) : (
        <button type="button" className="button" onClick={() => setPausing(true)}>
          <Icon name="pause" /> Pause…
        </button>
      )}
      {isPausing ? <PauseDialog source={source} onClose={() => setPausing(false)} /> : null}
      {failed === undefined ? null : (
        <Dialog
          title={failed === poll ? 'It is not polled' : 'It is not resumed'}
          onClose={() => failed.reset()}
        >
          <Refusal error={failed.error} />
        </Dialog>
      )}
    </>
  );
}

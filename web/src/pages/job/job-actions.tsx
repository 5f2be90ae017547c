import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Job } from '../../../../client/src/index';
import { useClient } from '../../api/client';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { Dialog } from '../../ui/dialog';
import { Icon } from '../../ui/icons';
import { titleOf } from '../../ui/job-link';
import { Refusal } from '../../ui/refusal';
import { announce } from '../../ui/toasts';
import { jobKey } from './job-words';

type Action = Job['actions'][number];

const WORDS: Record<Action, { title: string; verb: string; what: string; done: string }> = {
  cancel: {
    title: 'Cancel this job?',
    verb: 'Cancel the job',
    what: 'The platform is asked once to stop it. What it has done until then stays; it cannot be gone on with.',
    done: 'The platform took the cancellation',
  },
  start: {
    title: 'Start this job now?',
    verb: 'Start the job',
    what: 'The platform is asked once to run it now, before its planned time.',
    done: 'The platform took the start',
  },
};

/** What the platform allows now, after a question; and reading the job anew. A refusal is shown whole. */
export function JobActions({ job }: { job: Job }) {
  const [asked, setAsked] = useState<Action | null>(null);
  return (
    <>
      {job.actions.map((action) => (
        <button
          key={action}
          type="button"
          className={action === 'cancel' ? 'button button-danger' : 'button'}
          onClick={() => setAsked(action)}
        >
          <Icon name={action === 'cancel' ? 'stop' : 'play'} />
          {WORDS[action].verb}
        </button>
      ))}
      <Refresh job={job} />
      {asked === null ? null : <Act job={job} action={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function Act({ job, action, onClose }: { job: Job; action: Action; onClose: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const { title, verb, what, done } = WORDS[action];
  const act = useMutation({
    mutationFn: async () =>
      client.api.POST('/api/v1/jobs/{id}/actions/{action}', { params: { path: { id: job.id, action } } }),
    onSuccess: ({ data, response }) => {
      announce(response.status === 202 ? `${done}; how it ends comes with the next poll` : done);
      if (data !== undefined) queries.setQueryData(jobKey(job.id), data);
      void queries.invalidateQueries({ queryKey: jobKey(job.id) });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={title}
      verb={verb}
      isDangerous={action === 'cancel'}
      isPending={act.isPending}
      error={act.error}
      onConfirm={() => act.mutate()}
      onClose={onClose}
    >
      <p>
        <strong>
          <bdi>{titleOf(job).slice(0, 200)}</bdi>
        </strong>{' '}
        on {job.source}
      </p>
      <p>{what} Rollcall never repeats it by itself.</p>
    </ConfirmDialog>
  );
}

function Refresh({ job }: { job: Job }) {
  const client = useClient();
  const queries = useQueryClient();
  const refresh = useMutation({
    mutationFn: async () =>
      client.api.POST('/api/v1/jobs/{id}/refresh', { params: { path: { id: job.id } } }),
    onSuccess: ({ data }) => {
      announce(
        data?.version === job.version ? 'Read again: nothing has changed' : 'Read again: it has changed',
      );
      if (data !== undefined) queries.setQueryData(jobKey(job.id), data);
      void queries.invalidateQueries({ queryKey: jobKey(job.id) });
    },
  });
  return (
    <>
      <button
        type="button"
        className="button"
        data-key="refresh"
        title="Reads this one job from its platform now (r)"
        aria-disabled={refresh.isPending}
        onClick={() => {
          if (!refresh.isPending) refresh.mutate();
        }}
      >
        <Icon name="refresh" />
        {refresh.isPending ? 'Reading…' : 'Read again'}
      </button>
      {refresh.error === null ? null : (
        <Dialog title="It was not read again" onClose={() => refresh.reset()}>
          <Refusal error={refresh.error} />
        </Dialog>
      )}
    </>
  );
}

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Source } from '../../../../client/src/index';
import { useClient } from '../../api/client';
import { serverNow } from '../../api/clock';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { announce } from '../../ui/toasts';
import { sourceKey } from '../sources/sources.queries';

const MINUTE = 60_000;

const LENGTHS: readonly (readonly [name: string, ms: number | null])[] = [
  ['15 minutes', 15 * MINUTE],
  ['an hour', 60 * MINUTE],
  ['4 hours', 240 * MINUTE],
  ['a day', 1_440 * MINUTE],
  ['until somebody resumes it', null],
];

/** Asks for how long. A pause survives restarts, so one without an end is chosen on purpose. */
export function PauseDialog({ source, onClose }: { source: Source; onClose: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const id = useId();
  const [choice, setChoice] = useState(1);
  const pause = useMutation({
    mutationFn: async () => {
      const [, ms] = LENGTHS[choice]!;
      const body = ms === null ? {} : { until: new Date(serverNow() + ms).toISOString() };
      return client.api.POST('/api/v1/sources/{key}/pause', { params: { path: { key: source.key } }, body });
    },
    onSuccess: ({ data }) => {
      announce(`Paused: ${source.key} is not polled`);
      if (data !== undefined) queries.setQueryData(sourceKey(source.key), data);
      void queries.invalidateQueries({ queryKey: sourceKey(source.key) });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={`Pause ${source.key}?`}
      verb="Pause"
      isPending={pause.isPending}
      error={pause.error}
      onConfirm={() => pause.mutate()}
      onClose={onClose}
    >
      <p>
        No poll begins while it lasts: nobody will know what happens there. One that is under way ends as it
        would. What happened meanwhile is read when it ends.
      </p>
      <p className="field">
        <label htmlFor={id}>For how long</label>
        <select id={id} value={choice} onChange={({ target }) => setChoice(Number(target.value))}>
          {LENGTHS.map(([name], index) => (
            <option key={name} value={index}>
              {name}
            </option>
          ))}
        </select>
      </p>
    </ConfirmDialog>
  );
}

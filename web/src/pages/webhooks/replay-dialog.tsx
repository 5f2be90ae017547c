import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useClient } from '../../api/client';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { Field } from '../../ui/field';
import { announce } from '../../ui/toasts';
import { type Webhook, WEBHOOKS } from './webhooks.queries';

/** Everything since a time once more, for a receiver that lost it. */
export function ReplayDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const [since, setSince] = useState('-1h');
  const replay = useMutation({
    mutationFn: async () =>
      client.api.POST('/api/v1/webhooks/{id}/replay', {
        params: { path: { id: webhook.id } },
        body: { since: since.trim() },
      }),
    onSuccess: () => {
      announce('It is delivered again, one after the other');
      void queries.invalidateQueries({ queryKey: WEBHOOKS });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={`Deliver again to ${webhook.name}`}
      verb="Deliver again"
      isPending={replay.isPending}
      error={replay.error}
      onConfirm={() => replay.mutate()}
      onClose={onClose}
    >
      <p>
        Everything that fits its types and filter since then is sent once more, with ids of its own: a
        receiver that has taken it before takes it twice. One single delivery is sent again from its own row.
      </p>
      <Field
        label="Since"
        hint={
          <>
            <code>-1h</code>, <code>-7d</code>, or a time such as <code>2026-01-15T10:00:00Z</code>
          </>
        }
      >
        {(field) => <input {...field} value={since} onChange={({ target }) => setSince(target.value)} />}
      </Field>
    </ConfirmDialog>
  );
}

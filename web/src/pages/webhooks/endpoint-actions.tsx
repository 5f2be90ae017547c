import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useClient } from '../../api/client';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { Dialog } from '../../ui/dialog';
import { Refusal } from '../../ui/refusal';
import { announce } from '../../ui/toasts';
import { EditDialog } from './edit-dialog';
import { ReplayDialog } from './replay-dialog';
import { Secret } from './secret';
import { type Webhook, WEBHOOKS } from './webhooks.queries';

type Asked = 'edit' | 'replay' | 'rotate' | 'delete';

/** All that can be done to an endpoint. One of the configuration is changed there; the service says so to whoever tries. */
export function EndpointActions({ webhook, onDeleted }: { webhook: Webhook; onDeleted: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const params = { path: { id: webhook.id } };
  const refetch = () => void queries.invalidateQueries({ queryKey: WEBHOOKS });
  const test = useMutation({
    mutationFn: async () => client.api.POST('/api/v1/webhooks/{id}/test', { params }),
    onSuccess: () => {
      announce('A test is on its way: it is the first of the deliveries');
      refetch();
    },
  });
  const toggle = useMutation({
    mutationFn: async () => {
      // a change names what changes; the document's defaults are of a new endpoint
      const body = { enabled: !webhook.enabled } as never;
      return client.api.PATCH('/api/v1/webhooks/{id}', { params, body });
    },
    onSuccess: () => {
      announce(webhook.enabled ? 'Disabled' : 'Enabled: it goes on where it stopped');
      refetch();
    },
  });
  const rotate = useMutation({
    mutationFn: async () => (await client.api.POST('/api/v1/webhooks/{id}/rotate-secret', { params })).data!,
    onSuccess: refetch,
  });
  const remove = useMutation({
    mutationFn: async () => client.api.DELETE('/api/v1/webhooks/{id}', { params }),
    onSuccess: () => {
      announce(`Deleted ${webhook.name}`);
      onDeleted();
      refetch();
    },
  });
  const refused = [test, toggle].find(({ error }) => error !== null);
  return (
    <div className="actions">
      <button type="button" className="button" onClick={() => test.mutate()}>
        Send a test
      </button>
      <button type="button" className="button" onClick={() => setAsked('replay')}>
        Deliver again…
      </button>
      <button type="button" className="button" onClick={() => toggle.mutate()}>
        {webhook.enabled ? 'Disable' : 'Enable'}
      </button>
      <button type="button" className="button" onClick={() => setAsked('edit')}>
        Change…
      </button>
      <button type="button" className="button" onClick={() => setAsked('rotate')}>
        New secret…
      </button>
      <button type="button" className="button button-danger" onClick={() => setAsked('delete')}>
        Delete…
      </button>
      {asked === 'edit' ? <EditDialog webhook={webhook} onClose={close} /> : null}
      {asked === 'replay' ? <ReplayDialog webhook={webhook} onClose={close} /> : null}
      {asked === 'rotate' && rotate.data === undefined ? (
        <ConfirmDialog
          title={`A new secret for ${webhook.name}?`}
          verb="Make a new secret"
          isPending={rotate.isPending}
          error={rotate.error}
          onConfirm={() => rotate.mutate()}
          onClose={close}
        >
          <p>
            Messages are signed with both secrets for a day, so that the receiver can change in its own time.
            After that only the new one counts.
          </p>
        </ConfirmDialog>
      ) : null}
      {rotate.data === undefined ? null : (
        <Dialog title="Its new secret" onClose={() => rotate.reset()}>
          <Secret
            secret={rotate.data.secret}
            onDone={() => {
              rotate.reset();
              close();
            }}
          />
        </Dialog>
      )}
      {asked === 'delete' ? (
        <ConfirmDialog
          title={`Delete ${webhook.name}?`}
          verb="Delete it"
          isDangerous
          isPending={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={close}
        >
          <p>
            It is told of nothing any more, what waits for it is dropped, and its deliveries are forgotten.
            That cannot be undone; to have it rest, disable it.
          </p>
        </ConfirmDialog>
      ) : null}
      {refused === undefined ? null : (
        <Dialog title="It was not done" onClose={() => refused.reset()}>
          <Refusal error={refused.error} />
        </Dialog>
      )}
    </div>
  );
}

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useClient } from '../../api/client';
import { Dialog } from '../../ui/dialog';
import { announce } from '../../ui/toasts';
import { bodyOf, draftOf, type EndpointDraft, isHidden } from './endpoint-draft';
import { EndpointForm } from './endpoint-form';
import { type Webhook, WEBHOOKS } from './webhooks.queries';

export function EditDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: async (draft: EndpointDraft) => {
      const { secret: _, ...body } = bodyOf(draft);
      return client.api.PATCH('/api/v1/webhooks/{id}', { params: { path: { id: webhook.id } }, body });
    },
    onSuccess: () => {
      announce('Changed');
      void queries.invalidateQueries({ queryKey: WEBHOOKS });
      onClose();
    },
  });
  return (
    <Dialog title={`Change ${webhook.name}`} onClose={onClose}>
      <EndpointForm
        initial={draftOf(webhook)}
        isChange
        hiddenUrl={isHidden(webhook.url) ? webhook.url : null}
        verb="Change it"
        isPending={change.isPending}
        error={change.error}
        onSubmit={(draft) => change.mutate(draft)}
        onCancel={onClose}
      />
    </Dialog>
  );
}

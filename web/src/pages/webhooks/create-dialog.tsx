import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useClient } from '../../api/client';
import { Dialog } from '../../ui/dialog';
import { announce } from '../../ui/toasts';
import { bodyOf, type EndpointDraft, NEW_ENDPOINT } from './endpoint-draft';
import { EndpointForm } from './endpoint-form';
import { Secret } from './secret';
import { WEBHOOKS } from './webhooks.queries';

export function CreateDialog({ onClose, onMade }: { onClose: () => void; onMade: (id: string) => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const create = useMutation({
    mutationFn: async (draft: EndpointDraft) =>
      (await client.api.POST('/api/v1/webhooks', { body: bodyOf(draft) })).data!,
    onSuccess: ({ name }) => {
      announce(`Made ${name}`);
      void queries.invalidateQueries({ queryKey: WEBHOOKS });
    },
  });
  const made = create.data;
  const finish = () => {
    if (made !== undefined) onMade(made.id);
    onClose();
  };
  return (
    <Dialog title={made === undefined ? 'New endpoint' : 'Its secret'} onClose={finish}>
      {made === undefined ? (
        <EndpointForm
          initial={NEW_ENDPOINT}
          isChange={false}
          verb="Make it"
          isPending={create.isPending}
          error={create.error}
          onSubmit={(draft) => create.mutate(draft)}
          onCancel={onClose}
        />
      ) : (
        <Secret secret={made.secret} onDone={finish} />
      )}
    </Dialog>
  );
}

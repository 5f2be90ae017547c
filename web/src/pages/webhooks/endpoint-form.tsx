import { type ReactNode, useState } from 'react';
import { ProblemError } from '../../api/client';
import { Field } from '../../ui/field';
import { Refusal } from '../../ui/refusal';
import { type EndpointDraft } from './endpoint-draft';
import { ALERTING, EVENT_TYPES, FORMAT_WORDS, FORMATS } from './endpoint-choices';

interface FormProps {
  initial: EndpointDraft;
  /** The endpoint is there already: its secret is changed by rotation, and hidden fields stay as they are. */
  isChange: boolean;
  /** In place of an address that is not shown. */
  hiddenUrl?: string | null;
  verb: string;
  isPending: boolean;
  error: Error | null;
  onSubmit: (draft: EndpointDraft) => void;
  onCancel: () => void;
}

/** Every field of an endpoint; what the service refuses stands at the field that it is about. */
export function EndpointForm(props: FormProps) {
  const { initial, isChange, hiddenUrl = null, verb, isPending, error, onSubmit, onCancel } = props;
  const [draft, setDraft] = useState(initial);
  const set = (change: Partial<EndpointDraft>) => setDraft({ ...draft, ...change });
  const { at, rest } = faultsOf(error);
  const isAlerting = ALERTING.includes(draft.format);
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!isPending) onSubmit(draft);
      }}
    >
      <Field label="Name" faults={at('name')} hint="No two alike.">
        {(field) => (
          <input
            {...field}
            autoComplete="off"
            value={draft.name}
            onChange={({ target }) => set({ name: target.value })}
          />
        )}
      </Field>
      <Field label="Format" faults={at('format')}>
        {(field) => (
          <select
            {...field}
            value={draft.format}
            onChange={({ target }) => set({ format: target.value as EndpointDraft['format'] })}
          >
            {FORMATS.map((format) => (
              <option key={format} value={format}>
                {format}: {FORMAT_WORDS[format]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field
        label="Address"
        faults={at('url')}
        hint={
          hiddenUrl === null ? (
            draft.format === 'pagerduty' ? (
              'Left empty: PagerDuty’s public address.'
            ) : (
              'http or https. Private and loopback addresses only where webhooks.allowPrivateAddresses says so.'
            )
          ) : (
            <>
              Left empty it stays <code>{hiddenUrl}</code>; what may be secret is not shown.
            </>
          )
        }
      >
        {(field) => (
          <input
            {...field}
            type="url"
            autoComplete="off"
            spellCheck={false}
            placeholder="https://hooks.example.com/rollcall"
            value={draft.url}
            onChange={({ target }) => set({ url: target.value })}
          />
        )}
      </Field>
      <FormatOptions draft={draft} isChange={isChange} at={at} set={set} />
      <Types draft={draft} faults={at('types')} set={set} />
      <Field
        label="Only jobs that fit"
        faults={at('filter')}
        hint={
          <>
            Parameters of the list of jobs, as in its address:{' '}
            <code>state=failed,missed&amp;source=charts</code>. Empty: every job.
          </>
        }
      >
        {(field) => (
          <input
            {...field}
            autoComplete="off"
            spellCheck={false}
            value={draft.filter}
            onChange={({ target }) => set({ filter: target.value })}
          />
        )}
      </Field>
      {isAlerting ? (
        <Field
          label="An alert ends by itself after"
          faults={at('resolveAfter')}
          hint="…so long without a later run of its type: 1m to 30d."
        >
          {(field) => (
            <input
              {...field}
              value={draft.resolveAfter}
              onChange={({ target }) => set({ resolveAfter: target.value })}
            />
          )}
        </Field>
      ) : null}
      {isChange || isAlerting ? null : (
        <Field
          label="Secret"
          faults={at('secret')}
          hint="whsec_ and the base64 of 24 to 64 bytes. Empty: one is made, and shown once."
        >
          {(field) => (
            <input
              {...field}
              type="password"
              autoComplete="off"
              spellCheck={false}
              value={draft.secret}
              onChange={({ target }) => set({ secret: target.value })}
            />
          )}
        </Field>
      )}
      <div>
        <Check isOn={draft.includeBackfill} onChange={(includeBackfill) => set({ includeBackfill })}>
          Tell it of history too: of what the first read of a new source finds
        </Check>
        <Check isOn={draft.enabled} onChange={(enabled) => set({ enabled })}>
          Enabled
        </Check>
      </div>
      {rest === null ? null : <Refusal error={rest} />}
      <p className="actions">
        <button type="submit" className="button button-main" aria-disabled={isPending}>
          {isPending ? 'One moment…' : verb}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Leave it
        </button>
      </p>
    </form>
  );
}

interface PartProps {
  draft: EndpointDraft;
  set: (change: Partial<EndpointDraft>) => void;
}

function FormatOptions({
  draft,
  isChange,
  at,
  set,
}: PartProps & { isChange: boolean; at: (name: string) => string[] }) {
  if (draft.format === 'pagerduty')
    return (
      <>
        <Field
          label="Integration key"
          faults={at('options/routingKey')}
          hint={isChange ? 'Left empty it stays as it is.' : 'Of PagerDuty’s Events API v2: 32 characters.'}
        >
          {(field) => (
            <input
              {...field}
              type="password"
              autoComplete="off"
              value={draft.routingKey}
              onChange={({ target }) => set({ routingKey: target.value })}
            />
          )}
        </Field>
        <Field label="Severity" faults={at('options/severity')}>
          {(field) => (
            <select
              {...field}
              value={draft.severity}
              onChange={({ target }) => set({ severity: target.value })}
            >
              {['critical', 'error', 'warning', 'info'].map((severity) => (
                <option key={severity}>{severity}</option>
              ))}
            </select>
          )}
        </Field>
      </>
    );
  if (draft.format === 'alertmanager')
    return (
      <Field
        label="Labels of every alert"
        faults={at('options/labels')}
        hint={
          <>
            <code>team=navigation</code>, one a line.
          </>
        }
      >
        {(field) => (
          <textarea
            {...field}
            rows={3}
            spellCheck={false}
            value={draft.labels}
            onChange={({ target }) => set({ labels: target.value })}
          />
        )}
      </Field>
    );
  return null;
}

function Types({ draft: { types }, faults, set }: PartProps & { faults: readonly string[] }) {
  return (
    <fieldset>
      <legend>Types of events</legend>
      <Check
        isOn={types === null}
        onChange={(isDefault) =>
          set({ types: isDefault ? null : EVENT_TYPES.filter((type) => type !== 'job.changed') })
        }
      >
        All but job.changed
      </Check>
      {types === null ? null : (
        <div className="checks">
          {EVENT_TYPES.map((type) => (
            <Check
              key={type}
              isOn={types.includes(type)}
              onChange={(isOn) =>
                set({ types: EVENT_TYPES.filter((one) => (one === type ? isOn : types.includes(one))) })
              }
            >
              {type}
            </Check>
          ))}
        </div>
      )}
      {faults.length === 0 ? null : <p className="field-fault">{faults.join('; ')}</p>}
    </fieldset>
  );
}

function Check({
  isOn,
  onChange,
  children,
}: {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  children: ReactNode;
}) {
  return (
    <label className="check">
      <input type="checkbox" checked={isOn} onChange={({ target }) => onChange(target.checked)} />
      {children}
    </label>
  );
}

const FIELDS = ['name', 'format', 'url', 'types', 'filter', 'resolveAfter', 'secret'];
const OPTIONS = ['options/routingKey', 'options/severity', 'options/labels'];

/** Which faults belong to which field; `rest` is what belongs to none, to be shown as a whole. */
function faultsOf(error: Error | null): { at: (name: string) => string[]; rest: Error | null } {
  const faults = error instanceof ProblemError ? (error.problem?.errors ?? []) : [];
  const isAt = (pointer: string, name: string) => pointer === `#/${name}` || pointer.startsWith(`#/${name}/`);
  const found = faults.map((fault) => ({
    pointer: 'pointer' in fault ? fault.pointer : '',
    detail: fault.detail,
  }));
  const isPlaced = ({ pointer }: { pointer: string }) =>
    [...FIELDS, ...OPTIONS].some((name) => isAt(pointer, name));
  return {
    at: (name) =>
      found
        .filter(({ pointer }) => isAt(pointer, name))
        .map(({ pointer, detail }) => within(pointer, name) + detail),
    rest: found.length > 0 && found.every(isPlaced) ? null : error,
  };
}

/** Where within the field, for those that have parts. */
function within(pointer: string, name: string): string {
  const part = pointer.slice(name.length + 3);
  return part === '' ? '' : `${decodeURIComponent(part)} `;
}

import { useId } from 'react';
import type { components } from '../../../../client/src/index';
import { StateBadge } from '../../ui/badges';
import { CopyButton } from '../../ui/copy';
import { FieldCells, FieldHeadings } from '../../ui/field-cells';
import { JsonView } from '../../ui/json-view';

type Previewed = components['schemas']['PreviewedRecord'];
type Field = components['schemas']['PreviewedField'];
type Named = readonly [name: string, field: Field];

/** A record as the platform sent it, beside the job that it would become. */
export function PreviewRecord({ previewed: { record, job, fields } }: { previewed: Previewed }) {
  const id = useId();
  const named = Object.entries(fields).flatMap(([name, field]) => partsOf(name, field));
  const said = named.filter(([, field]) => !isSilent(field));
  const name = job.name ?? job.externalId;
  return (
    <section className="panel" aria-labelledby={id}>
      <header>
        <h2 id={id} className="preview-name">
          <bdi>{name.slice(0, 120)}</bdi>
        </h2>
        <span className="actions">
          <StateBadge state={job.state} reason={job.reason} />
          {name === job.externalId ? null : (
            <code className="quiet preview-name">
              <bdi>{job.externalId.slice(0, 120)}</bdi>
            </code>
          )}
        </span>
      </header>
      <div className="preview-record">
        <div className="stack">
          <div className="page-head">
            <h3>What the platform says</h3>
            <span className="actions">
              <CopyButton text={() => JSON.stringify(record, null, 2)} what="the record" />
            </span>
          </div>
          <JsonView value={record} open={3} />
        </div>
        <div className="stack">
          <div className="page-head">
            <h3>What becomes of it</h3>
          </div>
          <div
            className="table-frame"
            role="region"
            aria-label={`Fields of ${name.slice(0, 120)}`}
            tabIndex={0}
          >
            <table className="table table-fields">
              <caption className="visually-hidden">Fields of the job, and why each is what it is</caption>
              <thead>
                <tr>
                  <FieldHeadings />
                </tr>
              </thead>
              <tbody>
                {said.map(([field, why]) => (
                  <tr key={field}>
                    <FieldCells name={field} field={why} />
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Silent fields={named.filter(([, field]) => isSilent(field))} />
        </div>
      </div>
    </section>
  );
}

/** Fields that no part of the record decides and that are empty: their rules are short, and most are the same. */
function Silent({ fields }: { fields: readonly Named[] }) {
  const byRule = new Map<string, string[]>();
  for (const [name, { rule }] of fields) {
    const why = rule ?? 'nothing says anything of it';
    byRule.set(why, [...(byRule.get(why) ?? []), name]);
  }
  if (byRule.size === 0) return null;
  return (
    <ul className="preview-silent quiet small">
      {[...byRule].map(([rule, names]) => (
        <li key={rule}>
          {names.map((name, index) => (
            <span key={name}>
              {index === 0 ? '' : ', '}
              <code>{name}</code>
            </span>
          ))}
          : {rule}
        </li>
      ))}
    </ul>
  );
}

/** A field with parts, part by part. */
function partsOf(name: string, field: Field): Named[] {
  const { path, value, raw } = field;
  if (typeof path !== 'object' || path === null || Array.isArray(path)) return [[name, field]];
  const at = (whole: unknown, part: string) => (whole as Record<string, unknown> | null)?.[part] ?? null;
  return Object.entries(path).map(([part, from]): Named => [
    `${name}.${part}`,
    { ...field, path: from, value: at(value, part), raw: at(raw, part) },
  ]);
}

function isSilent({ path, value, provenance }: Field): boolean {
  const isEmpty = value === null || (typeof value === 'object' && Object.keys(value as object).length === 0);
  return path === null && isEmpty && provenance === null;
}

import type { components } from '../../../client/src/index';
import { LongText } from './long-text';
import { PROVENANCE_WORDS } from './provenance';

type Explained = Pick<
  components['schemas']['FieldExplanation'],
  'value' | 'raw' | 'path' | 'rule' | 'provenance' | 'note'
>;

/** The headings of {@link FieldCells}. */
export function FieldHeadings() {
  return (
    <>
      <th scope="col">Field</th>
      <th scope="col">Value</th>
      <th scope="col">The record says</th>
      <th scope="col">Rule</th>
    </>
  );
}

/** A field of a job: its value, what of the upstream record decides it, and how. */
export function FieldCells({
  name,
  field: { value, raw, path, rule, provenance, note },
  from,
}: {
  name: string;
  field: Explained;
  /** The record that `path` is in, where there may be several. */
  from?: string | null;
}) {
  return (
    <>
      <td data-label="Field" className="number">
        <code>{name}</code>
      </td>
      <td data-label="Value">
        <Value value={value} />
      </td>
      <td data-label="The record says">
        {path === null ? (
          <span className="none">–</span>
        ) : (
          <span className="stack-tight">
            <code className="quiet">
              {from ? `${from}: ` : ''}
              {pathText(path)}
            </code>
            <Value value={raw} />
          </span>
        )}
      </td>
      <td data-label="Rule">
        <span className="explained">
          {rule ?? <span className="none">not known any more</span>}
          {/* of what is unknown the note says it already */}
          {provenance === null || (provenance === 'unknown' && note !== null) ? null : (
            <span className="quiet small"> · {PROVENANCE_WORDS[provenance] ?? provenance}</span>
          )}
          {note === null ? null : <span className="quiet small"> · {note}</span>}
        </span>
      </td>
    </>
  );
}

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="none">null</span>;
  return <LongText text={typeof value === 'string' ? value : JSON.stringify(value)} code />;
}

function pathText(path: NonNullable<Explained['path']>): string {
  if (typeof path === 'string') return path;
  if (Array.isArray(path)) return path.join(', ');
  return Object.keys(path).join(', ');
}

import { plural } from '../format/quantities';
import { LongText } from './long-text';

/** Deeper than this, and beyond so many members, JSON is shown as plain text: a hostile record must not build a page of a million nodes. */
const DEEPEST = 8;
const MOST_MEMBERS = 200;

interface JsonProps {
  value: unknown;
  /** How deep it is open before anybody touches it. */
  open?: number;
}

/** JSON as a tree whose branches open and close. */
export function JsonView({ value, open = 2 }: JsonProps) {
  return (
    <div className="json">
      <Branch value={value} name={null} depth={0} open={open} />
    </div>
  );
}

function Branch({
  value,
  name,
  depth,
  open,
}: {
  value: unknown;
  name: string | null;
  depth: number;
  open: number;
}) {
  const label =
    name === null ? null : (
      <span className="json-name">
        <bdi>{name.length > 200 ? `${name.slice(0, 200)}…` : name}</bdi>:{' '}
      </span>
    );
  if (typeof value !== 'object' || value === null)
    return (
      <div className="json-leaf">
        {label}
        <Scalar value={value} />
      </div>
    );
  const members = Object.entries(value);
  const size = Array.isArray(value) ? plural(members.length, 'item') : plural(members.length, 'member');
  if (members.length === 0 || depth >= DEEPEST)
    return (
      <div className="json-leaf">
        {label}
        <LongText text={JSON.stringify(value)} />
      </div>
    );
  return (
    <details open={depth < open}>
      <summary>
        {label}
        <span className="quiet">{Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
      </summary>
      <div className="json-members">
        {members.slice(0, MOST_MEMBERS).map(([key, member]) => (
          <Branch key={key} value={member} name={key} depth={depth + 1} open={open} />
        ))}
        {members.length > MOST_MEMBERS ? (
          <p className="quiet">
            {plural(members.length - MOST_MEMBERS, 'more')}: copy the record to read them.
          </p>
        ) : null}
      </div>
    </details>
  );
}

function Scalar({ value }: { value: unknown }) {
  if (typeof value === 'string')
    return (
      <span className="json-text">
        "<LongText text={value} />"
      </span>
    );
  return <span className="json-word">{String(value)}</span>;
}

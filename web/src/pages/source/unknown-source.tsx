import { Link } from 'wouter';
import { EmptyState } from '../../ui/notices';

export function UnknownSource({ name }: { name: string }) {
  return (
    <EmptyState title="There is no such source here">
      <p>
        No source that this token may see has the key <code>{name.slice(0, 100)}</code>: it is mistyped, was
        never configured, or the token is limited to others.
      </p>
      <p>
        <Link href="/sources">All sources</Link>
      </p>
    </EmptyState>
  );
}

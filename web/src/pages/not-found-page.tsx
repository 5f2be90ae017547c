import { Link } from 'wouter';
import { usePageTitle } from '../ui/page-title';
import { EmptyState } from '../ui/notices';

/** Only for addresses that the page itself came upon: those that are typed are answered by the service. */
export function NotFoundPage() {
  usePageTitle('Not found');
  return (
    <EmptyState title="There is nothing here">
      <p>
        The <Link href="/">overview</Link> knows the way.
      </p>
    </EmptyState>
  );
}

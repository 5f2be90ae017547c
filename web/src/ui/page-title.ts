import { useEffect } from 'react';

/** The title of the window: what differs comes first, because tabs show little. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Rollcall`;
  }, [title]);
}

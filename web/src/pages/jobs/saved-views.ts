import { createKeptStore } from '../../store';

/** A view under a name: the query string of the page. */
export interface SavedView {
  name: string;
  search: string;
}

/** Views that everybody wants. */
export const GIVEN_VIEWS: readonly SavedView[] = [
  { name: 'Failed in the last 24 hours', search: 'state=failed&finishedSince=-24h&sort=-finishedAt' },
  { name: 'Whose last run failed', search: 'state=failed&latest=true' },
  { name: 'Running, longest first', search: 'state=running&sort=startedAt' },
  { name: 'Waiting', search: 'state=queued&state=scheduled&sort=createdAt' },
  { name: 'Not sure: stale or vanished', search: 'freshness=stale&freshness=vanished' },
  { name: 'Status not understood', search: 'state=unknown' },
];

/** Views of this browser, by name. */
export const savedViews = createKeptStore<readonly SavedView[]>('rollcall.views', [], readViews);

/** Saves a view under a name; another of that name is replaced. */
export function saveView(view: SavedView): void {
  savedViews.set([...savedViews.get().filter(({ name }) => name !== view.name), view]);
}

export function removeView(name: string): void {
  savedViews.set(savedViews.get().filter((view) => view.name !== name));
}

/** Anybody can write into the storage of a browser: only what has the shape of views is taken. */
function readViews(kept: unknown): readonly SavedView[] | undefined {
  if (!Array.isArray(kept)) return undefined;
  return kept.filter(
    (view: Partial<SavedView> | null): view is SavedView =>
      typeof view?.name === 'string' && typeof view.search === 'string',
  );
}

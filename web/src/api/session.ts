import { CONFIG } from '../config';
import { createStore } from '../store';

const KEY = 'rollcall.token';

/** Who asks. The token lives as long as the tab: it is never written where another tab or another day could read it. */
export interface Session {
  /** Null: none was given, which is enough where the service asks for none. */
  token: string | null;
  /** The service refused the last token. */
  isRefused: boolean;
}

export const session = createStore<Session>({ token: sessionStorage.getItem(KEY), isRefused: false });

export function signIn(token: string): void {
  sessionStorage.setItem(KEY, token);
  session.set({ token, isRefused: false });
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  session.set({ token: null, isRefused: false });
}

/** The service does not know this token (any more). A late answer about an earlier token says nothing of the present one. */
export function refuse(token: string | null): void {
  if (session.get().token !== token) return;
  sessionStorage.removeItem(KEY);
  session.set({ token: null, isRefused: token !== null });
}

export function needsToken({ token }: Session): boolean {
  return CONFIG.auth === 'tokens' && token === null;
}

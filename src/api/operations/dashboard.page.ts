import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '../../config/config.js';
import { VERSION } from '../../version.js';

/** What the dashboard must know before it can ask anything. Whoever reaches the port may read it: no secret, no name of a source. */
interface PublicFacts {
  basePath: string;
  auth: 'tokens' | 'none';
  /** Everything shown is simulated. */
  demo: boolean;
  version: string;
}

/** Where the build puts the dashboard: the program runs from `dist/src`, and under jest from `src`. */
export function dashboardFolder(): string {
  const folder = [
    join(__dirname, '..', '..', '..', 'web'),
    join(__dirname, '..', '..', '..', 'dist', 'web'),
  ].find((candidate) => existsSync(join(candidate, 'assets')));
  if (folder === undefined) throw new Error('The dashboard is not built: `npm run build` builds it.');
  return folder;
}

/**
 * The page of the dashboard, complete: no script of its own has to be allowed to tell it where it stands.
 *
 * @throws Error when the dashboard is not built
 */
export function dashboardPage({ file, server: { basePath, auth } }: Config): string {
  const facts: PublicFacts = { basePath, auth, demo: file === null, version: VERSION };
  return readFileSync(join(dashboardFolder(), 'index.html'), 'utf8')
    .replaceAll('"./', () => `"${basePath}/`)
    .replace(
      '<meta name="rollcall" content="{}"',
      () => `<meta name="rollcall" content="${attribute(facts)}"`,
    );
}

function attribute(value: object): string {
  return JSON.stringify(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

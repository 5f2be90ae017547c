/** What the service wrote into the page: where the page stands, and what it must know before it can ask anything. */
export interface PageConfig {
  /** Before every path, `''` at the root of the host. */
  basePath: string;
  /** `none`: the service asks nobody for a token. */
  auth: 'tokens' | 'none';
  /** Everything shown is simulated. */
  demo: boolean;
  version: string;
}

/** Under `vite dev` nobody fills in the tag: a service at the root of the host that asks for a token. */
const UNTOLD: PageConfig = { basePath: '', auth: 'tokens', demo: false, version: 'development' };

export const CONFIG: PageConfig = readConfig();

function readConfig(): PageConfig {
  const content = document.querySelector<HTMLMetaElement>('meta[name="rollcall"]')?.content ?? '{}';
  return { ...UNTOLD, ...(JSON.parse(content) as Partial<PageConfig>) };
}

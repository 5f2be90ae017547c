import { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from './chromium.js';

export interface OpenOptions {
  theme?: 'light' | 'dark';
  /** Default: a desk's. */
  size?: { width: number; height: number };
  /** Already given to the page, as if it had been typed in. */
  token?: string;
}

export const PHONE = { width: 360, height: 740 };
const DESK = { width: 1_280, height: 900 };

const TELL_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`;

/** Network answers that a test means are told of by the page itself; Chromium says them once more. */
const TOLD_TWICE = /^Failed to load resource/;

/**
 * A real browser that looks at one service. It notes what no page of the dashboard may ever do: errors, violations of the
 * Content-Security-Policy, requests to any other host.
 */
export class TestBrowser {
  readonly faults: string[] = [];
  private readonly contexts: BrowserContext[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly origin: string,
  ) {}

  static async start(origin: string): Promise<TestBrowser> {
    return new TestBrowser(await launchChromium(), origin);
  }

  /** A page with storage of its own, as of somebody who has never been there. */
  async open(path: string, { theme = 'light', size = DESK, token }: OpenOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      baseURL: this.origin,
      colorScheme: theme,
      viewport: size,
      locale: 'en-US',
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    this.contexts.push(context);
    // a bound on hanging, and no expectation of speed
    context.setDefaultTimeout(30_000);
    await context.addInitScript({ content: TELL_VIOLATIONS });
    // the empty page that comes first has no storage
    if (token !== undefined)
      await context.addInitScript({
        content: `if (location.protocol !== 'about:') sessionStorage.setItem('rollcall.token', ${JSON.stringify(token)})`,
      });
    this.watch(context);
    const page = await context.newPage();
    await page.goto(path);
    return page;
  }

  /** What went wrong since the last time that somebody asked. */
  takeFaults(): string[] {
    return this.faults.splice(0);
  }

  /** Ends what the tests so far have opened. */
  async closePages(): Promise<void> {
    for (const context of this.contexts.splice(0)) await context.close();
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  private watch(context: BrowserContext): void {
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${this.origin}/`) && !url.startsWith('data:'))
        this.faults.push(`a request to ${url.slice(0, 200)}`);
    });
    context.on('console', (message) => {
      if (message.type() === 'error' && !TOLD_TWICE.test(message.text()))
        this.faults.push(message.text().slice(0, 500));
    });
    context.on('weberror', (error) => this.faults.push(String(error.error()).slice(0, 500)));
    context.on('dialog', (dialog) => {
      this.faults.push(`a dialog of the browser: ${dialog.message().slice(0, 200)}`);
      void dialog.dismiss();
    });
  }
}

/** Asks the page itself. A text, because this program is compiled without a browser's types. */
export function inPage<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate(expression);
}

/** Waits until nothing on the page is on its way any more. */
export async function settled(page: Page): Promise<void> {
  // no waitForFunction: it evaluates within the page, which the policy refuses
  await page.locator('main:has(h1):not(:has(.loading))').waitFor();
}

/** How far the page is wider than its window, in pixels: what has to be scrolled sideways. */
export function overflow(page: Page): Promise<number> {
  return inPage(page, 'document.documentElement.scrollWidth - innerWidth');
}

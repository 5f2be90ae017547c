import { Browser } from 'playwright-core';
import { inPage } from '../support/browser.js';

/** Milliseconds since the navigation began. */
export interface ColdStart {
  /** Anything at all is seen. */
  paintMs: number;
  /** The first rows of jobs are seen. */
  rowsMs: number;
}

/** Runs in the page, before its own scripts. */
const FIRST_ROWS = `window.firstRows = new Promise((resolve) => {
  const observer = new MutationObserver(() => {
    if (document.querySelector('.jobs-table tbody tr, .rows [data-row]') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
  });
  observer.observe(document, { childList: true, subtree: true });
})`;

/** Opens an address in a browser that has never been there. */
export async function coldStart(browser: Browser, address: string): Promise<ColdStart> {
  const context = await browser.newContext({
    viewport: { width: 1_280, height: 900 },
    locale: 'en-US',
    timezoneId: 'UTC',
  });
  try {
    await context.addInitScript({ content: FIRST_ROWS });
    const page = await context.newPage();
    await page.goto(address);
    const rowsMs = await inPage<number>(page, 'firstRows');
    const paintMs = await inPage<number>(
      page,
      `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
    );
    return { paintMs, rowsMs };
  } finally {
    await context.close();
  }
}

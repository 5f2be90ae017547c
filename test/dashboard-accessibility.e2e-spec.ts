import { source as axe } from 'axe-core';
import type { AxeResults } from 'axe-core';
import { Page } from 'playwright-core';
import { jobId } from '../src/domain/job-id.js';
import { inPage, overflow, settled, PHONE, TestBrowser } from './support/browser.js';
import { DashboardWorld, insertBreach, startDashboardWorld } from './support/dashboard-world.js';

let world: DashboardWorld;
let browser: TestBrowser;
let endpoint: string;
const LIVE = jobId('tiles', 'live');

const PAGES: readonly [path: string, ready: string][] = [
  ['/', 'Overview'],
  ['/jobs', 'Jobs'],
  [`/jobs/${LIVE}#explain`, 'Every field of the job'],
  [`/jobs/${jobId('tiles', 'hostile-markup')}#record`, 'percent_complete'],
  ['/sources', 'One source is blind'],
  ['/sources/store-eu#errors', 'The platform refused the credential.'],
  ['/sources/tiles', 'Words that no rule reads'],
  ['/sources/tiles/preview', 'Records that are no job'],
  ['/sources/store-eu/preview', 'Nothing: it was refused before.'],
  ['/webhooks?endpoint=ENDPOINT', 'Deliveries, newest first'],
  ['/alerts', 'tiles-take-too-long'],
];

beforeAll(async () => {
  world = await startDashboardWorld('none');
  await insertBreach(world.test, {
    rule: 'tiles-take-too-long',
    source: 'tiles',
    jobId: LIVE,
    message: 'has run for 20m, longer than 10m',
  });
  browser = await TestBrowser.start(world.url);
  endpoint = await madeEndpoint();
}, 120_000);

afterEach(async () => {
  await browser.closePages();
  expect(browser.takeFaults()).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await world?.close();
});

/** An endpoint with a delivery. */
async function madeEndpoint(): Promise<string> {
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    return (await (await fetch(`${world.url}/api/v1/webhooks${path}`, request)).json()) as { id: string };
  };
  const { id } = await post('', { name: 'operations', url: world.receiver.url });
  await post(`/${id}/test`, {});
  return id;
}

async function show(path: string, ready: string, options: Parameters<TestBrowser['open']>[1]): Promise<Page> {
  const page = await browser.open(path.replace('ENDPOINT', endpoint), options);
  await page.getByText(ready).first().waitFor({ state: 'attached' });
  await settled(page);
  return page;
}

/** What WCAG 2.2 AA has against the page, as far as a program can tell. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations: found } = await inPage<AxeResults>(
    page,
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] })`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
  );
}

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  it.each(PAGES)('%s can be used by everybody', async (path, ready) => {
    const page = await show(path, ready, { theme });
    expect(await inPage(page, 'getComputedStyle(document.documentElement).colorScheme')).toBe(theme);
    expect(await violations(page)).toEqual([]);
  });
});

describe('on a phone', () => {
  it.each(PAGES)('%s fits without scrolling sideways', async (path, ready) => {
    const page = await show(path, ready, { size: PHONE });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    // a finger hits what it means: WCAG 2.2, target size
    expect(await violations(page)).toEqual([]);
  });
});

describe('dialogs', () => {
  it.each([
    ['/webhooks', 'New endpoint', 'New endpoint'],
    ['/sources/store', 'Pause…', 'Pause store?'],
    ['/jobs', 'Keyboard help', 'Keyboard'],
  ])('of %s keep the focus, and give it back', async (path, button, title) => {
    const page = await browser.open(path);
    await page.getByRole('button', { name: button }).click();
    const dialog = page.getByRole('dialog', { name: title });
    await dialog.waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await inPage(page, `document.activeElement.closest('dialog') !== null`)).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(
      await inPage<string>(
        page,
        `document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent`,
      ),
    ).toContain(button);
  });
});

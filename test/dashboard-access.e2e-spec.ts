import { SCOPES } from '../src/config/config.js';
import { jobId } from '../src/domain/job-id.js';
import { inPage, TestBrowser } from './support/browser.js';
import { DashboardWorld, startDashboardWorld } from './support/dashboard-world.js';

let world: DashboardWorld;
let browser: TestBrowser;

beforeAll(async () => {
  world = await startDashboardWorld('tokens');
  browser = await TestBrowser.start(world.url);
}, 120_000);

afterEach(async () => {
  await browser.closePages();
  expect(browser.takeFaults()).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await world?.close();
});

describe('whoever looks', () => {
  it('is asked for a token, is told when it is wrong, and comes to where they wanted', async () => {
    const token = await world.tokenOf('looker', SCOPES);
    const page = await browser.open('/sources?q=tiles');
    await page.getByLabel('Token').fill('rollcall_of_nobody');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('The service does not know that token').waitFor();
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('link', { name: 'tiles' }).first().waitFor();
    expect(new URL(page.url()).search).toBe('?q=tiles');
    expect(
      await inPage(
        page,
        '[JSON.stringify(localStorage), document.cookie, document.documentElement.innerHTML]',
      ),
    ).toEqual([expect.not.stringContaining(token), '', expect.not.stringContaining(token)]);

    await page.reload();
    await page.getByRole('link', { name: 'tiles' }).first().waitFor();
    await page.getByRole('button', { name: 'Forget the token' }).click();
    await page.getByLabel('Token').waitFor();
    expect(await inPage(page, 'sessionStorage.length')).toBe(0);
  });

  it('whose token is revoked meanwhile is asked for another', async () => {
    const token = await world.tokenOf('short', SCOPES);
    const page = await browser.open('/sources', { token });
    await page.getByRole('link', { name: 'tiles' }).first().waitFor();
    await world.test.database.query("UPDATE rollcall.token SET revoked_at = now() WHERE name = 'short'");
    await page.getByText('The service does not know that token').waitFor();
  });
});

describe('a token without a scope', () => {
  it('reads, and is told what it lacks to act', async () => {
    const token = await world.tokenOf('reader', ['jobs:read', 'sources:read', 'events:read']);
    const page = await browser.open(`/jobs/${jobId('tiles', 'live')}`, { token });
    await page.getByRole('button', { name: 'Read again' }).click();
    const dialog = page.getByRole('dialog', { name: 'It was not read again' });
    await dialog.getByText('The token lacks the scope jobs:act.').waitFor();
    await dialog.getByText('rollcall token create NAME --scope jobs:act').waitFor();
    await page.goto('/sources/tiles');
    await page.getByRole('button', { name: 'Poll now' }).click();
    await page.getByText('The token lacks the scope sources:act.').waitFor();
    expect(await page.getByRole('link', { name: 'Preview' }).count()).toBe(0);
    await page.goto('/sources/tiles/preview');
    await page.getByText('The token lacks the scope sources:act.').waitFor();
  });

  it('is told where it may not look', async () => {
    const token = await world.tokenOf('blinkered', ['jobs:read']);
    const page = await browser.open('/webhooks', { token });
    await page.getByText('The token lacks the scope webhooks:manage.').waitFor();
    await page.getByRole('button', { name: 'Use another token' }).waitFor();
    await page.goto('/sources');
    await page.getByText('The token lacks the scope sources:read.').waitFor();
    await page.goto(`/jobs/${jobId('tiles', 'live')}`);
    await page.getByText('Every few seconds').waitFor();
  });

  it('limited to sources sees no other', async () => {
    const token = await world.tokenOf('tiles-only', SCOPES, ['tiles']);
    const page = await browser.open('/sources', { token });
    await page.getByRole('link', { name: 'tiles' }).first().waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.goto('/sources/store');
    await page.getByText('There is no such source here').waitFor();
  });
});

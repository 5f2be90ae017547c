import { Page } from 'playwright-core';
import { jobId } from '../src/domain/job-id.js';
import { inPage, overflow, PHONE, TestBrowser } from './support/browser.js';
import { chartJob } from './support/charts-server.js';
import {
  DashboardWorld,
  HOSTILE,
  insertBreach,
  startDashboardWorld,
  UNKNOWN_WORD,
} from './support/dashboard-world.js';

let world: DashboardWorld;
let browser: TestBrowser;
const LIVE = jobId('tiles', 'live');

beforeAll(async () => {
  world = await startDashboardWorld('none');
  await insertBreach(world.test, {
    rule: 'tiles-take-too-long',
    source: 'tiles',
    jobId: LIVE,
    message: 'has run for 20m, longer than 10m',
  });
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

/** Moves a job of `tiles` to another state, as its platform would, and has it polled. */
async function becomes(id: string, state: string): Promise<void> {
  const at = Date.now();
  world.tiles.jobs = world.tiles.jobs.map((job) =>
    (job as { id: string }).id === id
      ? chartJob(id, state, { created_at: at - 600_000, updated_at: at })
      : job,
  );
  await world.poll('tiles');
}

const textOf = async (page: Page, selector: string) =>
  (await page.locator(selector).first().textContent()) ?? '';
const rowIds = (page: Page) =>
  inPage<string[]>(page, `[...document.querySelectorAll('tbody tr')].map((row) => row.dataset.id)`);
const chipTexts = (page: Page) => page.locator('.chip-text').allTextContents();
const row = (page: Page, id: string) => page.locator(`tr[data-id="${id}"]`);

describe('every page', () => {
  it.each([
    ['/', 'Overview', 'store-eu'],
    ['/jobs?source=tiles', 'Jobs', 'index-custom-encs'],
    [`/jobs/${LIVE}`, 'index-custom-encs', 'What it is'],
    ['/sources', 'Sources', 'One source is blind'],
    ['/sources/tiles', 'tiles', 'How its health changed'],
    ['/webhooks', 'Webhooks', 'Nobody is told of anything yet'],
    ['/alerts', 'Alerts', 'tiles-take-too-long'],
  ])('%s is there: %s', async (path, heading, content) => {
    const page = await browser.open(path);
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    await page.locator('main').getByText(content).first().waitFor();
    expect(await page.title()).toContain('Rollcall');
  });

  it('that is not there says why, and where to go', async () => {
    const page = await browser.open(`/jobs/${jobId('tiles', 'nobody')}`);
    await page.getByText('There is no such job here').waitFor();
    await page.getByRole('link', { name: 'Look for it as an external id' }).waitFor();
    await page.goto('/sources/nobody');
    await page.getByText('There is no such source here').waitFor();
    await page.goto('/webhooks?endpoint=nobody');
    await page.getByText('Nobody is told of anything yet').waitFor();
  });
});

describe('the list of jobs', () => {
  it('has its filters in the address: they outlive a reload, and the back button takes them back', async () => {
    const page = await browser.open('/jobs?source=tiles&state=failed');
    await row(page, jobId('tiles', 'hostile-long')).waitFor();
    expect(await chipTexts(page)).toHaveLength(2);
    expect(await page.locator('tbody .state-failed').count()).toBe(await page.locator('tbody tr').count());

    await page.getByRole('button', { name: /^Remove State/ }).click();
    await row(page, LIVE).waitFor();
    expect(new URL(page.url()).search).toBe('?source=tiles');
    await page.reload();
    await row(page, LIVE).waitFor();
    expect(await chipTexts(page)).toHaveLength(1);
    await page.goBack();
    await row(page, LIVE).waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('?source=tiles&state=failed');
  });

  it('finds words, and says so in the address', async () => {
    const page = await browser.open('/jobs?source=tiles');
    await row(page, LIVE).waitFor();
    await page.getByRole('searchbox').fill('custom-encs asleep');
    await row(page, LIVE).waitFor({ state: 'detached' });
    await row(page, jobId('tiles', 'asleep')).waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('custom-encs asleep');
  });

  it('follows what happens to a row, which stays where it is', async () => {
    const page = await browser.open('/jobs?source=tiles&sort=createdAt');
    await page.getByText('Live', { exact: true }).waitFor();
    await row(page, LIVE).locator('.state-running').waitFor();
    const before = await rowIds(page);
    await becomes('live', 'completed');
    await row(page, LIVE).locator('.state-succeeded').waitFor();
    expect(await rowIds(page)).toEqual(before);
  });

  it('goes on where it was when the service comes back', async () => {
    const page = await browser.open('/jobs?source=tiles');
    const other = row(page, jobId('tiles', 'other'));
    await page.getByText('Live', { exact: true }).waitFor();
    await other.locator('.state-running').waitFor();
    await world.stop();
    await page.getByText('Reconnecting').waitFor();
    await becomes('other', 'failed');
    await world.start();
    await other.locator('.state-failed').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });
});

describe('the keyboard', () => {
  it('searches, walks the rows, opens one, and explains itself', async () => {
    const page = await browser.open('/jobs?source=tiles');
    await row(page, LIVE).waitFor();
    const focused = () =>
      inPage<string>(
        page,
        `document.activeElement.closest('tr')?.dataset.id ?? document.activeElement.tagName`,
      );
    const ids = await rowIds(page);
    await page.keyboard.press('/');
    expect(await focused()).toBe('INPUT');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    expect(await focused()).toBe(ids[1]);
    await page.keyboard.press('k');
    expect(await focused()).toBe(ids[0]);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/jobs/${ids[0]}`);
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard' });
    await help.getByText('Search', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.getByRole('heading', { level: 1, name: 'Sources' }).waitFor();
  });
});

describe('the page of a job', () => {
  /** A job of the store that waits, and so can be cancelled. */
  const pending = () =>
    world.simulators.world
      .truth(world.clock.now(), 'elastic-path')
      .find(({ rawStatus }) => rawStatus === 'pending')!;

  it('asks before it acts, acts once, and shows what came of it', async () => {
    const id = jobId('store', pending().externalId);
    const page = await browser.open(`/jobs/${id}`);
    world.simulators.requests.clear();
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel this job?' });
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(world.simulators.requests.count('elastic-path')).toBe(0);

    await page.getByRole('button', { name: 'Cancel the job' }).click();
    await dialog.getByRole('button', { name: 'Cancel the job' }).click();
    await page.locator('.job-state .state-cancelled').waitFor();
    await dialog.waitFor({ state: 'detached' });
    const acts = world.simulators.requests
      .list('elastic-path')
      .filter(({ method, url }) => method !== 'GET' && !url.includes('oauth'));
    expect(acts).toHaveLength(1);
  });

  it('shows a refusal whole', async () => {
    const { externalId } = world.simulators.world
      .truth(world.clock.now(), 'veeva-vault')
      .find(({ terminal }) => terminal)!;
    const page = await browser.open(`/jobs/${jobId('vault', externalId)}`);
    const again = page.getByRole('button', { name: 'Read again' });
    await again.click();
    await page.getByText('Read again: ').waitFor();
    await again.click();
    const dialog = page.getByRole('dialog', { name: 'It was not read again' });
    await dialog.getByRole('heading', { level: 3 }).waitFor();
    expect(await dialog.textContent()).toMatch(/Too soon/i);
  });

  it('says why each field is what it is, and what the platform said', async () => {
    const page = await browser.open(`/jobs/${jobId('tiles', 'asleep')}`);
    await page.getByText('There is no rule for this word').waitFor();
    await page.getByText('Why each field is what it is').click();
    const state = page.locator('tr', { has: page.locator('code', { hasText: /^state$/ }) });
    await state.waitFor();
    expect(await state.textContent()).toContain('job_state');
    await page.getByText('What the platform said', { exact: true }).click();
    await page.locator('.json').getByText('percent_complete').waitFor();
  });

  it('gives its request as a command', async () => {
    const page = await browser.open(`/jobs/${LIVE}`);
    await page.getByRole('button', { name: 'curl' }).click();
    await page.getByText('Copied').waitFor();
    expect(await inPage(page, 'navigator.clipboard.readText()')).toBe(
      `curl '${world.url}/api/v1/jobs/${LIVE}'`,
    );
  });

  it('follows its job', async () => {
    const page = await browser.open(`/jobs/${jobId('tiles', 'followed')}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.locator('.job-state .state-running').waitFor();
    await becomes('followed', 'failed');
    await page.locator('.job-state .state-failed').waitFor();
    await page.locator('td[data-label="State"] .state-failed').first().waitFor();
  });
});

describe('names that are hostile', () => {
  it.each(Object.keys(HOSTILE) as (keyof typeof HOSTILE)[])('%s: are text and nothing else', async (name) => {
    const id = jobId('tiles', `hostile-${name}`);
    for (const path of [`/jobs?source=tiles`, `/jobs/${id}#explain`]) {
      const page = await browser.open(path, { size: PHONE });
      await page.getByText(HOSTILE[name].slice(0, 30)).first().waitFor();
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      expect(
        await inPage(
          page,
          `['hurt' in window, document.querySelectorAll('main img, main script, [onerror], a[href^=javascript]').length]`,
        ),
      ).toEqual([false, 0]);
    }
  });
});

describe('the pages of sources', () => {
  it('put the blind one first, and say what to do', async () => {
    const page = await browser.open('/sources');
    await page.getByRole('alert').getByRole('link', { name: 'store-eu' }).waitFor();
    expect(await textOf(page, 'tbody tr')).toContain('store-eu');
    await page.getByRole('alert').getByRole('link', { name: 'store-eu' }).click();
    await page.getByText('What is wrong: authentication').waitFor();
    await page.getByText('What to do:').waitFor();
  });

  it('find one by its name, and keep that in the address', async () => {
    const page = await browser.open('/sources');
    await page.getByRole('searchbox').fill('prod');
    await page.locator('tbody:not(:has(tr:nth-child(2)))').waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'store-eu' }).first().waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
  });

  it('have the line for a word that no rule reads, and the record that cannot be read', async () => {
    const page = await browser.open('/sources/tiles');
    await page.getByLabel(`What ${UNKNOWN_WORD} means`).selectOption('paused');
    expect(await textOf(page, '.snippet code')).toBe(
      `statusOverrides:\n  ${JSON.stringify(UNKNOWN_WORD)}: { state: paused }`,
    );
    await page.getByText('unreadable', { exact: true }).first().click();
    await page.locator('.rejects .json').getByText('yesterday').waitFor();
  });

  it('poll, pause and resume', async () => {
    const page = await browser.open('/sources/etl');
    await page.getByRole('button', { name: 'Poll now' }).click();
    await page.getByText('A poll is due now').waitFor();
    await page.getByRole('button', { name: 'Pause…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pause etl?' });
    await dialog.getByLabel('For how long').selectOption('until somebody resumes it');
    await dialog.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.getByRole('button', { name: 'Poll now' }).click();
    await page.getByRole('dialog', { name: 'It is not polled' }).getByText('nobody polls it').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause…' }).waitFor();
    await page.locator('.health-healthy').first().waitFor();
  });
});

describe('the preview of a source', () => {
  it('shows requests, records beside their jobs, rules and traps, and reads again only when it is asked to', async () => {
    const page = await browser.open('/sources/tiles');
    await page.getByRole('link', { name: 'Preview' }).click();
    await page.getByRole('heading', { level: 1, name: 'Preview of tiles' }).waitFor();
    await page.getByText('GET /api/v1/jobs', { exact: true }).waitFor();
    await page.getByText(`${JSON.stringify(UNKNOWN_WORD)} has no state (1 record)`).waitFor();
    expect(await page.locator('.preview-record').count()).toBe(5);
    const asleep = page.locator('section', { has: page.getByText(UNKNOWN_WORD).first() }).last();
    await asleep.getByRole('cell', { name: 'job_state' }).first().waitFor();
    const rejected = page.locator('section', { hasText: 'Records that are no job' });
    await rejected.getByText('yesterday').first().waitFor();

    const before = world.tiles.requests;
    await page.getByRole('link', { name: 'tiles', exact: true }).click();
    await page.getByRole('link', { name: 'Preview' }).click();
    await page.getByText('GET /api/v1/jobs', { exact: true }).waitFor();
    expect(world.tiles.requests).toBe(before);
    world.tiles.jobs = [...world.tiles.jobs, chartJob('new', 'processing', { job_type: 'just-come' })];
    await page.getByRole('button', { name: 'Read again' }).click();
    await page.getByText(`${world.tiles.jobs.length} records on the first page`).waitFor();
    expect(world.tiles.requests).toBe(before + 1);
    // nothing of it is stored
    await page.goto('/jobs?source=tiles&q=just-come');
    await page.getByText('No job matches').waitFor();
  });

  it('shows a source that a manifest describes by its paths', async () => {
    const page = await browser.open('/sources/printshop/preview');
    await page.getByText('GET /prints?page=1&size=').waitFor();
    await page.getByText('owner: customer.name leads nowhere in 2 records').waitFor();
    expect(await page.locator('.preview-record').count()).toBe(2);
    const done = page.getByRole('row', { name: /^finishedAt/ }).filter({ hasText: 'updated_at' });
    expect(await done.last().textContent()).toContain('inferred from another time');
    await page
      .getByRole('row', { name: /^attributes\.parameters/ })
      .first()
      .waitFor();
  });

  it('says what the platform refused, what was asked of it, and what to do', async () => {
    const page = await browser.open('/sources/printshop');
    await page.getByRole('link', { name: 'Preview' }).waitFor();
    world.printshop.faults.push((_request, response) => response.writeHead(403).end());
    await page.goto('/sources/printshop/preview');
    await page.getByRole('alert').getByText('The platform refused or failed').waitFor();
    await page.getByText('What to do:').waitFor();
    await page.getByRole('row', { name: /GET \/prints.* 403/ }).waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.preview-record').first().waitFor();

    // a credential that a poll found refused is not tried again so soon
    await page.goto('/sources/store-eu/preview');
    await page.getByText('Nothing: it was refused before.').waitFor();
    await page.getByText(/It may be asked again in [45]m/).waitFor();
    await page.goto('/sources/nobody/preview');
    await page.getByText('There is no such source here').waitFor();
  });
});

describe('the page of webhooks', () => {
  it('makes an endpoint, shows its secret once, sends a test, and deletes it', async () => {
    const page = await browser.open('/webhooks');
    await page.getByRole('button', { name: 'New endpoint' }).click();
    const form = page.getByRole('dialog', { name: 'New endpoint' });
    await form.getByLabel('Name').fill('operations');
    await form.getByLabel('Address').fill('ftp://example.com');
    await form.getByLabel('Only jobs that fit').fill('state=failed&stat=x');
    await form.getByRole('button', { name: 'Make it' }).click();
    await form.getByText('expected an http or https address').waitFor();
    expect(await form.getByLabel('Address').getAttribute('aria-invalid')).toBe('true');
    expect(await textOf(page, '.field-wrong:has-text("fit") .field-fault')).toContain('stat');

    await form.getByLabel('Address').fill(world.receiver.url);
    await form.getByLabel('Only jobs that fit').fill('state=failed,missed');
    await form.getByRole('button', { name: 'Make it' }).click();
    const secret = page.getByRole('dialog', { name: 'Its secret' });
    expect(await secret.locator('code').textContent()).toMatch(/^whsec_/);
    await secret.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('heading', { level: 2, name: 'operations' }).waitFor();

    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByRole('button', { name: /^Show details of webhook.test/ }).click();
    await page.getByText('answered 204').first().waitFor();
    expect(world.receiver.requests.map(({ json }) => json.type)).toEqual(['webhook.test']);
    await page.getByRole('button', { name: 'Deliver once more' }).click();
    await page.getByText('It is delivered once more').waitFor();

    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByText('somebody disabled it').first().waitFor();
    await page.getByRole('button', { name: 'Change…' }).click();
    const change = page.getByRole('dialog', { name: 'Change operations' });
    await change.getByLabel('Name').fill('on call');
    await change.getByRole('button', { name: 'Change it' }).click();
    await page.getByRole('heading', { level: 2, name: 'on call' }).waitFor();

    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('Nobody is told of anything yet').waitFor();
  });
});

describe('the page of alerts', () => {
  it('leads to the job that breaks an expectation, and narrows by its name', async () => {
    const page = await browser.open('/alerts?show=all');
    await page.getByRole('button', { name: 'tiles-take-too-long' }).click();
    await page.getByRole('button', { name: 'Every expectation' }).waitFor();
    expect(new URL(page.url()).searchParams.get('name')).toBe('tiles-take-too-long');
    await page.getByRole('link', { name: 'the job' }).click();
    await page.waitForURL(`**/jobs/${LIVE}`);
  });
});

import { Browser, Page } from 'playwright-core';
import { settled } from '../support/browser.js';
import { Figures, figuresOf } from './figures.js';
import { goBack, Sample, STOPWATCH, timed } from './stopwatch.js';

export interface ClickFigures extends Figures {
  /** Of that, the service's answer, over loopback; null where the browser had it. */
  answer: Omit<Figures, 'samples'> | null;
}

/** A desk's. */
async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1_280, height: 900 },
    locale: 'en-US',
    timezoneId: 'UTC',
  });
  context.setDefaultTimeout(30_000);
  await context.addInitScript({ content: STOPWATCH });
  return context.newPage();
}

/** How long somebody waits who clicks through the list of jobs, by what they do. */
export async function measureClicks(
  browser: Browser,
  url: string,
  rounds: number,
): Promise<Record<string, ClickFigures>> {
  const page = await open(browser, url);
  const times = Array.from({ length: rounds }, (_, place) => place);
  const samples: Record<string, Sample[]> = {};
  const take = async (name: string, sample: Promise<Sample>) => {
    (samples[name] ??= []).push(await sample);
    await quiet(page);
  };

  await page.goto('/jobs');
  await quiet(page);
  for (const place of times) {
    const [filter, value] = FILTERS[place % FILTERS.length]!;
    await chooseFilter(page, filter, value(place));
    await take(
      filter === 'Created before' ? 'filter by another time' : 'filter',
      timed(page, 'other rows', () => apply(page).click()),
    );
    await take(
      'filter removed',
      timed(page, 'other rows', () => remove(page).click()),
    );
  }
  for (const place of times) {
    await page.getByRole('searchbox').focus();
    const words = `type-${100 + place}`;
    await take(
      'words',
      timed(page, 'other rows', () => enter(page, words)),
    );
    await page.goto('/jobs');
    await quiet(page);
  }
  for (const filter of ['', 'state=failed&', 'platform=workfloplus&', 'type=type-3&']) {
    await page.goto(`/jobs?${filter}columns=name,state,source,${SORTS.map(([field]) => field).join()}`);
    await quiet(page);
    for (const [field, heading] of SORTS)
      for (let order = 0; order < 2; order++)
        await take(
          field === 'durationMs' ? 'sort by duration' : 'sort by a time',
          timed(page, 'other rows', () => sortBy(page, heading).click()),
        );
  }
  for (const path of ['/jobs', '/jobs?state=failed', '/jobs?sort=createdAt']) {
    await page.goto(path);
    await quiet(page);
    for (let place = 0; place < rounds / 3; place++)
      await take(
        'next page',
        timed(page, 'other rows', () => page.getByRole('link', { name: 'Next' }).click()),
      );
  }
  for (const place of times) {
    const row = page.locator('a[data-row]').nth((place * 7) % 50);
    await take(
      'job page',
      timed(page, 'the job', () => row.click()),
    );
    await take(
      'back to the list',
      timed(page, 'rows', () => goBack(page)),
    );
  }
  return Object.fromEntries(
    Object.entries(samples).map(([name, taken]) => {
      const answers = taken.map(({ answerMs }) => answerMs).filter((ms) => ms !== null);
      const { samples: _, ...answer } = figuresOf(answers);
      return [
        name,
        { ...figuresOf(taken.map(({ ms }) => ms)), answer: answers.length === 0 ? null : answer },
      ];
    }),
  );
}

/** What people look for, common and rare. */
const FILTERS: readonly [string, (place: number) => string][] = [
  [
    'State',
    (place) => ['failed', 'running', 'queued', 'cancelled', 'scheduled', 'missed'][((place / 7) % 6) | 0]!,
  ],
  ['Source', (place) => `source-${(place * 83) % 900}`],
  ['Type', (place) => `type-${(place * 5) % 190}`],
  ['Owner', (place) => `owner-${(place * 21) % 790}`],
  ['Platform', (place) => PLATFORMS[((place / 7) % PLATFORMS.length) | 0]!],
  ['Updated before', (place) => `-${1 + place}d`],
  // what the list is not sorted by: the service looks through all that is younger
  ['Created before', (place) => `-${1 + place}d`],
];
const PLATFORMS = ['vectorcharts', 'elastic-path', 'workfloplus', 'integrate-io', 'veeva-vault'];

/** What can be sorted by, and how its column is called: but for the order of the list itself, which is there already. */
const SORTS = [
  ['createdAt', 'Created'],
  ['startedAt', 'Started'],
  ['finishedAt', 'Finished'],
  ['changedAt', 'Change seen'],
  ['durationMs', 'Duration'],
] as const;

async function chooseFilter(page: Page, filter: string, value: string): Promise<void> {
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.locator('.filter-menu').getByRole('button', { name: filter, exact: true }).click();
  const dialog = page.getByRole('dialog', { name: filter });
  if (filter === 'State') await dialog.getByLabel(value, { exact: true }).check();
  else await dialog.locator('input').fill(value);
}

/** At once: the page asks by itself soon after the last letter. */
async function enter(page: Page, words: string): Promise<void> {
  await page.keyboard.insertText(words);
  await page.keyboard.press('Enter');
}

const apply = (page: Page) => page.getByRole('button', { name: 'Apply' });
const remove = (page: Page) => page.locator('.chip-remove').first();
const sortBy = (page: Page, heading: string) =>
  page.locator('thead').getByRole('button', { name: heading, exact: true });

/** Until everything on the page has come, as somebody waits who reads it. */
async function quiet(page: Page): Promise<void> {
  await settled(page);
  await page.locator('.live-live').first().waitFor();
}

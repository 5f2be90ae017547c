import { Page } from 'playwright-core';
import { inPage } from '../support/browser.js';

/** What somebody waits for: other rows than there were, the page of a job, any rows. */
export type Awaited = 'other rows' | 'the job' | 'rows';

/** One wait, in milliseconds of the browser's clock. */
export interface Sample {
  /** From the event to the frame after the one that painted. */
  ms: number;
  /** Of that, from the question that was waited for to its last byte; null where none was needed. */
  answerMs: number | null;
}

/** The longest that anybody waits: more is a fault of the measurement, and no figure. */
const GIVE_UP_MS = 30_000;

/**
 * Runs in the page, before its own scripts. Two frames are waited for: the callback of the first comes before what changed is painted, that of the
 * second after.
 */
export const STOPWATCH = `(() => {
  const ids = () => [...document.querySelectorAll('.jobs-table tbody tr')].map(({ dataset }) => dataset.id).join();
  const hasRows = () => document.querySelector('.jobs-table tbody tr:not([aria-busy=true] *)') !== null;
  let before = '';
  const reached = {
    'other rows': () => hasRows() && ids() !== before,
    'the job': () => document.querySelector('.job-state') !== null,
    'rows': hasRows,
  };
  const asked = { 'other rows': /\\/jobs\\?(?!.*count=)/, 'the job': /\\/jobs\\/[0-9a-f-]{36}$/, 'rows': /\\/jobs\\?(?!.*count=)/ };
  let from = null;
  const begin = ({ timeStamp }) => (from ??= timeStamp);
  addEventListener('click', begin, true);
  addEventListener('keydown', (event) => event.key === 'Enter' && begin(event), true);
  window.stopwatch = {
    arm(what) {
      from = null;
      before = ids();
      performance.clearResourceTimings();
      this.painted = new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('never painted: ' + what)), ${GIVE_UP_MS});
        const observer = new MutationObserver(() => {
          if (!reached[what]()) return;
          observer.disconnect();
          clearTimeout(timer);
          if (from === null) return reject(new Error('nobody asked for it: ' + what));
          requestAnimationFrame(() => requestAnimationFrame(() => {
            const ms = performance.now() - from;
            const answer = performance.getEntriesByType('resource').find(({ name }) => asked[what].test(name));
            resolve({ ms, answerMs: answer === undefined ? null : answer.duration });
          }));
        });
        observer.observe(document, { childList: true, subtree: true, attributes: true });
      });
    },
    goBack() {
      from = performance.now();
      history.back();
    },
  };
})()`;

/** How long it took from what somebody does to what they wait for. */
export async function timed(page: Page, what: Awaited, act: () => Promise<unknown>): Promise<Sample> {
  await inPage(page, `stopwatch.arm(${JSON.stringify(what)})`);
  await act();
  return inPage<Sample>(page, 'stopwatch.painted');
}

export function goBack(page: Page): Promise<void> {
  return inPage(page, 'stopwatch.goBack()');
}

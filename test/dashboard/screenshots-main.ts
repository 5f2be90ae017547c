import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium } from '../support/chromium.js';
import { settled } from '../support/browser.js';
import { ROOT } from '../support/repository.js';
import { startScene } from './scene.js';

// npm run screenshots [-- NAME…]: every page of the dashboard, or these, as pictures in docs/images, of a service of its own over simulators.

/** Takes every page of the dashboard for the documents: on a desk in both themes, and on a phone. */

const FOLDER = join(ROOT, 'docs', 'images');

/** The rest would only make the checkout larger. */
const IN_THE_DARK = ['overview', 'jobs', 'job', 'sources'];

/** What a page needs beyond a window's height to show what it is for, pixels. */
const TALLER: Readonly<Record<string, number>> = { preview: 400 };

const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1_280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1_280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const;

async function main(names: readonly string[]): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const scene = await startScene();
  const browser = await launchChromium();
  try {
    for (const [look, options] of Object.entries(LOOKS)) {
      const context = await browser.newContext({
        ...options,
        locale: 'en-US',
        timezoneId: 'UTC',
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      for (const [name, path] of Object.entries(scene.paths)) {
        if (look === 'dark' && !IN_THE_DARK.includes(name)) continue;
        if (names.length > 0 && !names.includes(name)) continue;
        const { width, height } = options.viewport;
        await page.setViewportSize({ width, height: height + (TALLER[name] ?? 0) });
        await page.goto(`${scene.url}${path}`);
        await settled(page);
        await page.screenshot({ path: join(FOLDER, `${name}-${look}.png`) });
      }
      await context.close();
    }
  } finally {
    await browser.close();
    await scene.close();
  }
  for (const name of await readdir(FOLDER)) {
    const { size } = await stat(join(FOLDER, name));
    console.log(`${(size / 1024).toFixed(0).padStart(5)} kB  docs/images/${name}`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { Browser, chromium } from 'playwright-core';
import { extract } from 'tar-fs';
import { ROOT } from './repository.js';

/**
 * The Chromium inside the npm package @sparticuz/chromium, with the libraries and the font that it brings: nothing of the machine is
 * needed. The package's own list of flags is not used, because it disables web security and would hide a broken
 * Content-Security-Policy.
 */
export async function launchChromium(): Promise<Browser> {
  // the package has Linux on x64 only: elsewhere the Chrome that is installed
  if (process.platform !== 'linux' || process.arch !== 'x64') return chromium.launch({ channel: 'chrome' });
  const folder = await unpacked();
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, FONTS),
      // without one the language of pages is en-US@posix, which no browser of people has
      LANG: 'en_US.UTF-8',
    },
    args: ['--disable-gpu', '--font-render-hinting=none'],
  });
}

const FONTS = 'fonts.conf';

/** Unpacks it once for all runs: beside the package, and in one step, because several processes may begin at once. */
async function unpacked(): Promise<string> {
  const require = createRequire(__filename);
  const home = dirname(dirname(dirname(require.resolve('@sparticuz/chromium'))));
  const { version } = require(join(home, 'package.json')) as { version: string };
  const cache = join(ROOT, 'node_modules', '.cache', 'rollcall');
  const folder = join(cache, `chromium-${version}`);
  if (existsSync(join(folder, FONTS))) return folder;
  await mkdir(cache, { recursive: true });
  const own = await mkdtemp(`${folder}-`);
  const packed = (name: string) => createReadStream(join(home, 'bin', name));
  await Promise.all([
    pipeline(
      packed('chromium.br'),
      createBrotliDecompress(),
      createWriteStream(join(own, 'chromium'), { mode: 0o755 }),
    ),
    ...['al2023', 'fonts'].map((name) =>
      pipeline(packed(`${name}.tar.br`), createBrotliDecompress(), extract(join(own, name))),
    ),
    writeFile(join(own, FONTS), fontconfig(join(folder, 'fonts'))),
  ]);
  try {
    await rename(own, folder);
  } catch (error) {
    // another process was quicker, and has the same
    await rm(own, { recursive: true });
    if (!existsSync(join(folder, FONTS))) throw error;
  }
  return folder;
}

/** Without any font Chromium ends itself. Those of the machine come after the package's one, for other scripts and fixed widths. */
function fontconfig(folder: string): string {
  const dirs = [folder, '/usr/share/fonts'].map((dir) => `<dir>${dir}</dir>`).join('');
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${dirs}<cachedir>${folder}-cache</cachedir></fontconfig>`;
}

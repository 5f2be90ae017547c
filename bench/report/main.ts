import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../test/support/repository.js';
import { Series } from '../harness/result.js';
import { newestResults } from '../harness/result-files.js';
import { performanceDocument, PLOTS } from './document.js';
import { plotSvg } from './plots.js';

// npm run bench:report: docs/performance.md and its plots, of the newest results of each target and size.

const DOCS = path.join(ROOT, 'docs');

async function main(): Promise<void> {
  const kept = await newestResults();
  await writeFile(path.join(DOCS, 'performance.md'), performanceDocument(kept));
  await mkdir(path.join(DOCS, PLOTS), { recursive: true });
  const plots = new Map<string, Series[]>();
  for (const { result } of kept)
    for (const series of result.series) {
      const name =
        kept.filter(({ result: { target } }) => target === result.target).length > 1
          ? `${series.name}, ${result.size}`
          : series.name;
      plots.set(series.plot, [...(plots.get(series.plot) ?? []), { ...series, name }]);
    }
  for (const [plot, series] of plots) await writeFile(path.join(DOCS, PLOTS, `${plot}.svg`), plotSvg(series));
  console.log(`docs/performance.md and ${plots.size} plots, of ${kept.length} results`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

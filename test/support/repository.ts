import { readdirSync } from 'node:fs';
import path from 'node:path';

/** The checkout. */
export const ROOT = path.resolve(__dirname, '../..');

/** What git ignores, and the folders of tools: not part of the project. */
const NOT_OURS = ['.git', 'node_modules', 'dist', '.rollcall', 'coverage', 'rollcall.yaml', 'config'];

/** Every file of the project as a path from the checkout, with forward slashes. Asks no git: an unpacked archive has none. */
export function repositoryFiles(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (folder === '' && NOT_OURS.includes(entry.name)) return [];
      if (entry.isDirectory()) return below(file);
      return entry.isFile() && !/\.(log|tsbuildinfo)$/.test(entry.name) ? [file] : [];
    });
  return below('');
}

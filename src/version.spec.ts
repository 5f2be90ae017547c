import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { USER_AGENT, VERSION } from './version.js';

it('is that of the package', () => {
  const manifest = readFileSync(join(__dirname, '..', 'package.json'), 'utf8');
  expect(VERSION).toBe((JSON.parse(manifest) as { version: string }).version);
  expect(USER_AGENT).toBe(`rollcall/${VERSION}`);
});

import { readFileSync } from 'node:fs';
import { Config } from '../config/config.js';
import { parseConfig } from '../config/load-config.js';
import { shippedManifests } from '../connectors/http/manifest.js';
import { CONNECTORS } from '../connectors/index.js';
import { renderConfig } from './init.command.js';

/** What `init NAME` writes, loaded with each of its variables set. */
function load(name: string, readFile: (path: string) => string): Config {
  const text = renderConfig([name]);
  const variables = text.replace(/#.*$/gm, '').matchAll(/\$\{(\w+)\}/g);
  const env = Object.fromEntries([...variables].map(([, variable]) => [variable!, 'secret']));
  return parseConfig(text, 'rollcall.yaml', env, readFile);
}

const platforms = CONNECTORS.map(({ platform }) => platform);

test.each(shippedManifests().filter((name) => !platforms.includes(name)))(
  'the source that init writes for %s loads',
  (name) => {
    const { sources } = load(name, (path) => readFileSync(path, 'utf8'));
    expect(sources).toMatchObject([{ key: name, platform: 'http', baseUrl: `https://${name}.example.com` }]);
  },
);

test('the source that init writes for http names a manifest of its own', () => {
  const manifest = `
manifest: 1
name: anything
auth: { type: bearer }
lists: [{ name: jobs, request: { path: /jobs }, records: jobs }]
record: { id: id, status: state, states: { done: succeeded } }
`;
  const read: string[] = [];
  const { sources } = load('http', (path) => (read.push(path), manifest));
  expect(read).toEqual([expect.stringMatching(/connectors\/anything\.yaml$/)]);
  expect(sources).toMatchObject([{ key: 'anything', auth: { token: 'secret' } }]);
});

test('an option is told with what it is for, and a list has one example', () => {
  const text = renderConfig(['slurm', 'bullmq']);
  expect(text).toContain('# the version of the data parser in every path; may be left out');
  expect(text).toContain('queues: ["example"]');
  expect(text).toContain('user: ${SLURM_USER}');
});

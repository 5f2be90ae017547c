import { createHash } from 'node:crypto';
import { jobId } from './job-id.js';

/** RFC 9562, section 5.5, written out: the test must not share the library's mistake. */
function uuidv5(name: string, namespace: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.subarray(0, 16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

describe('jobId', () => {
  it('is the UUIDv5 of source and external id in the published namespace', () => {
    const namespace = uuidv5('rollcall.jobs', '6ba7b810-9dad-11d1-80b4-00c04fd430c8');
    for (const externalId of ['b2c3d4e5', '361402', 'naïve/ключ', '😀', 'x'.repeat(10_000)]) {
      expect(jobId('charts', externalId)).toBe(uuidv5(`charts/${externalId}`, namespace));
    }
  });
});

import { findAccount } from './account.js';
import { EmbeddedPostgresError } from './errors.js';

const ROOT = 'root:x:0:0:root:/root:/bin/bash';
const NOBODY = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin';
const POSTGRES = 'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash';

describe('findAccount', () => {
  it('prefers postgres', () => {
    expect(findAccount([ROOT, NOBODY, POSTGRES, ''].join('\n'))).toEqual({ uid: 101, gid: 104 });
  });

  it('is content with nobody', () => {
    expect(findAccount([ROOT, NOBODY, ''].join('\n'))).toEqual({ uid: 65534, gid: 65533 });
  });

  it('says what to do when there is neither', () => {
    expect(() => findAccount(`${ROOT}\n`)).toThrow(EmbeddedPostgresError);
    expect(() => findAccount(`${ROOT}\n`)).toThrow(/ordinary user[^]*DATABASE_URL[^]*docker-compose\.yml/);
  });
});

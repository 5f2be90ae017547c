import { ContractError } from '../../domain/errors.js';
import { readListPage, startDate } from './veeva-vault.lists.js';

const asked = { offset: 100, limit: 50, baseUrl: 'https://myvault.veevavault.com' };
const rows = (count: number) => Array.from({ length: count }, (_, job_id) => ({ job_id }));
const page = (count: number, details: object) => ({
  jobs: rows(count),
  responseDetails: { limit: 50, ...details },
});

describe('readListPage', () => {
  const NEXT = '/api/v25.2/services/jobs/histories?limit=50&offset=150';

  it.each<[string, object, object]>([
    ['a full page with a next one', page(50, { total: 999, next_page: NEXT }), { hasNext: true, total: 999 }],
    ['the last page', page(7, { total: 107 }), { hasNext: false, total: 107 }],
    ['a total that claims more than is shown', page(7, { total: 120 }), { hasNext: false }],
    ['a full page below the total without a next one', page(50, { total: 151 }), { hasNext: true }],
    ['a full page at the total', page(50, { total: 150 }), { hasNext: false }],
    [
      'a page that shows less than it counts',
      page(2, { total: 999, next_page: NEXT }),
      { hasNext: true, nextOffset: 150 },
    ],
    [
      'an empty page that counts more',
      page(0, { total: 999, next_page: NEXT }),
      { hasNext: true, nextOffset: 150 },
    ],
    ['a next page behind the total', page(0, { total: 120, next_page: NEXT }), { hasNext: true }],
    [
      'a next page that names no offset',
      page(2, { total: 999, next_page: 'services/jobs/histories' }),
      { hasNext: true },
    ],
    [
      'the text\u2019s mistaken offset',
      page(50, { total: 999, next_page: '/x?offset=151' }),
      { hasNext: true },
    ],
    ['a total that is sent as text', page(7, { total: '120' }), { hasNext: false, total: 120 }],
    [
      'a limit that is sent as text',
      page(30, { total: 999, limit: '30', next_page: NEXT }),
      { hasNext: true },
    ],
    ['a total that is no number', page(50, { total: 'many' }), { hasNext: false, total: null }],
    ['nothing at all', { responseDetails: { total: 0 } }, { hasNext: false, total: 0 }],
  ])('reads %s', (_, envelope, expected) => {
    const read = readListPage(envelope as Record<string, unknown>, asked);
    expect(read).toMatchObject(expected);
    expect(read.nextOffset).toBe((expected as { nextOffset?: number }).nextOffset);
  });

  it.each([
    'https://myvault.veevavault.com/api/v25.2/services/jobs/histories?limit=50&offset=150',
    '/services/jobs/histories?limit=50&offset=150',
    'services/jobs/histories?limit=50&offset=150',
  ])('takes the offset of %s', (next_page) => {
    expect(readListPage(page(2, { total: 999, next_page }), asked).nextOffset).toBe(150);
  });

  it.each([
    'https://evil.example.com/api/v25.2/services/jobs/histories?offset=150',
    '//evil.example.com/?offset=150',
    'https://myvault.veevavault.com.evil.example.com/?offset=150',
    'https://[broken',
  ])('refuses the next page %s', (next_page) => {
    expect(() => readListPage(page(50, { next_page }), asked)).toThrow(ContractError);
  });

  it.each([
    {},
    { jobs: {} },
    { jobs: null, responseDetails: { total: 0 } },
    { responseDetails: { total: 3 } },
  ])('refuses %j', (envelope) => {
    expect(() => readListPage(envelope, asked)).toThrow(ContractError);
  });
});

describe('startDate', () => {
  const SINCE = Date.parse('2026-01-15T07:00:00.999Z');

  it.each([
    ['UTC', '2026-01-15T07:00:00Z'],
    ['America/New_York', '2026-01-15T02:00:00Z'],
    ['Asia/Tokyo', '2026-01-15T07:00:00Z'],
  ])('in %s is the earlier of the two readings', (timeZone, expected) => {
    expect(startDate(SINCE, { timeZone })).toBe(expected);
  });
});

import { chipText, DEFAULT_COLUMNS, filtersOf, readView, splitValues, withFilter, writeView } from './view';

describe('the address of the list of jobs', () => {
  it.each([
    'state=failed&state=missed&source=charts&sort=-finishedAt',
    'type=a%5C%2Cb&label=team%3Adata%2Cnight&q=50%25%20%26%20more',
    'latest=true&finishedSince=-24h&limit=25&columns=name%2Cstate&cursor=abc.def',
    '',
  ])('says everything that is shown: %s', (search) => {
    expect(writeView(readView(search))).toBe(search);
  });

  it('reads lists as the service does: repeated, or with commas', () => {
    expect(readView('?state=failed,missed&state=failed').filters).toEqual({ state: ['failed', 'missed'] });
    expect(readView('type=a%5C,b,c').filters).toEqual({ type: ['a,b', 'c'] });
    expect(readView('label=a:1,2&label=b:3').filters).toEqual({ label: ['a:1,2', 'b:3'] });
  });

  it('leaves out what is empty, and keeps what only the service can refuse', () => {
    const view = readView('state=&stat=failed&__proto__=x&limit=7&columns=nothing');
    expect(view.filters).toEqual({});
    expect(filtersOf(view)).toEqual({ stat: 'failed' });
    expect([view.limit, view.columns]).toEqual([50, DEFAULT_COLUMNS]);
    expect(writeView(readView('stat=failed'))).toBe('stat=failed');
  });

  it('begins at the first page when a filter changes', () => {
    const view = readView('state=failed&cursor=c&sort=durationMs');
    expect(writeView(withFilter(view, 'source', ['charts', 'vault']))).toBe(
      'state=failed&source=charts&source=vault&sort=durationMs',
    );
    expect(writeView(withFilter(view, 'state', []))).toBe('sort=durationMs');
  });

  it('is told in words by its chips', () => {
    expect(chipText('state', ['failed', 'missed'])).toBe('State: failed, missed');
    expect(chipText('finishedSince', ['-24h'])).toBe('Finished since: 24h ago');
    expect(chipText('finishedSince', ['2026-01-15T10:00:00Z'])).toBe('Finished since: 2026-01-15T10:00:00Z');
    expect(chipText('latest', ['true'])).toBe('Latest run only');
  });

  it('takes a list as people write it', () => {
    expect(splitValues(' a, b ,,a\\,b')).toEqual(['a', 'b', 'a,b']);
  });
});

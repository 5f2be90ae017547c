import { JOB_FIELDS, JobMembers, SelectedJob, writeJob } from './job.fields.js';

/** As the database gives it. */
function selected(texts: Record<string, string>): SelectedJob {
  const places = [...JOB_FIELDS].sort((a, b) => a.place - b.place);
  return { line: places.map(({ name }) => texts[name] ?? '').join('\x1f') };
}

const FINISHED = {
  ...{ id: '0007a120-0000-0000-0000-000000000000', state: 'failed', terminal: 'true', freshness: 'fresh' },
  ...{ name: '"a \\"b\\" \\u001f"', type: '""', progress: '0.45', version: '3', durationMs: '1500' },
  ...{ createdAt: '2025-01-15 14:06:40.12+00', lastSeenAt: '2025-01-15 15:00:00+00' },
  ...{ attributes: '{"big": 12345678901234567890}', actions: '[]' },
};
const RUNNING = { ...FINISHED, state: 'running', terminal: 'false' };

describe('a job from the database', () => {
  it('is JSON in the order of the contract, with the empty text and null told apart', () => {
    const { json } = writeJob(selected(FINISHED));
    const job = JSON.parse(json) as Record<string, unknown>;
    expect(Object.keys(job)).toEqual(JOB_FIELDS.map(({ name }) => name));
    expect(job).toMatchObject({
      ...{ id: FINISHED.id, state: 'failed', terminal: true, name: 'a "b" \x1f', type: '', owner: null },
      ...{
        progress: 0.45,
        version: 3,
        durationMs: 1500,
        createdAt: '2025-01-15T14:06:40.120Z',
        startedAt: null,
      },
    });
    // what the database gives as JSON is not read, so nothing of it is rounded
    expect(json).toContain('"attributes":{"big": 12345678901234567890}');
  });

  it('is given by its fields, too', () => {
    const job = new JobMembers(selected(FINISHED));
    expect(['name', 'type', 'owner', 'progress', 'createdAt', 'id'].map((name) => job.value(name))).toEqual([
      ...['a "b" \x1f', '', null, 0.45, '2025-01-15 14:06:40.12+00', FINISHED.id],
    ]);
    const fields = ['version', 'name'].map((name) => JOB_FIELDS.find((field) => field.name === name)!);
    expect(writeJob(selected(FINISHED), fields).json).toBe('{"version":3,"name":"a \\"b\\" \\u001f"}');
  });

  const later = { lastSeenAt: '2025-01-15 16:00:00+00' };
  const longer = { ...later, durationMs: '99000' };
  const fields = ['durationMs', 'lastSeenAt', 'state'].map((name) =>
    JOB_FIELDS.find((one) => one.name === name)!,
  );

  it.each([
    ['whole', JOB_FIELDS],
    ['in part', fields],
  ])('shown %s keeps its ETag while only time goes on', (_, shown) => {
    const stable = (texts: Record<string, string>) => writeJob(selected(texts), shown).stable;
    expect(stable({ ...FINISHED, ...later })).toBe(stable(FINISHED));
    expect(stable({ ...RUNNING, ...longer })).toBe(stable(RUNNING));
    expect(stable({ ...FINISHED, ...longer })).not.toBe(stable(FINISHED));
    expect(stable({ ...RUNNING, state: 'paused' })).not.toBe(stable(RUNNING));
  });
});

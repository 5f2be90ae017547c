import { RecordError } from '../../domain/errors.js';
import { JobFacts } from '../../domain/job.js';
import { leaveOutOld } from './old-records.js';

type Facts = Pick<JobFacts, 'state' | 'evidence'>;

function normalize(record: unknown): JobFacts {
  if (record === 'bad') throw new RecordError(['bad']);
  if (record === 'deep') throw new RangeError('Maximum call stack size exceeded');
  return record as JobFacts;
}

const keeps = (record: Facts | string, start: number | null = 100) =>
  leaveOutOld([record], start, normalize).skippedOld === 0;

describe('leaveOutOld', () => {
  it.each<[string, Facts | string, boolean]>([
    ['an old finished job', { state: 'failed', evidence: { created: 98, updated: 99 } }, false],
    ['one that moved at the start', { state: 'failed', evidence: { created: 98, updated: 100 } }, true],
    ['an old open job', { state: 'queued', evidence: { created: 1 } }, true],
    ['an old job of an unknown word', { state: 'unknown', evidence: { created: 1 } }, true],
    ['a job without times', { state: 'succeeded', evidence: {} }, true],
    ['a record that cannot be read', 'bad', true],
    ['a record nested without end', 'deep', true],
  ])('%s', (_, record, kept) => {
    expect(keeps(record)).toBe(kept);
  });

  it('keeps everything without a start', () => {
    expect(keeps({ state: 'failed', evidence: { created: 1 } }, null)).toBe(true);
  });

  it('counts what it leaves out and keeps the order of the rest', () => {
    const old: Facts = { state: 'succeeded', evidence: { created: 1 } };
    expect(leaveOutOld([old, 'bad', old, 'bad'], 100, normalize)).toEqual({
      records: ['bad', 'bad'],
      skippedOld: 2,
    });
  });

  it('lets a fault of ours through', () => {
    const broken = () => {
      throw new TypeError('ours');
    };
    expect(() => leaveOutOld([{}], 100, broken)).toThrow(TypeError);
  });
});

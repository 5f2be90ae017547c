import { EventText } from './event-text.js';
import { FeedEvent } from './feed-event.js';

const event = (position: number, name: string): FeedEvent => ({
  ...{ position, id: `cursor-${position}`, type: 'job.changed', source: 'charts', jobId: null, to: null },
  ...{ subject: {}, json: JSON.stringify({ name }) },
});
const written = (position: number, name: string) =>
  `id: cursor-${position}\nevent: job.changed\ndata: {"name":"${name}"}\n\n`;

describe('EventText', () => {
  // characters of one to four bytes: places are places of bytes
  const text = new EventText([event(3, 'é'), event(5, '漢字'), event(9, '🚀')]);

  it.each([
    [0, [written(3, 'é'), written(5, '漢字'), written(9, '🚀')]],
    [3, [written(5, '漢字'), written(9, '🚀')]],
    [4, [written(5, '漢字'), written(9, '🚀')]],
    [8, [written(9, '🚀')]],
  ])('is what comes after position %d', (position, events) => {
    expect(text.after(position)?.toString()).toBe(events.join(''));
  });

  it('is nothing for who knows the last event, and without events', () => {
    expect(text.after(9)).toBeNull();
    expect(new EventText([]).after(0)).toBeNull();
  });

  it('gives all readers the same bytes', () => {
    expect(text.after(0)!.buffer).toBe(text.after(4)!.buffer);
    expect(text.byteLength).toBe(text.after(0)!.length);
  });
});

import pc from 'picocolors';
import { formatTable, stateCell } from './table.js';

const PLAIN = pc.createColors(false);
const COLOURED = pc.createColors(true);

test('columns are aligned, without lines and without trailing blanks', () => {
  expect(
    formatTable(
      PLAIN,
      ['A', 'LONGER'],
      [
        ['x', 'y'],
        ['wide cell', ''],
      ],
    ),
  ).toBe('A          LONGER\nx          y\nwide cell');
});

test('cells cannot command the terminal, and long ones are cut', () => {
  const table = formatTable(
    PLAIN,
    ['A'],
    [['\u001b[2Jgone'], ['x'.repeat(100)], [{ text: 'y'.repeat(100), whole: true }]],
  );
  expect(table).toBe(`A\n\uFFFD[2Jgone\n${'x'.repeat(43)}…\n${'y'.repeat(100)}`);
});

test('a state is coloured only where colours are on', () => {
  expect(formatTable(PLAIN, ['STATE'], [[stateCell(PLAIN, 'failed')]])).toBe('STATE\nfailed');
  expect(formatTable(COLOURED, ['STATE'], [[stateCell(COLOURED, 'failed')]])).toContain(
    '\u001b[31mfailed\u001b[39m',
  );
});

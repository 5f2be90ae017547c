/** For cli-table3: no lines between rows and no colours, so that a table can go into documents. */
export const PLAIN = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};

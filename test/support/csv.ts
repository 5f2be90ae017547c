/** Reads RFC 4180, and nothing laxer: rows end in CRLF. A cell without quotes that has nothing in it is null, a quoted one is text. */
export function parseCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  let at = 0;
  while (at < text.length) {
    const quoted = text[at] === '"';
    let cell: string | null;
    if (quoted) {
      let end = at;
      do end = text.indexOf('"', end + 1) + 1;
      while (text[end] === '"');
      if (end === 0) throw new Error('a quote that nothing closes');
      cell = text.slice(at + 1, end - 1).replaceAll('""', '"');
      at = end;
    } else {
      const end = /[,"\r\n]/g;
      end.lastIndex = at;
      const stop = end.exec(text)?.index ?? text.length;
      cell = stop === at ? null : text.slice(at, stop);
      at = stop;
    }
    row.push(cell);
    if (text[at] === ',') at += 1;
    else if (text.startsWith('\r\n', at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else
      throw new Error(
        `neither a comma nor a line's end at ${at}: ${JSON.stringify(text.slice(at, at + 20))}`,
      );
    if (text[at - 1] === ',' && text.startsWith('\r\n', at)) {
      rows.push([...row, null]);
      row = [];
      at += 2;
    }
  }
  if (row.length > 0) throw new Error('the last line has no end');
  return rows;
}

// NODE_OPTIONS=--import=…/record-statements.mjs ROLLCALL_STATEMENTS=FILE rollcall …: appends each statement that a release asks PostgreSQL,
// one JSON string a line. This is how the files of statements beside it were made, while the API was asked for everything that it has.
import { appendFileSync } from 'node:fs';
import Module from 'node:module';

const load = Module._load;
const seen = new Set();
let client = null;

function note(text) {
  if (typeof text !== 'string' || seen.has(text)) return;
  seen.add(text);
  appendFileSync(process.env.ROLLCALL_STATEMENTS, `${JSON.stringify(text)}\n`);
}

Module._load = function (request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  if (request === 'pg' && client === null) {
    client = loaded.Client;
    const { query } = client.prototype;
    client.prototype.query = function (asked, ...others) {
      note(typeof asked === 'string' ? asked : asked?.text);
      return query.call(this, asked, ...others);
    };
  }
  return loaded;
};

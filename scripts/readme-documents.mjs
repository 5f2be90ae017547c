// Fills the README's block of the five published documents: each original record beside the job that Rollcall answers
// for it, then the whole list as answered.
//
//   node scripts/readme-documents.mjs [--check] [docs/published-documents.json]
//
// The file: { "originals": [{ "platform", "document", "externalId", "record" }], "answer": ANSWER }, where `record` is one
// record as its document publishes it, `externalId` names its job, and ANSWER is what GET /api/v1/jobs answered when
// the documents were served to the connectors. `--check` changes nothing and fails when the README is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const BEGIN = '<!-- documents:begin -->';
const END = '<!-- documents:end -->';

/** What the side-by-side view shows of a job; the whole answer follows it. */
const SHOWN = [
  'source',
  'externalId',
  'type',
  'name',
  'state',
  'reason',
  'rawStatus',
  'progress',
  'createdAt',
  'scheduledFor',
  'startedAt',
  'finishedAt',
  'updatedAt',
  'durationMs',
  'provenance',
];

const args = process.argv.slice(2);
const check = args.includes('--check');
const file =
  args.find((arg) => arg !== '--check') ??
  fileURLToPath(new URL('../docs/published-documents.json', import.meta.url));
const { originals, answer } = JSON.parse(readFileSync(file, 'utf8'));
const readme = readFileSync(README, 'utf8');
const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
if (begin < 0 || end < begin) throw new Error(`${README} has no block between ${BEGIN} and ${END}`);

const filled = `${readme.slice(0, begin + BEGIN.length)}\n\n${block()}\n\n${readme.slice(end)}`;
if (!check) writeFileSync(README, filled);
else if (filled !== readme) {
  console.error('The README does not show the recorded answer. Run: node scripts/readme-documents.mjs');
  process.exitCode = 1;
}

function block() {
  return [...originals.map(sideBySide), list(), wholeAnswer()].join('\n\n');
}

function sideBySide({ platform, document, externalId, record }) {
  const job = answer.data.find((one) => one.platform === platform && one.externalId === externalId);
  if (!job) throw new Error(`the answer has no job ${externalId} of ${platform}`);
  const shown = Object.fromEntries(SHOWN.map((field) => [field, job[field]]));
  return `**${platform}** (${document})

<table>
<tr><th>as published</th><th>as Rollcall answers</th></tr>
<tr><td valign="top">

${json(record)}

</td><td valign="top">

${json(shown)}

</td></tr>
</table>`;
}

function list() {
  const columns = [
    'source',
    'externalId',
    'type',
    'state',
    'rawStatus',
    'progress',
    'updatedAt',
    'durationMs',
  ];
  const rows = answer.data.map((job) => columns.map((column) => cell(job[column])));
  return [
    `The one list, newest first (${answer.data.length} jobs):`,
    '',
    ...[columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

function wholeAnswer() {
  return `<details><summary>The whole answer, field by field</summary>\n\n${json(answer)}\n\n</details>`;
}

function cell(value) {
  return value === null ? '' : String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function json(value) {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
}

// node scripts/grafana-dashboard.mjs            writes alerts/grafana-dashboard.json anew
// node scripts/grafana-dashboard.mjs --check    1 when the file is not what this would write
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const TARGET = path.join(
  path.dirname(path.dirname(fileURLToPath(import.meta.url))),
  'alerts/grafana-dashboard.json',
);
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const SOURCE = 'source=~"$source"';
const WIDTH = 24;

/** Panels row by row: [title, unit, what it shows, [[PromQL, legend] …], kind, width of 24] */
const ROWS = [
  [
    [
      'Sources up',
      'short',
      'Of those that were polled and are not paused.',
      [[`sum(max by (source) (rollcall_source_up{${SOURCE}}))`, '']],
      'stat',
      3,
    ],
    [
      'Sources down',
      'short',
      'Their last poll failed.',
      [[`count(max by (source) (rollcall_source_up{${SOURCE}}) == 0) or vector(0)`, '']],
      'stat',
      3,
    ],
    [
      'Open jobs',
      'short',
      'Not terminal, unknown included.',
      [
        [
          `sum(max by (source, state) (rollcall_jobs{${SOURCE}, state!~"succeeded|failed|cancelled|skipped|missed"}))`,
          '',
        ],
      ],
      'stat',
      4,
    ],
    [
      'Overdue jobs',
      'short',
      'They break an expectation of the configuration.',
      [[`sum(max by (source) (rollcall_jobs_overdue{${SOURCE}}))`, '']],
      'stat',
      4,
    ],
    [
      'Failed and missed, 24 h',
      'short',
      'Jobs that became known as such; history excepted.',
      [
        [
          `sum(max by (source, type, state) (increase(rollcall_jobs_finished_total{${SOURCE}, state=~"failed|missed"}[24h])))`,
          '',
        ],
      ],
      'stat',
      4,
    ],
    [
      'Rejects',
      'short',
      'Records that cannot be read.',
      [[`sum(max by (source) (rollcall_rejects{${SOURCE}}))`, '']],
      'stat',
      3,
    ],
    [
      'Unmapped statuses',
      'short',
      'Words that no rule reads.',
      [[`sum(max by (source) (rollcall_unmapped_statuses{${SOURCE}}))`, '']],
      'stat',
      3,
    ],
  ],
  [
    [
      'How old our knowledge is',
      's',
      'Every upstream change before that is known. A line that rises means that we are blind.',
      [
        [
          `max by (source) (time() - rollcall_source_complete_through_timestamp_seconds{${SOURCE}})`,
          '{{source}}',
        ],
      ],
      'timeseries',
      12,
    ],
    [
      'Failed and missed',
      'short',
      'In ten minutes, by source and type.',
      [
        [
          `max by (source, type, state) (increase(rollcall_jobs_finished_total{${SOURCE}, state=~"failed|missed"}[10m])) > 0`,
          '{{source}} {{type}} {{state}}',
        ],
      ],
      'timeseries',
      12,
    ],
  ],
  [
    [
      'Open jobs by state',
      'short',
      'Jobs that are not terminal.',
      [
        [
          `sum by (state) (max by (source, state) (rollcall_jobs{${SOURCE}, state!~"succeeded|failed|cancelled|skipped|missed"}))`,
          '{{state}}',
        ],
      ],
      'timeseries',
      12,
    ],
    [
      'The oldest open job',
      's',
      'Since its creation, by state.',
      [
        [
          `time() - min by (source, state) (rollcall_oldest_open_job_timestamp_seconds{${SOURCE}})`,
          '{{source}} {{state}}',
        ],
      ],
      'timeseries',
      12,
    ],
  ],
  [
    [
      'Finished',
      'short',
      'Jobs a minute, by state.',
      [
        [
          `60 * sum by (state) (max by (source, type, state) (rate(rollcall_jobs_finished_total{${SOURCE}}[5m])))`,
          '{{state}}',
        ],
      ],
      'timeseries',
      8,
    ],
    [
      'Duration of jobs, p95',
      's',
      'Of those that finished in the last hour.',
      [
        [
          `histogram_quantile(0.95, max by (source, le) (rate(rollcall_job_duration_seconds_bucket{${SOURCE}, state="succeeded"}[1h])))`,
          '{{source}}',
        ],
      ],
      'timeseries',
      8,
    ],
    [
      'Detection lag, p95',
      's',
      'From the upstream time of a start or an end to its commit here.',
      [
        [
          `histogram_quantile(0.95, max by (source, le) (rate(rollcall_detection_lag_seconds_bucket{${SOURCE}}[1h])))`,
          '{{source}}',
        ],
      ],
      'timeseries',
      8,
    ],
  ],
  [
    [
      'Polls that failed',
      'short',
      'In ten minutes, by result.',
      [
        [
          `sum by (source, result) (max by (source, result) (increase(rollcall_polls_total{${SOURCE}, result!="ok"}[10m]))) > 0`,
          '{{source}} {{result}}',
        ],
      ],
      'timeseries',
      8,
    ],
    [
      'Duration of polls, p95',
      's',
      '',
      [
        [
          `histogram_quantile(0.95, max by (source, le) (rate(rollcall_poll_duration_seconds_bucket{${SOURCE}}[30m])))`,
          '{{source}}',
        ],
      ],
      'timeseries',
      8,
    ],
    [
      'Upstream requests',
      'short',
      'A minute, by status of the answer.',
      [
        [
          `60 * sum by (status) (max by (source, status) (rate(rollcall_upstream_requests_total{${SOURCE}}[5m])))`,
          '{{status}}',
        ],
      ],
      'timeseries',
      8,
    ],
  ],
  [
    [
      'The database',
      'bytes',
      'Size of each table with its indexes. With retention it grows no more.',
      [['max by (table) (rollcall_database_table_bytes)', '{{table}}']],
      'timeseries',
      24,
    ],
  ],
];

function dashboard() {
  let id = 0;
  let y = 0;
  const panels = ROWS.flatMap((row) => {
    const height = row[0][4] === 'stat' ? 4 : 8;
    let x = 0;
    const placed = row.map(([title, unit, description, targets, type, width]) => {
      const panel = {
        id: (id += 1),
        type,
        title,
        description,
        datasource: DATASOURCE,
        gridPos: { x, y, w: width, h: height },
        fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
        options:
          type === 'stat'
            ? { reduceOptions: { calcs: ['lastNotNull'] } }
            : { tooltip: { mode: 'multi', sort: 'desc' } },
        targets: targets.map(([expr, legendFormat], place) => ({
          refId: String.fromCharCode(65 + place),
          datasource: DATASOURCE,
          expr,
          legendFormat,
        })),
      };
      x += width;
      return panel;
    });
    if (x !== WIDTH) throw new Error(`a row is ${x} wide, not ${WIDTH}: ${row[0][0]}`);
    y += height;
    return placed;
  });
  return {
    uid: 'rollcall',
    title: 'Rollcall',
    description: 'The state of every job on every platform, and how sure of it we are.',
    tags: ['rollcall'],
    schemaVersion: 39,
    editable: true,
    timezone: 'utc',
    time: { from: 'now-6h', to: 'now' },
    refresh: '1m',
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' },
        {
          name: 'source',
          type: 'query',
          label: 'Source',
          datasource: DATASOURCE,
          query: { query: 'label_values(rollcall_source_info, source)', refId: 'source' },
          refresh: 2,
          includeAll: true,
          multi: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    annotations: { list: [] },
    panels,
  };
}

const options = { ...(await resolveConfig(TARGET)), filepath: TARGET };
const text = await format(JSON.stringify(dashboard()), options);
if (process.argv[2] !== '--check') writeFileSync(TARGET, text);
else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error('alerts/grafana-dashboard.json is not what scripts/grafana-dashboard.mjs writes');
  process.exitCode = 1;
}

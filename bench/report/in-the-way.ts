import { TargetName } from '../harness/result.js';

/** What a target that was missed would need: where the time goes, by profile and by plan. Shown as long as its figures are missed. */
export const IN_THE_WAY: Partial<Record<TargetName, string>> = {
  list: `CPU time of a page of fifty (20,000 jobs, 16 clients, medians of three runs in turns, 2026-11-23, a busy machine):

| µs a page | Node.js | PostgreSQL | together |
| --- | ---: | ---: | ---: |
| Rollcall, page one | 787 | 580 | 1,367 |
| raw http + pg, the same texts as they are | 273 | 507 | 780 |
| Rollcall, deep pages | 887 | 647 | 1,533 |
| raw http + pg, the same texts as they are | 273 | 533 | 807 |

Where the time of Rollcall's process goes (\`node --cpu-prof\`, with everything that is called from there):

| | share |
| --- | ---: |
| fifty jobs as JSON, each with what its ETag counts | 14 % |
| writing to sockets: the answer, and the statement to PostgreSQL | 23 % |
| reading what PostgreSQL answers | 10 % |
| garbage of all of this | 7 % |
| the page around them, cursors signed, the hash of the ETag | 10 % |
| the query string checked | 5 % |
| routing, hooks, guards, limits and headers | the rest, no part above 3 % |

A server that sends texts as it gets them has only the second and third. No one part is the obstacle: to come to 0.7 of that, everything
but these two would have to take half as long. A server that selects the fields as columns (plain rows, as in the measurement of the design
notes) has the driver do the same work, row by row.

PostgreSQL's part is the rows themselves. A deep page (of 100,000 jobs) looks at 56 blocks, and plans nothing once it was asked five times:

\`\`\`
Sort (actual time=0.467..0.472 rows=51.00 loops=1)
  Sort Key: j.updated_at DESC NULLS LAST, j.id DESC
  Buffers: shared hit=56
  ->  Hash Join (actual time=0.059..0.453 rows=51.00 loops=1)
        Hash Cond: (j.source_key = s.key)
        ->  Limit (actual time=0.016..0.117 rows=51.00 loops=1)
              ->  Index Scan using job_updated_at_idx on job j (actual time=0.016..0.112 rows=51.00 loops=1)
                    Index Cond: (ROW(updated_at, id) < ROW((InitPlan 1).col1, (InitPlan 2).col1))
                    Index Searches: 1
                    Buffers: shared hit=55
        ->  Hash (actual time=0.014..0.014 rows=20.00 loops=1)
              ->  Seq Scan on source s (actual time=0.004..0.009 rows=20.00 loops=1)
Execution Time: 0.518 ms
\`\`\`

Two thirds of it are the join with twenty sources and the texts that the rows are written as, thirty-one fields of fifty jobs.`,
};

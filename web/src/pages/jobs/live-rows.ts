import type { Job } from '../../../../client/src/index';

/** A row of the list: the fields that were asked for, and always those that tell which version it is. */
export type Row = Partial<Job> & Pick<Job, 'id' | 'version'>;

/** What the change feed has told since the page was asked for. */
export interface Changes {
  /** Later versions of rows that are shown, by id. */
  newer: ReadonlyMap<string, Job>;
  /** Jobs that match and are not shown, at most {@link MOST_NEW} of them. */
  others: ReadonlySet<string>;
}

export const NO_CHANGES: Changes = { newer: new Map(), others: new Set() };

/** Counted no further: beyond it the number says nothing that anybody acts on. */
export const MOST_NEW = 1_000;

/**
 * Takes what has arrived. Rows stay where they are, because somebody may be about to click one; jobs that are not shown are only counted.
 *
 * @param shown ids of the rows
 * @param matching whether what arrived was asked for by the filter; else by the ids of the rows
 */
export function takeJobs(
  changes: Changes,
  shown: ReadonlySet<string>,
  jobs: readonly { job: Job; matching: boolean }[],
): Changes {
  const newer = new Map(changes.newer);
  const others = new Set(changes.others);
  for (const { job, matching } of jobs) {
    if (shown.has(job.id)) {
      if ((newer.get(job.id)?.version ?? 0) < job.version) newer.set(job.id, job);
    } else if (matching && others.size < MOST_NEW) others.add(job.id);
  }
  return { newer, others };
}

/** The rows as they are now. Of a job that runs, the feed's duration is of its moment; what ticks goes by its start. */
export function withChanges(rows: readonly Row[], { newer }: Changes): Row[] {
  return rows.map((row) => {
    const later = newer.get(row.id);
    return later !== undefined && later.version > row.version ? { ...row, ...later } : row;
  });
}

/** Ids of rows that differ from what was first shown. */
export function changedIds(rows: readonly Row[], { newer }: Changes): Set<string> {
  return new Set(
    rows.filter(({ id, version }) => (newer.get(id)?.version ?? 0) > version).map(({ id }) => id),
  );
}

/**
 * What tells one type from another in an index, whatever its length; a job without a type has a key of its own. Spelled as the index is
 * (migrations/1763942500000-latest-jobs.ts). Doubled backslashes make any text a valid bytea of the same bytes.
 */
const typeKey = (job: string) =>
  `coalesce(CASE WHEN length(${job}.type) <= 128 THEN '=' || ${job}.type
    ELSE '#' || encode(sha256(replace(${job}.type, '\\', '\\\\')::bytea), 'hex') END, '')`;

/** The first job of the first type after `key`, in the index's order: the newest of it. */
const firstAfter = (key: string | null) =>
  `SELECT n.id, ${typeKey('n')} AS type_key FROM rollcall.job n
   WHERE n.source_key = s.key${key === null ? '' : ` AND ${typeKey('n')} > ${key}`}
   ORDER BY n.source_key, ${typeKey('n')}, n.created_at DESC NULLS LAST, n.id DESC LIMIT 1`;

/**
 * The newest job of each (source, type) as a FROM item: by `createdAt`, null being older than any time, ties by the greater id. Hops from
 * type to type through the index, so it costs as much as there are types, not jobs. The OFFSET keeps conditions of the outer query
 * outside, where they would choose a scan of all jobs that meet them.
 *
 * @param sources a condition over `s` (rollcall.source)
 */
export function latestJobs(sources: string): string {
  return `(SELECT job.* FROM rollcall.source s CROSS JOIN LATERAL (
      WITH RECURSIVE newest AS (
        (${firstAfter(null)})
        UNION ALL
        SELECT next.* FROM newest CROSS JOIN LATERAL (${firstAfter('newest.type_key')}) next
      )
      SELECT id FROM newest) newest
    CROSS JOIN LATERAL (SELECT * FROM rollcall.job WHERE job.id = newest.id OFFSET 0) job
    WHERE ${sources})`;
}

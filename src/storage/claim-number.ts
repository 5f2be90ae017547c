/**
 * SQL: a number that no claim before had. The time is in it because a promoted standby may not have heard of the last claims, and a number
 * that only counts would be given once more: whoever made the lost claim would pass for the owner.
 *
 * @param last the number of the claim before, as far as the database knows
 */
export function claimNumber(last: string): string {
  return `greatest(${last} + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)`;
}

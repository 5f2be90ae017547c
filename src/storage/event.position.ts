/**
 * The position of the last event that is visible, as SQL. Positions are given under a lock that is held until commit: whatever is not
 * visible yet gets a greater one. After the last event was removed because of its age, its position is the floor.
 */
export const NEWEST_POSITION =
  'greatest((SELECT max(position) FROM rollcall.event), (SELECT position FROM rollcall.event_floor))';

/**
 * Whether a place of the feed is one from which a reader can go on, as SQL: every event after it is there, and the place is not of a past that
 * this database has lost, by a promoted standby or by a backup that was brought back. After such a loss nothing but the events that are
 * there tells what was given, until the first position is given anew (migration 1763944100000). A standby gives none, and follows its primary.
 */
export function isKeptPlace(place: string): string {
  return `(SELECT ${place} >= floor.position AND ${place} <= CASE WHEN pg_is_in_recovery() OR EXISTS (SELECT FROM rollcall.event_history
        WHERE server_started_at = pg_postmaster_start_time() AND relation = 'rollcall.event'::regclass)
      THEN CASE WHEN given.is_called THEN given.last_value ELSE 0 END ELSE ${NEWEST_POSITION} END
    AND NOT EXISTS (SELECT FROM rollcall.event_gap gap WHERE ${place} > gap.after AND ${place} < gap.before)
  FROM rollcall.event_floor floor, rollcall.event_position_seq given)`;
}

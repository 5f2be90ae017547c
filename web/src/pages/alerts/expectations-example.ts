/** Lines of a configuration that say what is expected: one of most kinds. */
export const EXPECTATIONS_EXAMPLE = `alerts:
  - name: nightly-import-is-late     # no run has started at half past two
    kind: cadence
    match: { source: etl, type: nightly-import }
    cron: 30 2 * * *
    timeZone: Europe/Berlin
    tolerance: 30m
  - name: tiles-take-too-long        # three times as long as 19 of 20 runs
    kind: duration
    match: { source: charts }
    beyondP95: 3
  - name: nothing-stands-still       # open, and nothing about it moves
    kind: stuck
    match: { label: ["env:prod"] }
    after: 6h
  - name: queue-is-long
    kind: queue
    match: { source: store }
    max: 100
    for: 15m
  - name: imports-succeed
    kind: success-rate
    match: { source: store }
    below: 0.9
    window: 1d`;

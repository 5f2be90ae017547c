/** An hour of the shipped files passes in a minute. */
const FACTOR = 60;
const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Of a file of Prometheus rules, what is read here. */
export interface AlertRules {
  groups: { name: string; rules: { alert: string; expr: string; for?: string }[] }[];
}

interface Route {
  receiver: string;
  group_wait?: string;
  group_interval?: string;
  repeat_interval?: string;
  routes?: Route[];
}

/** Of an Alertmanager configuration, what is read here. */
export interface AlertRouting {
  route: Route;
  receivers: { name: string; webhook_configs?: { url: string }[] }[];
}

/** `10m` becomes `10000ms`. */
function shorter(duration: string): string {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  if (count === undefined || unit === undefined) throw new RangeError(`no duration of one unit: ${duration}`);
  return `${Math.round((Number(count) * UNIT_MS[unit]!) / FACTOR)}ms`;
}

/**
 * The rules, at a pace that a test can wait for: what they wait (`for`), look back at (`[10m]`) and compare with (`offset 10m`) takes a
 * sixtieth. Nothing else is touched: names, labels, annotations, expressions, and their thresholds in seconds.
 */
export function hurriedRules(rules: AlertRules): AlertRules {
  const hurried = structuredClone(rules);
  for (const rule of hurried.groups.flatMap((group) => group.rules)) {
    if (rule.for !== undefined) rule.for = shorter(rule.for);
    rule.expr = rule.expr
      .replaceAll(/\[(\w+)\]/g, (_, range: string) => `[${shorter(range)}]`)
      .replaceAll(/\boffset (\w+)/g, (_, offset: string) => `offset ${shorter(offset)}`);
  }
  return hurried;
}

/** The routing and the inhibitions as they are, with waits of a sixtieth; each receiver is told at an address of the test's own. */
export function hurriedAlertmanager(config: AlertRouting, url: string): AlertRouting {
  const hurry = (route: Route): Route => ({
    ...route,
    ...(route.group_wait && { group_wait: shorter(route.group_wait) }),
    ...(route.group_interval && { group_interval: shorter(route.group_interval) }),
    ...(route.repeat_interval && { repeat_interval: shorter(route.repeat_interval) }),
    ...(route.routes && { routes: route.routes.map(hurry) }),
  });
  return {
    ...config,
    route: hurry(config.route),
    receivers: config.receivers.map(({ name }) => ({ name, webhook_configs: [{ url }] })),
  };
}

import { clearScreenDown, cursorTo } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { formatInstant } from '../domain/timestamps.js';
import { ApiClient, assertPage, isTransient } from './api-client.js';
import { Cli } from './cli.js';
import { coverageLines, JobPage, jobTable, ListedJob, whyText } from './listed-job.js';
import { printable, progressText, timeText } from './text.js';

interface WatchOptions {
  json: boolean;
  intervalMs: number;
}

/** Shows what a watched list says. */
interface View {
  show(page: JobPage): void;
  /** Asked again: nothing changed, or (with why) nothing is known at this moment. */
  still(trouble: string | null): void;
}

/**
 * Shows the first page of a list, and again whenever it changes, until Ctrl-C or until nobody reads on: in place on a terminal, else
 * what changed, line by line. A service that cannot be reached for a while is asked again; at the first time it is a fault.
 */
export async function watchJobs(
  cli: Cli,
  api: ApiClient,
  query: URLSearchParams,
  { json, intervalMs }: WatchOptions,
): Promise<void> {
  const interruption = cli.interruption();
  const view = json || cli.stdout.isTTY !== true ? new ChangeLines(cli, json) : new Screen(cli, intervalMs);
  let etag: string | null = null;
  let asked = false;
  while (!interruption.aborted && !cli.outputClosed) {
    try {
      const asking: Promise<ChangedPage> = api.getChanged('/jobs', query, etag);
      const changed = await unlessAborted(asking, interruption);
      if (interruption.aborted) return;
      if (changed === null) view.still(null);
      else {
        view.show(assertPage(changed.answer));
        etag = changed.etag;
      }
      asked = true;
    } catch (error) {
      if (!asked || !isTransient(error)) throw error;
      view.still(error.message);
    }
    await unlessAborted(pause(intervalMs, null, { signal: interruption }), interruption);
  }
}

type ChangedPage = { answer: JobPage; etag: string | null } | null;

/** The result; null as soon as the signal is aborted, whatever becomes of the work then. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  let stop = (): void => undefined;
  const aborted = new Promise<null>((resolve) => {
    stop = () => resolve(null);
    signal.addEventListener('abort', stop);
  });
  try {
    return signal.aborted ? null : await Promise.race([work, aborted]);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    work.catch(() => undefined); // said above, unless nobody waits for it any more
  }
}

const now = (): string => timeText(formatInstant(Date.now()));

// What is wider than the terminal is cut by it: a wrapped line would push the head out of sight.
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';

/** The list as it is now, always in the same place. */
class Screen implements View {
  private lines: string[] = [];

  constructor(
    private readonly cli: Cli,
    private readonly intervalMs: number,
  ) {}

  show(page: JobPage): void {
    const table = page.data.length === 0 ? ['No job matches.'] : jobTable(this.cli, page.data).split('\n');
    const more = page.page.next === null ? [] : ['More follow.'];
    this.lines = [...table, ...more, ...coverageLines(page)];
    this.draw(null);
  }

  still(trouble: string | null): void {
    this.draw(trouble);
  }

  private draw(trouble: string | null): void {
    const { stdout, colors } = this.cli;
    const every = `every ${this.intervalMs / 1000}s, ${now()} UTC, Ctrl-C ends`;
    const head =
      trouble === null ? colors.dim(every) : colors.red(`${printable(trouble)}; shown as it was. ${every}`);
    // The last line stays free: writing it would scroll.
    const room = (stdout.rows ?? Infinity) - 2;
    const cut = this.lines.length > room;
    const shown = cut
      ? [...this.lines.slice(0, room - 1), `… ${this.lines.length - room + 1} more lines`]
      : this.lines;
    cursorTo(stdout, 0, 0);
    clearScreenDown(stdout);
    stdout.write(`${NO_WRAP}${[head, ...shown].join('\n')}\n${WRAP}`);
  }
}

/** What changed, for a pipe or a log: every job once, then each again when it changes or leaves the list. */
class ChangeLines implements View {
  private known: ReadonlyMap<string, ListedJob> = new Map();
  private troubled = false;

  constructor(
    private readonly cli: Cli,
    private readonly json: boolean,
  ) {}

  show({ data }: JobPage): void {
    const listed = new Map(data.map((job) => [job.id, job]));
    for (const job of data) {
      const before = this.known.get(job.id);
      if (before !== undefined && !differs(before, job)) continue;
      if (this.json) this.cli.printJson(job);
      else this.cli.print(line(before ?? null, job));
    }
    for (const job of this.known.values())
      if (!listed.has(job.id) && !this.json)
        this.cli.print(printable(`${now()}  no longer listed  ${job.id}`));
    this.known = listed;
    this.troubled = false;
  }

  still(trouble: string | null): void {
    if (trouble !== null && !this.troubled) this.cli.note(`rollcall: ${printable(trouble)}; asking again`);
    this.troubled = trouble !== null;
  }
}

/** A fresh job may become stale without a change of its own. */
function differs(before: ListedJob, after: ListedJob): boolean {
  return before.version !== after.version || before.freshness !== after.freshness;
}

function line(before: ListedJob | null, job: ListedJob): string {
  const state = before === null || before.state === job.state ? job.state : `${before.state} → ${job.state}`;
  const parts = [now(), state, job.source, job.name ?? '', progressText(job.progress), whyText(job), job.id];
  return printable(parts.filter((part) => part !== '').join('  '));
}

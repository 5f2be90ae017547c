import { INestApplicationContext } from '@nestjs/common';
import type { Logger } from 'pino';
import { parseWebhookFilter } from './api/dto/webhook-filter.js';
import { Config } from './config/config.js';
import {
  compareConfigs,
  ConfigDifference,
  isSameConfig,
  takeLive,
  withLive,
} from './config/config-difference.js';
import { Role } from './config/environment.js';
import { ConfigError, formatFault } from './domain/errors.js';
import { ExpectationsService } from './expectations/expectations.service.js';
import { toRules } from './expectations/rule.js';
import { DeclaredWebhooks } from './feed/declared-webhooks.js';
import { PollService } from './polling/poll.service.js';
import { SourceRuntimes } from './polling/source-runtimes.js';
import { RuleNotice } from './replay/rule-notice.js';

/** What became of a reload. */
export type ReloadResult =
  /** `restart` names what waits for the next start, in each case. */
  | ({ outcome: 'applied' | 'unchanged' } & ConfigDifference)
  /** The new configuration has faults: none of it was taken. */
  | { outcome: 'refused'; faults: string[] }
  /** Something else was in the way, the database say: the old configuration goes on, and another reload may succeed. */
  | { outcome: 'failed'; message: string };

export interface ReloadOptions {
  app: INestApplicationContext;
  /** What every part of the application keeps: its parts are replaced. */
  config: Config;
  roles: readonly Role[];
  /** Reads the file again. @throws ConfigError */
  load: () => Promise<Config>;
  /** Refuses what a start would refuse. @throws ConfigError */
  check: (config: Config) => Promise<void>;
  log: Logger;
}

/** Takes a changed configuration while the process runs: whole or not at all, without dropping polls or streams. */
export class Reloader {
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ReloadOptions) {}

  /** One after the other: the last one asked for reads the file after it was asked for. Never fails. */
  reload(): Promise<ReloadResult> {
    const result = this.running.then(() => this.reloadOnce());
    this.running = result;
    return result;
  }

  /** Waits for the one under way: the application is about to close. */
  async settled(): Promise<void> {
    await this.running;
  }

  private async reloadOnce(): Promise<ReloadResult> {
    const { config, load, check, log } = this.options;
    try {
      const next = await load();
      const difference = compareConfigs(config, next);
      const result: ReloadResult = {
        outcome: isSameConfig(difference) ? 'unchanged' : 'applied',
        ...difference,
      };
      await check(withLive(config, next));
      await this.follow(next, difference);
      takeLive(config, next);
      this.options.app.get(SourceRuntimes, GLOBAL).follow(config.sources);
      log.info({ ...result, msg: 'configuration read again' });
      if (difference.restart.length > 0)
        log.warn({ restart: difference.restart, msg: 'these changes wait for a restart' });
      return result;
    } catch (error) {
      return this.refused(error);
    }
  }

  /** What stands in the database first: should that fail, nothing of this process has changed. */
  private async follow(next: Config, { sources, live }: ConfigDifference): Promise<void> {
    const { app, roles } = this.options;
    if (roles.includes('notifier') && live.includes('webhooks.endpoints'))
      await app.get(DeclaredWebhooks, GLOBAL).follow(next.webhooks.endpoints);
    if (!roles.includes('poller')) return;
    // A file that has not changed is no news: what another process has brought since is left as it is.
    if (Object.values(sources).some((keys) => keys.length > 0)) {
      await app.get(PollService, GLOBAL).follow(next.sources);
      app.get(RuleNotice, GLOBAL).tell(next.sources);
    }
    if (live.includes('alerts'))
      await app.get(ExpectationsService, GLOBAL).follow(toRules(next.expectations, parseWebhookFilter));
  }

  private refused(error: unknown): ReloadResult {
    const { log } = this.options;
    if (error instanceof ConfigError) {
      const faults = error.faults.map(formatFault);
      for (const fault of faults) log.error({ msg: `configuration refused, the old one goes on: ${fault}` });
      return { outcome: 'refused', faults };
    }
    log.error({ err: error, msg: 'configuration not read again, the old one goes on' });
    return { outcome: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

const GLOBAL = { strict: false };

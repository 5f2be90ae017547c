import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { Database } from '../../storage/database.js';
import { schemaStatus } from '../../storage/migrate.js';

/** Whether this process should be sent requests: migrated, database reachable, not draining. Never an upstream's health. */
@Injectable()
export class Readiness implements OnModuleDestroy {
  private draining = false;
  private migrated = false;

  constructor(private readonly database: Database) {}

  get isDraining(): boolean {
    return this.draining;
  }

  /** From here on not ready, so that a balancer turns away before the last requests are answered. */
  drain(): void {
    this.draining = true;
  }

  onModuleDestroy(): void {
    this.drain();
  }

  /** @returns why not; null when ready. @throws the driver's error when the database cannot be reached */
  async obstacle(): Promise<string | null> {
    if (this.draining) return 'This process is draining.';
    if (this.migrated) {
      await this.database.now();
      return null;
    }
    const { pending } = await schemaStatus(this.database);
    this.migrated = pending.length === 0;
    return this.migrated ? null : `The database lacks ${pending.length} migrations.`;
  }
}

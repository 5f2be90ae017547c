import { OnModuleInit } from '@nestjs/common';
import { Config, EndpointConfig } from '../config/config.js';
import { Database } from '../storage/database.js';
import { SourceStore } from '../storage/source.store.js';
import { NewWebhook, WebhookStore } from '../storage/webhook.store.js';

/** Makes the endpoints follow the configuration. Only a service does this: at its start, before anything is sent, and when it changed. */
export class DeclaredWebhooks implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly database: Database,
  ) {}

  onModuleInit(): Promise<void> {
    return this.follow(this.config.webhooks.endpoints);
  }

  async follow(endpoints: readonly EndpointConfig[]): Promise<void> {
    const generation = await new SourceStore(this.database).nextGeneration();
    await new WebhookStore(this.database).reconcile(endpoints.map(toWebhook), generation);
  }
}

/** Whoever writes the file may see every source; the filter says which ones are meant. */
function toWebhook(endpoint: EndpointConfig): NewWebhook {
  return { ...endpoint, sources: null };
}

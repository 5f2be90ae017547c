import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, Config } from '../../config/config.js';
import { Json, JsonObject } from '../../domain/job.js';
import { SECRET_PREFIX } from '../../domain/webhook.js';
import { readKnowledge } from '../../storage/coverage.query.js';
import { Database } from '../../storage/database.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import { isoFromPg } from '../../storage/pg-time.js';
import { StoredWebhook, WebhookNameTakenError, WebhookStore } from '../../storage/webhook.store.js';
import { Principal } from '../access/principal.js';
import { PageParameters } from '../dto/page.parameters.js';
import { quote } from '../dto/parsers.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';
import { Problem } from '../http/problem.js';
import { shownUrl, shownWebhook, writeWebhook } from './webhook.answers.js';
import { WebhookBounds, readChangedWebhook, readNewWebhook } from './webhook.reader.js';

/** An answer, and what the audit log keeps of the act. */
export interface Acted {
  json: string;
  note: Json;
}

/**
 * The endpoints over HTTP. One keeps the sources of the token that made it; whoever is limited to sources has to do with endpoints within
 * them, and every other one does not exist for it.
 */
@Injectable()
export class WebhooksService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly webhooks: WebhookStore,
    private readonly cursors: PageCursors,
  ) {}

  async list(parameters: PageParameters, { sources }: Principal): Promise<PagedAnswer> {
    const { now } = await readKnowledge(this.database);
    const binding = questionOf('webhooks', null, sources);
    const read = (position: Position) => this.webhooks.list(sources, parameters.limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, writeWebhook);
  }

  /** @throws Problem `not-found` */
  async one(id: string, caller: Principal): Promise<TaggedJson> {
    return writeWebhook(await this.find(id, caller));
  }

  /** @throws Problem `not-found`: it is not there, or not for the caller */
  async find(id: string, { sources }: Principal): Promise<StoredWebhook> {
    return found(await this.webhooks.get(sources, id));
  }

  /** The answer is the only one that ever holds the secret. @throws Problem `invalid-request` or `conflict` */
  async create(body: unknown, caller: Principal): Promise<Acted> {
    const read = readNewWebhook(body, await this.bounds(caller));
    const secret = read.secret ?? newSecret();
    const made = await unlessTaken(() =>
      this.webhooks.create({ ...read, secret, sources: caller.sources && [...caller.sources] }),
    );
    return { json: JSON.stringify({ ...shownWebhook(made), secret }), note: noteOf(made) };
  }

  /** @throws Problem `invalid-request`, `not-found` or `conflict` */
  async change(id: string, body: unknown, caller: Principal): Promise<Acted> {
    const before = await this.find(id, caller);
    const change = readChangedWebhook(body, before, await this.bounds(caller));
    if (before.origin === 'config' && !isEnabledAgain(body, before)) throw declared(before);
    const after = await unlessTaken(() => this.webhooks.update(caller.sources, id, change));
    return { json: writeWebhook(found(after)).json, note: noteOf(after!) };
  }

  /** With its deliveries. @returns what the audit log keeps. @throws Problem `not-found` or `conflict` */
  async delete(id: string, caller: Principal): Promise<Json> {
    const before = await this.find(id, caller);
    if (before.origin === 'config' && before.disabledReason !== 'not-configured') throw declared(before);
    if (!(await this.webhooks.delete(caller.sources, id))) throw absent();
    return { name: before.name };
  }

  /** The secret before it goes on to sign for a day. @throws Problem `not-found` or `conflict` */
  async rotate(id: string, caller: Principal): Promise<Acted> {
    const before = await this.find(id, caller);
    if (before.origin === 'config') throw declared(before);
    const secret = newSecret();
    const after = found(await this.webhooks.rotateSecret(caller.sources, id, secret));
    const previousSecretUntil = isoFromPg(after.previousSecretUntil!);
    return {
      json: JSON.stringify({ id, secret, previousSecretUntil }),
      note: { name: after.name, previousSecretUntil },
    };
  }

  private async bounds(caller: Principal): Promise<WebhookBounds> {
    const { sources } = await readKnowledge(this.database);
    const isSeen = (key: string) => caller.sources === null || caller.sources.includes(key);
    return {
      sources: sources.map(({ key }) => key).filter(isSeen),
      rules: { allowPrivate: this.config.webhooks.allowPrivateAddresses },
    };
  }
}

function newSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(32).toString('base64')}`;
}

/** What was disabled because its receiver did not take it can be enabled here: the configuration has nothing to say of that. */
function isEnabledAgain(body: unknown, { disabledReason }: StoredWebhook): boolean {
  const asked = body as JsonObject;
  const isAlone = Object.keys(asked).length === 1 && asked['enabled'] === true;
  return isAlone && ['gone', 'failing'].includes(disabledReason ?? '');
}

function noteOf(webhook: StoredWebhook): Json {
  const { name, format, types, filter, sources, enabled } = webhook;
  return {
    ...{
      name,
      url: shownUrl(webhook),
      format,
      types: types && [...types],
      filter: filter as unknown as Json,
    },
    ...{ sources: sources && [...sources], enabled },
  };
}

function found(webhook: StoredWebhook | null): StoredWebhook {
  if (webhook === null) throw absent();
  return webhook;
}

function absent(): Problem {
  return new Problem('not-found', 'There is no such endpoint.');
}

function declared({ name }: StoredWebhook): Problem {
  return new Problem(
    'conflict',
    `The endpoint ${quote(name)} is declared in the configuration (webhooks.endpoints): change it there.`,
  );
}

async function unlessTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WebhookNameTakenError)) throw error;
    throw new Problem('conflict', `An endpoint named ${quote(error.webhookName)} exists already.`, {
      cause: error,
    });
  }
}

import { createHash } from 'node:crypto';
import { ContractError, JobGoneError, RecordError } from '../../domain/errors.js';
import { parseDuration } from '../../domain/duration.js';
import { JOB_ACTIONS, JobAction, RecordShape } from '../../domain/job.js';

import {
  Connector,
  ConnectorLimits,
  ConnectorSource,
  FetchedRecord,
  Page,
  PageFeedback,
  ReadRequest,
  ReadResult,
  Session,
} from '../connector.js';
import { HttpClient } from '../shared/http-client.js';
import { mapInTurns } from '../shared/turns.js';
import { Expression } from './expression.js';
import { authSchemaOf, optionsSchemaOf } from './http.auth.js';
import { sourceLists } from './http.lists.js';
import { Normalizer } from './http.normalize.js';
import { assertJson, Platform } from './http.platform.js';
import { CollectionRead, CollectionSource } from './http.read.js';
import { Additions, evaluateAnswer } from './http.records.js';
import { RequestTemplate, templates } from './http.request.js';
import { HTTP_PLATFORM, ManifestAuth, ManifestOptions } from './http.values.js';
import { identityPaths } from './manifest.rules.js';
import { ManifestInput, OneInput } from './manifest.schema.js';
import { PlaceholderValues, TemplateValueError } from './template.js';

/** The connector that a manifest describes. Everything of it is compiled here, once; a source's own values come with the source. */
export function httpConnector(manifest: ManifestInput): Connector<ManifestAuth, ManifestOptions> {
  const normalizer = new Normalizer(manifest);
  const tokenUrl = manifest.auth.type === 'oauth2' && manifest.auth.tokenUrl === '{{auth.tokenUrl}}';
  // A source's options are the same object for all of its records.
  const values = new WeakMap<ManifestOptions, PlaceholderValues>();
  const valuesOf = (options: ManifestOptions): PlaceholderValues => {
    const known = values.get(options) ?? optionValues(options);
    values.set(options, known);
    return known;
  };
  return {
    platform: HTTP_PLATFORM,
    defaultBaseUrl: null,
    auth: authSchemaOf(manifest.auth),
    options: optionsSchemaOf(manifest.options),
    limits: {
      pageSize: manifest.pageSize.default,
      maxPageSize: manifest.pageSize.max,
      settleMs: parseDuration(manifest.guarantees.settle) ?? 0,
      proof: proofOf(manifest),
    },
    statusMap: normalizer.statusMap,
    normalizerVersion: mappingVersion(manifest),
    redact: manifest.redact,
    identityPaths: identityPaths(manifest),
    volatileAttributes: normalizer.volatileAttributes,
    attributeKeys: () => normalizer.attributeKeys,
    extraHosts: (auth) => (tokenUrl ? [new URL(auth['tokenUrl']!).host] : []),
    connect: (source, http) => new HttpSession(manifest, normalizer, source, http),
    identify: (record, shape) => normalizer.identify(record, shape),
    normalize: (record, context) =>
      normalizer.normalize(record, { ...context, options: valuesOf(context.options) }),
  };
}

/** What the manifest says of its lists decides, unless it says aloud what shows every change. */
function proofOf({ guarantees, lists }: ManifestInput): ConnectorLimits['proof'] {
  const isIncremental = lists.some(({ incremental }) => incremental !== undefined);
  return guarantees.changes ?? (isIncremental ? 'sweep' : 'list');
}

/** Of everything that decides what a record means: another one reaches quiet jobs too. */
function mappingVersion({ record, lists, one }: ManifestInput): number {
  const puts = lists.map(({ fields, add, merge, key }) => ({ fields, add, merge, key }));
  const mapping = JSON.stringify([record, puts, one?.id, one?.add, one?.fields, one?.shape, one?.absent]);
  return createHash('sha256').update(mapping).digest().readUInt32BE(0);
}

function optionValues(options: ManifestOptions): PlaceholderValues {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      typeof value === 'string' ? [[`options.${name}`, value]] : [],
    ),
  );
}

class HttpSession implements Session {
  private readonly platform: Platform;
  private readonly collection: CollectionSource;
  private readonly options: PlaceholderValues;

  readonly actions: Partial<Record<JobAction, (externalId: string, signal: AbortSignal) => Promise<void>>>;
  readonly fetchOne?: (externalId: string, signal: AbortSignal) => Promise<FetchedRecord>;

  constructor(
    private readonly manifest: ManifestInput,
    private readonly normalizer: Normalizer,
    source: ConnectorSource<ManifestAuth, ManifestOptions>,
    http: HttpClient,
  ) {
    this.options = optionValues(source.options);
    const auth = Object.fromEntries(
      Object.entries(source.auth).map(([name, value]) => [`auth.${name}`, value]),
    );
    this.platform = new Platform(manifest, http, { ...this.options, ...auth }, source.auth);
    this.collection = this.collectionOf(source);
    this.actions = this.actionsOf();
    const { one } = manifest;
    if (one !== undefined) this.fetchOne = this.readerOf(one);
  }

  fetchPages(request: ReadRequest): AsyncGenerator<Page, ReadResult, PageFeedback> {
    return new CollectionRead(this.collection, request).run();
  }

  close(): Promise<void> {
    return this.platform.close();
  }

  private collectionOf(source: ConnectorSource<ManifestAuth, ManifestOptions>): CollectionSource {
    const { normalizer, manifest, options } = this;
    const { baseUrl, overlapMs, historyMs } = source;
    const { statusMap } = normalizer;
    return {
      lists: sourceLists(manifest.lists, options, source.options, normalizer.times),
      platform: this.platform,
      idOf: (record) => idOf(normalizer, record, 'list'),
      normalize: (record) =>
        normalizer.normalize(record, { shape: 'list', baseUrl, statusMap, observedAt: 0, options }),
      incrementalProves: proofOf(manifest) === 'incremental',
      settleMs: parseDuration(manifest.guarantees.settle) ?? 0,
      limit: Math.min(source.pageSize, manifest.pageSize.max),
      baseUrl,
      overlapMs,
      historyMs,
    };
  }

  private readerOf(one: OneInput): NonNullable<Session['fetchOne']> {
    const template = new RequestTemplate(one.request);
    const at = new Expression(one.record);
    const add = Object.entries(one.add ?? {}).map(
      ([name, source]) => [name, new Expression(source)] as const,
    );
    const fields = templates(one.fields ?? {});
    return async (externalId, signal) => {
      const request = this.build(template, externalId);
      // A POST that reads changes nothing.
      const answer = await this.platform.call({ ...request, signal, retry: true }, 'one', one.gone);
      if (one.gone.includes(answer.status)) throw new JobGoneError(`${this.manifest.name} knows no such job`);
      assertJson(answer, 'the page of one job');
      const found = evaluateAnswer(at, answer);
      if (Array.isArray(found) && found.length === 0)
        throw new JobGoneError(`${this.manifest.name} lists no such job`);
      if (typeof found !== 'object' || found === null)
        throw new ContractError(`the page of one job has no record at ${one.record}`, 'schema');
      const known = { ...this.options, ...this.normalizer.id.placeholders(externalId) };
      const more = Object.fromEntries([
        ...add.map(([name, expression]) => [name, evaluateAnswer(expression, answer) ?? null] as const),
        ...fields.map(([name, template]) => [name, template.value(known)] as const),
      ]);
      const { shape } = one;
      const additions = new Additions(more);
      const candidates = await mapInTurns([found].flat(), (candidate: unknown) => {
        const whole = additions.putInto(candidate);
        return idOf(this.normalizer, whole, shape) === externalId ? [whole] : [];
      });
      const [record] = candidates.flat();
      if (record === undefined)
        throw new ContractError(
          'the platform answered another job than the one that was asked for',
          'schema',
        );
      return { record, shape };
    };
  }

  private actionsOf(): HttpSession['actions'] {
    return Object.fromEntries(
      JOB_ACTIONS.flatMap((name) => {
        const action = this.manifest.actions[name];
        if (action === undefined) return [];
        const template = new RequestTemplate(action.request);
        const act = async (externalId: string, signal: AbortSignal): Promise<void> => {
          const request = this.build(template, externalId);
          const { status } = await this.platform.call({ ...request, signal, retry: false }, 'action', [404]);
          if (status === 404) throw new JobGoneError(`${this.manifest.name} knows no such job`);
        };
        return [[name, act] as const];
      }),
    );
  }

  /** @throws JobGoneError for an id that the platform cannot be asked for */
  private build(template: RequestTemplate, externalId: string) {
    try {
      return template.build({ ...this.options, ...this.normalizer.id.placeholders(externalId) });
    } catch (error) {
      if (error instanceof TemplateValueError) throw new JobGoneError(error.message);
      throw error;
    }
  }
}

function idOf(normalizer: Normalizer, record: unknown, shape: RecordShape): string | null {
  try {
    return normalizer.identify(record, shape);
  } catch (error) {
    if (error instanceof RecordError) return null;
    throw error;
  }
}

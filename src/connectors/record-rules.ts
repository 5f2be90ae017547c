import { hash } from 'node:crypto';
import { FoldContext } from '../domain/job-change.js';
import { StatusRule } from '../domain/status-map.js';
import { Connector, NormalizeContext } from './connector.js';
import { createRedactor } from './shared/redaction.js';

/** What a source's configuration says of how its records are read. */
export interface ReadingConfig {
  baseUrl: string;
  options: unknown;
  statusOverrides: Readonly<Record<string, StatusRule>>;
  /** The source's own paths, beside the connector's list. */
  redact: readonly string[];
}

/** How one source's records become jobs: redaction first, then normalizing. */
export interface RecordRules {
  /** Replaces what must not be stored, in place. @throws RangeError when the record is nested too deeply */
  redact(record: unknown): unknown;
  context: Omit<NormalizeContext, 'shape' | 'observedAt'>;
  /** Names these rules: a record that was read under others may have meant something else. */
  mapping: string;
  /** What tells a record from others, and from itself under other rules. @param text the redacted record as JSON text */
  hash(text: string): Buffer;
}

/** What a source's records are folded into jobs with. */
export function foldContextOf(
  source: { key: string; platform: string; options: unknown },
  connector: Connector,
): Omit<FoldContext, 'now'> {
  return {
    source: source.key,
    platform: source.platform,
    attributeKeys: connector.attributeKeys(source.options),
    volatileAttributes: connector.volatileAttributes,
  };
}

export function recordRulesOf(source: ReadingConfig, connector: Connector): RecordRules {
  const paths = [...connector.redact, ...source.redact];
  const context = {
    options: source.options,
    baseUrl: source.baseUrl,
    statusMap: connector.statusMap.with(source.statusOverrides),
  };
  const parts = [
    connector.platform,
    connector.normalizerVersion,
    context.statusMap.version,
    paths,
    source.options,
    source.baseUrl,
  ];
  const mapping = hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 16);
  return {
    redact: createRedactor(paths),
    context,
    mapping,
    hash: (text) => hash('md5', mapping + text, 'buffer'),
  };
}

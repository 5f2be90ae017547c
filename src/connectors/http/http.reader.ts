import { RecordError } from '../../domain/errors.js';
import {
  FieldRule,
  Instant,
  JobFacts,
  RecordShape,
  RuledField,
  TimeField,
  TimeProvenance,
} from '../../domain/job.js';
import { UnreadableTimeError } from '../../domain/timestamps.js';
import { asText, REDACTED, UNTOLD, valueAt } from '../shared/record-reader.js';
import { Expression, ExpressionCostError, ExpressionError, OF_A_RECORD, Steps } from './expression.js';
import { ManifestTime } from './http.times.js';
import { PlaceholderValues } from './template.js';

/** A value of a record, and whether redaction took it away. */
export interface Reading {
  /** Undefined where the record does not say, null where it says that there is none. */
  value: unknown;
  redacted: boolean;
}

/**
 * Reads one record by a manifest's expressions: remembers which rule gave which field where that is asked for, and collects every fault
 * so that a reject names all of them at once.
 */
export class ManifestReader {
  private readonly faults: string[] = [];
  /** Whether rules are told: what only they need is not worked out otherwise. */
  readonly explains: boolean;
  readonly rules: JobFacts['rules'];
  readonly provenance: Partial<Record<TimeField, TimeProvenance>> = {};
  readonly evidence: Record<string, Instant> = {};
  /** Of all that is read here. */
  readonly steps: Steps;
  private readonly shape: RecordShape;
  private readonly options: PlaceholderValues;

  constructor(
    private readonly record: unknown,
    private readonly absent: 'keep' | 'none',
    /** The manifest and its version. */
    private readonly origin: string,
    {
      shape,
      options,
      explains = false,
    }: { shape: RecordShape; options: PlaceholderValues; explains?: boolean },
  ) {
    this.shape = shape;
    this.options = options;
    this.explains = explains;
    this.rules = explains ? {} : UNTOLD;
    this.steps = new Steps(record, OF_A_RECORD);
  }

  /** What is absent is none, on this platform. */
  get saysNone(): boolean {
    return this.absent === 'none';
  }

  read(expression: Expression): Reading {
    try {
      const value = expression.evaluate(this.record, this.steps);
      if (value === REDACTED) return { value: null, redacted: true };
      return { value: this.meant(value, expression), redacted: false };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.faults.push(`${expression.source}: ${error.message}`);
      // Nothing is left for the others.
      if (error instanceof ExpressionCostError) this.assertReadable();
      return { value: undefined, redacted: false };
    }
  }

  text(expression: Expression): string | null | undefined {
    return asText(this.read(expression).value);
  }

  /** A time, as evidence of which record is newer unless it is only a plan. */
  time(
    expression: Expression,
    format: ManifestTime,
    kind: 'fact' | 'plan',
  ): { instant: Instant | null | undefined; redacted: boolean } {
    const { value, redacted } = this.read(expression);
    if (value === undefined) return { instant: undefined, redacted };
    try {
      const instant = format.read(value, this.options);
      if (instant !== null && kind === 'fact') this.evidence[expression.source] = instant;
      return { instant, redacted };
    } catch (error) {
      if (!(error instanceof UnreadableTimeError)) throw error;
      this.faults.push(`${expression.source}: ${error.message}`);
      return { instant: undefined, redacted };
    }
  }

  /** Says how a field was decided: `key` is the place in the manifest. */
  rule(
    name: RuledField,
    key: string,
    from: () => FieldRule['from'],
    rule: string,
    note?: string | null,
  ): void {
    if (!this.explains) return;
    const where = `${key} of ${this.origin}`;
    this.rules[name] = { from: from(), rule: `${where}: ${rule}`, ...(note == null ? {} : { note }) };
  }

  none(...names: RuledField[]): void {
    if (!this.explains) return;
    for (const name of names) this.rules[name] = { from: null, rule: `${this.origin} has no rule for it` };
  }

  /** @throws RecordError naming every fault that the reads above met */
  assertReadable(): void {
    if (this.faults.length > 0) throw new RecordError([...new Set(this.faults)]);
  }

  /**
   * A plain path can lead nowhere, and so can every place that a longer expression reads; what else it makes of nothing is null, which
   * a job's own page may not mean.
   */
  private meant(value: unknown, { path, paths }: Expression): unknown {
    if (this.absent === 'none') return value ?? null;
    if (path !== null || value !== null) return value;
    const leadsNowhere =
      paths.length > 0 && paths.every((place) => valueAt(this.record, place) === undefined);
    return leadsNowhere || this.shape === 'detail' ? undefined : null;
  }
}

/** Where an expression reads: one dotted path, several, or none that can be named. */
export function placeOf(...expressions: readonly Expression[]): FieldRule['from'] {
  const paths = [...new Set(expressions.flatMap((expression) => expression.paths))];
  return paths.length === 0 ? null : paths.length === 1 ? paths[0]! : paths;
}

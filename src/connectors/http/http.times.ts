import { DateTime } from 'luxon';
import { Instant } from '../../domain/job.js';
import { formatInstant, parseInstant, UnreadableTimeError } from '../../domain/timestamps.js';
import { TimeFormatInput } from './manifest.schema.js';
import { Template } from './template.js';

/** How times of a manifest are read: the domain's parser, with what manifests say beside it. */
export class ManifestTime {
  private readonly zone: Template | null;

  constructor(private readonly format: TimeFormatInput) {
    this.zone = format.zone === undefined ? null : new Template(format.zone);
  }

  /** The format of all, with what one time says otherwise. */
  with(own: TimeFormatInput): ManifestTime {
    const said = Object.entries(own).filter(([, value]) => value !== undefined);
    return said.length === 0 ? this : new ManifestTime({ ...this.format, ...Object.fromEntries(said) });
  }

  /**
   * @returns null when there is none, or the platform's word for none
   * @throws UnreadableTimeError when the value is present but unreadable or ambiguous
   */
  read(value: unknown, options: Readonly<Record<string, string | number | null>>): Instant | null {
    const { epoch, pattern, ignoreOffset = false, unset = [] } = this.format;
    if ((unset as unknown[]).includes(value)) return null;
    const zone = this.zone?.text(options);
    if (epoch === 'us') return parseInstant(inMilliseconds(value), { epoch: 'ms' });
    if (pattern !== undefined && typeof value === 'string' && value.trim() !== '')
      return this.readPattern(value.trim(), pattern, zone, ignoreOffset);
    return parseInstant(value, {
      ...(epoch === undefined ? {} : { epoch }),
      ...(zone === undefined ? {} : { zone }),
      ...(ignoreOffset ? { ignoreOffset: zone?.toUpperCase() !== 'UTC' } : {}),
    });
  }

  /** By way of ISO 8601 without a zone, so that the domain's parser judges what a clock change makes of it. */
  private readPattern(
    text: string,
    pattern: string,
    zone: string | undefined,
    ignoreOffset: boolean,
  ): Instant | null {
    const read = DateTime.fromFormat(text, pattern, { setZone: true, zone: 'utc', locale: 'en-US' });
    if (!read.isValid) throw new UnreadableTimeError(`not written as ${JSON.stringify(pattern)}`);
    if (saysZone(pattern) && !ignoreOffset) return parseInstant(read.toISO());
    return parseInstant(read.toISO({ includeOffset: false }), zone === undefined ? {} : { zone });
  }
}

function saysZone(pattern: string): boolean {
  return /[Zz]/.test(pattern.replaceAll(/'[^']*'/g, ''));
}

/** Microseconds; text with digits counts as a number, as it does in other units. */
function inMilliseconds(value: unknown): unknown {
  if (value === null || value === undefined || value === '') return null;
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' ? Math.floor(number / 1_000) : number;
}

const SINCE_FORMATS = {
  iso: formatInstant,
  'iso-seconds': (instant: Instant) => `${new Date(instant).toISOString().slice(0, 19)}Z`,
  'epoch-s': (instant: Instant) => Math.floor(instant / 1_000),
  'epoch-ms': (instant: Instant) => instant,
} as const;
export type SinceFormat = keyof typeof SINCE_FORMATS;

/** A time as a request asks for it; a unit that is too coarse makes it earlier, never later. */
export function sinceText(instant: Instant, format: SinceFormat): string | number {
  return SINCE_FORMATS[format](instant);
}

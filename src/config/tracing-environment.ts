export const TRACE_PROTOCOLS = ['http/protobuf', 'http/json'] as const;

export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

/** What OpenTelemetry's variables say of traces. Where they go is read by the exporters alone: their headers are secrets. */
export interface TracingSettings {
  protocol: (typeof TRACE_PROTOCOLS)[number];
  sampler: SamplerName;
  /** Of the traces that a ratio sampler keeps, 0 to 1. */
  ratio: number;
}

const OFF = '; or say OTEL_TRACES_EXPORTER=none';

/**
 * Null: nothing is traced, as long as nobody names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`) or
 * says `OTEL_TRACES_EXPORTER=otlp`, which means one on localhost:4318. Of variables that are not used nothing is asked.
 *
 * @param value of a variable; null when it is not set
 */
export function checkTracing(
  value: (name: string) => string | null,
  fault: (name: string, message: string) => void,
): TracingSettings | null {
  const endpoints = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'].filter(
    (name) => value(name) !== null,
  );
  const exporter = value('OTEL_TRACES_EXPORTER') ?? (endpoints.length > 0 ? 'otlp' : 'none');
  if (value('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || exporter === 'none') return null;
  if (exporter !== 'otlp') fault('OTEL_TRACES_EXPORTER', 'expected otlp or none');

  for (const name of endpoints)
    if (!['http:', 'https:'].includes(URL.parse(value(name)!)?.protocol ?? ''))
      fault(name, `expected an http or https address${OFF}`);

  const choice = <Word extends string>(name: string, words: readonly Word[], otherwise: Word): Word => {
    const word = value(name) ?? otherwise;
    const known = words.find((one) => one === word);
    if (known === undefined) fault(name, `expected one of ${words.join(', ')}${OFF}`);
    return known ?? otherwise;
  };
  const specific = 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL';
  const protocol = value(specific) === null ? 'OTEL_EXPORTER_OTLP_PROTOCOL' : specific;
  const ratio = Number(value('OTEL_TRACES_SAMPLER_ARG') ?? 1);
  if (!(ratio >= 0 && ratio <= 1)) fault('OTEL_TRACES_SAMPLER_ARG', 'expected a number from 0 to 1');
  return {
    protocol: choice(protocol, TRACE_PROTOCOLS, 'http/protobuf'),
    sampler: choice('OTEL_TRACES_SAMPLER', SAMPLERS, 'parentbased_always_on'),
    ratio,
  };
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import {
  Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  Span as OtelSpan,
  SpanKind as OtelSpanKind,
  SpanStatusCode,
  trace,
  Tracer as OtelTracer,
} from '@opentelemetry/api';
import { ExportResult, ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  ReadableSpan,
  Sampler,
  SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { SamplerName, TracingSettings } from '../config/tracing-environment.js';
import { VERSION } from '../version.js';
import { Attributes, Origin, Span, SpanKind, Tracer, useTracer } from './tracer.js';

/** The longest text of an attribute, characters; what is longer is cut. */
const MAX_TEXT = 512;

/** How long a process that ends waits for its last spans to be taken, milliseconds. */
const FLUSH_MS = 3_000;

const KINDS: Readonly<Record<SpanKind, OtelSpanKind>> = {
  internal: OtelSpanKind.INTERNAL,
  client: OtelSpanKind.CLIENT,
  server: OtelSpanKind.SERVER,
};

export interface Tracing {
  /** Sends what is not sent yet, for three seconds at most, and traces nothing more. */
  stop(): Promise<void>;
}

/**
 * Sends spans to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names; the exporters read that and the other OTEL_EXPORTER_OTLP_*
 * variables (headers, certificates, timeout, compression) by themselves. Loaded only where tracing is on: it is 130 ms of a start.
 */
export function startTracing(settings: TracingSettings, log: Pick<Logger, 'info' | 'warn'>): Tracing {
  const exporter = settings.protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
  const provider = new TracerProvider({
    // What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say goes before.
    resource: resourceFromAttributes({
      'service.name': 'rollcall',
      'service.version': VERSION,
      'service.instance.id': `${hostname()}/${process.pid}`,
    }).merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(settings),
    spanLimits: { attributeValueLengthLimit: MAX_TEXT },
    spanProcessors: [new BatchSpanProcessor({ exporter: new ToldExporter(exporter, log) })],
  });
  useTracer(new OpenTelemetry(provider.getTracer('rollcall', VERSION)));
  return {
    stop: async () => {
      useTracer(null);
      await within(FLUSH_MS, provider.shutdown());
    },
  };
}

/** Spans by OpenTelemetry, their context kept here: nothing global of OpenTelemetry is set. */
class OpenTelemetry implements Tracer {
  private readonly contexts = new AsyncLocalStorage<{ context: Context; span: Span }>();
  private readonly propagator = new W3CTraceContextPropagator();

  constructor(private readonly tracer: OtelTracer) {}

  get current(): Span | null {
    return this.contexts.getStore()?.span ?? null;
  }

  begin(name: string, kind: SpanKind, attributes: Attributes, { headers, startedAt }: Origin = {}): Span {
    const above = this.contexts.getStore()?.context ?? this.contextOf(headers);
    const options = {
      ...{ kind: KINDS[kind], attributes },
      ...(startedAt !== undefined && { startTime: startedAt }),
    };
    const span = this.tracer.startSpan(name, options, above);
    const context = trace.setSpan(above, span);
    const told: Span = {
      traceId: span.spanContext().traceId,
      set: (more) => void span.setAttributes(more),
      fail: (type) => fail(span, type),
      end: () => span.end(),
      run: (work) => this.contexts.run({ context, span: told }, work),
    };
    return told;
  }

  private contextOf(headers: Origin['headers']): Context {
    if (headers === undefined) return ROOT_CONTEXT;
    return this.propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
  }
}

function fail(span: OtelSpan, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Tells once that spans are not taken, and once that they are again: a collector that is away is no news every five seconds. */
class ToldExporter implements SpanExporter {
  private isFailing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly log: Pick<Logger, 'info' | 'warn'>,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exporter.export(spans, (result) => {
      this.tell(result);
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private tell({ code, error }: ExportResult): void {
    const isFailing = code === ExportResultCode.FAILED;
    if (isFailing && !this.isFailing)
      this.log.warn({ reason: error?.message.slice(0, MAX_TEXT), msg: 'the collector takes no traces' });
    if (!isFailing && this.isFailing) this.log.info({ msg: 'the collector takes traces again' });
    this.isFailing = isFailing;
  }
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  const samplers: Record<SamplerName, () => Sampler> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
    parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
    parentbased_traceidratio: () => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
  };
  return samplers[sampler]();
}

/** Settles with the promise, or when the time is over. What fails at the end is told by the exporter already. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([promise.catch(() => undefined), timeout]);
  clearTimeout(timer);
}

/**
 * What the rest of the program says to tracing. Nothing here loads OpenTelemetry: without {@link useTracer} a span is one comparison, and
 * its work is called as it is.
 */

/** Names are OpenTelemetry's where it has one (semantic conventions 1.45), else `rollcall.…`. Never a secret, a query or a body. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** `client` asks another system, `server` answers one. */
export type SpanKind = 'internal' | 'client' | 'server';

/** Something that takes time, and is told of when it has ended. */
export interface Span {
  /** 32 hexadecimal digits; null while nothing is traced. */
  readonly traceId: string | null;
  set(attributes: Attributes): void;
  /** It went wrong. `type` is one of few words, never a message: those may repeat what an upstream said. */
  fail(type: string): void;
  end(): void;
  /** Calls `work` inside: what begins there, also later on in what it awaits, is below this span. */
  run<T>(work: () => T): T;
}

export interface Tracer {
  /** The span that the caller runs inside of; null outside of any. */
  readonly current: Span | null;
  /** Below {@link current}, or below the span that the origin names. */
  begin(name: string, kind: SpanKind, attributes: Attributes, origin?: Origin): Span;
}

export interface Origin {
  /** Headers of a request, lower-case names: below the span of its `traceparent`, where the caller is inside of none. */
  headers?: Readonly<Record<string, string | string[] | undefined>>;
  /** When it began, milliseconds since the epoch; left out: now. */
  startedAt?: number;
}

const NO_SPAN: Span = {
  traceId: null,
  set: () => undefined,
  fail: () => undefined,
  end: () => undefined,
  run: (work) => work(),
};

let tracer: Tracer | null = null;

/** From here on, spans are this tracer's; null ends it. One for the whole process, as its context is. */
export function useTracer(next: Tracer | null): void {
  tracer = next;
}

export function isTracing(): boolean {
  return tracer !== null;
}

/** Of the span that the caller runs inside of; null outside of any. */
export function currentTraceId(): string | null {
  return tracer?.current?.traceId ?? null;
}

/** A span that whoever begins it also ends. */
export function beginSpan(name: string, kind: SpanKind, attributes: Attributes, origin?: Origin): Span {
  return tracer === null ? NO_SPAN : tracer.begin(name, kind, attributes, origin);
}

/** Traces `work` from its call to its end; one that throws has failed, by the name of its error. */
export function inSpan<T>(
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer === null ? work(NO_SPAN) : traced(tracer.begin(name, kind, attributes), work);
}

/** Like {@link inSpan}, but only as a part of something that is traced: alone it would tell nothing. */
export function inPart<T>(
  name: () => string,
  kind: SpanKind,
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  return (tracer?.current ?? null) === null ? work() : inSpan(name(), kind, attributes, work);
}

async function traced<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    return await span.run(() => work(span));
  } catch (error) {
    span.fail(error instanceof Error ? error.name : 'unknown');
    throw error;
  } finally {
    span.end();
  }
}

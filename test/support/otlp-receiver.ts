import { createServer, IncomingHttpHeaders } from 'node:http';
import { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Of the span above; null for the first of a trace. */
  parentSpanId: string | null;
  name: string;
  /** 1 internal, 2 server, 3 client. */
  kind: number;
  attributes: Record<string, unknown>;
  isError: boolean;
  startedAt: number;
  endedAt: number;
}

/** A collector on loopback: takes traces by OTLP over HTTP, and remembers what it was sent. */
export interface OtlpReceiver {
  url: string;
  /** Of bodies in JSON. */
  spans: ReceivedSpan[];
  resource: Record<string, unknown>;
  requests: { path: string; headers: IncomingHttpHeaders; body: Buffer }[];
  /** What it answers. */
  status: number;
  close(): Promise<void>;
}

interface OtlpAttribute {
  key: string;
  value: Record<string, unknown>;
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: OtlpAttribute[];
  status: { code?: number };
  startTimeUnixNano: string;
  endTimeUnixNano: string;
}
interface OtlpBody {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: { spans: OtlpSpan[] }[];
  }[];
}

const ERROR = 2;

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      receiver.requests.push({ path: request.url ?? '', headers: request.headers, body });
      if (request.headers['content-type'] === 'application/json') take(body.toString());
      response.writeHead(receiver.status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const take = (text: string): void => {
    for (const { resource, scopeSpans } of (JSON.parse(text) as OtlpBody).resourceSpans) {
      receiver.resource = toRecord(resource.attributes);
      receiver.spans.push(...scopeSpans.flatMap(({ spans }) => spans.map(toSpan)));
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    resource: {},
    requests: [],
    status: 200,
    close: () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
  return receiver;
}

function toSpan(span: OtlpSpan): ReceivedSpan {
  const { traceId, spanId, name, kind, status } = span;
  return {
    ...{ traceId, spanId, name, kind },
    parentSpanId: span.parentSpanId ?? null,
    attributes: toRecord(span.attributes),
    isError: status.code === ERROR,
    startedAt: Number(BigInt(span.startTimeUnixNano) / 1_000_000n),
    endedAt: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
  };
}

function toRecord(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

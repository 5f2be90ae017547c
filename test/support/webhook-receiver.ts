import { once } from 'node:events';
import { IncomingHttpHeaders, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A request as a receiver of webhooks gets it. */
export interface ReceivedRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  // the tests read what they expect; a wrong shape fails there
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

export interface ReceiverAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** Never answers, and breaks the connection. */
  breaks?: boolean;
}

/** An HTTP server that notes what it is sent, and answers as it is told. */
export class WebhookReceiver {
  readonly requests: ReceivedRequest[] = [];
  connections = 0;
  /** Asked for every request, before it is answered. */
  answer: (request: ReceivedRequest) => ReceiverAnswer | Promise<ReceiverAnswer> = () => ({ status: 204 });

  private constructor(
    readonly url: string,
    readonly port: number,
    private readonly end: () => Promise<unknown>,
  ) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => response.destroy());
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const { headers, url: path = '' } = request;
        const received = { path, headers, body, json: JSON.parse(body) as unknown };
        receiver.requests.push(received);
        void Promise.resolve(receiver.answer(received)).then((answer) => {
          if (answer.breaks === true) response.destroy();
          else response.writeHead(answer.status, answer.headers).end(answer.body);
        });
      });
    });
    server.on('connection', () => receiver.connections++);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const receiver: WebhookReceiver = new WebhookReceiver(`http://127.0.0.1:${port}/hook`, port, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return receiver;
  }

  /** `<job>#<sequence>` of all requests, in the order they came. */
  get told(): string[] {
    return this.requests.map(({ json }) => `${json.data.job?.externalId}#${json.data.sequence}`);
  }

  async close(): Promise<void> {
    await this.end();
  }
}

/** @throws when the reference library does not take the signature */
export function verify({ headers, body }: ReceivedRequest, secret: string): void {
  new Webhook(secret).verify(body, headers as Record<string, string>);
}

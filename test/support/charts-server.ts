import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';

/** A VectorCharts core instance of which a test says everything: its jobs, its clock, its faults. */
export interface ChartsServer {
  baseUrl: string;
  jobs: unknown[];
  token: string;
  /** Answers the next requests in place of the list, one each. */
  faults: ((request: IncomingMessage, response: ServerResponse) => void)[];
  requests: number;
  close(): Promise<void>;
}

export async function startChartsServer(jobs: unknown[] = []): Promise<ChartsServer> {
  const charts: ChartsServer = {
    baseUrl: '',
    jobs,
    token: 'charts-token',
    faults: [],
    requests: 0,
    close: () => closed,
  };
  const server = createServer((request, response) => {
    charts.requests++;
    const fault = charts.faults.shift();
    if (fault !== undefined) return fault(request, response);
    if (request.headers.authorization !== `Bearer ${charts.token}`) return void response.writeHead(401).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(charts.jobs));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  charts.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closed: Promise<void>;
  charts.close = () =>
    (closed ??= new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())));
  return charts;
}

/** A record as the published document shows it. */
export function chartJob(
  id: string,
  state: string,
  over: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id,
    job_type: 'index-custom-encs',
    job_state: state,
    parameters: null,
    percent_complete: state === 'completed' ? 100 : 45,
    created_at: 1736950000000,
    updated_at: 1736950500000,
    ...over,
  };
}

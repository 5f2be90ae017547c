import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import path from 'node:path';
import { stringify } from 'yaml';
import { waitFor } from './wait-for.js';

/** Upstream's name of the binary, or Debian's. */
const ALERTMANAGERS = ['prometheus-alertmanager', 'alertmanager'];

/** What Prometheus and Alertmanager are called here; null where one of them is not installed. */
export function installedTools(): { prometheus: string; alertmanager: string } | null {
  const answers = (name: string) => spawnSync(name, ['--version']).status === 0;
  const alertmanager = ALERTMANAGERS.find(answers);
  return answers('prometheus') && alertmanager !== undefined
    ? { prometheus: 'prometheus', alertmanager }
    : null;
}

/** A server of theirs, in a process of its own, on a port of loopback that it chose itself. */
export interface Tool {
  /** `http://127.0.0.1:9090` */
  url: string;
  stop(): Promise<void>;
}

/** Both say this once their port is open. */
const LISTENING = /msg="Listening on".* address=(\S+)/;

/** @throws Error with all that it wrote when it ends before its port is open */
async function startTool(program: string, args: readonly string[]): Promise<Tool> {
  const child: ChildProcess = spawn(program, ['--web.listen-address=127.0.0.1:0', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let output = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const [, found] = LISTENING.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    });
    exited.then(() => reject(new Error(`${program} ended:\n${output}`)), reject);
  });
  return {
    url: `http://${address}`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** @param config an Alertmanager configuration; @param folder for its configuration and its data, removed by the caller */
export async function startAlertmanager(program: string, folder: string, config: object): Promise<Tool> {
  const file = path.join(folder, 'alertmanager.yml');
  await writeFile(file, stringify(config));
  return startTool(program, [
    `--config.file=${file}`,
    `--storage.path=${path.join(folder, 'alertmanager')}`,
    // alone: no gossip, and so no second port
    '--cluster.listen-address=',
  ]);
}

/** @param config a Prometheus configuration; @param folder for its configuration and its data, removed by the caller */
export async function startPrometheus(program: string, folder: string, config: object): Promise<Tool> {
  const file = path.join(folder, 'prometheus.yml');
  await writeFile(file, stringify(config));
  const tool = await startTool(program, [
    `--config.file=${file}`,
    `--storage.tsdb.path=${path.join(folder, 'tsdb')}`,
  ]);
  // it listens before it answers questions
  await waitFor(async () => (await fetch(`${tool.url}/-/ready`)).ok);
  return tool;
}

/** One alert of a message that Alertmanager has sent. */
export interface ToldAlert {
  /** Of Alertmanager's configuration. */
  receiver: string;
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Who is told. */
export interface AlertReceiver {
  url: string;
  /** In the order in which they came; what is repeated is here again. */
  told: ToldAlert[];
  close(): Promise<void>;
}

export async function startAlertReceiver(): Promise<AlertReceiver> {
  const told: ToldAlert[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { receiver, alerts } = JSON.parse(body) as { receiver: string; alerts: ToldAlert[] };
      for (const { status, labels, annotations } of alerts)
        told.push({ receiver, status, labels, annotations });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An instant query. @throws Error with Prometheus's own words when it refuses it */
export async function askPrometheus(
  { url }: Tool,
  query: string,
): Promise<{ labels: Record<string, string>; value: number }[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
  if (!response.ok) throw new Error(`${query}: ${response.status} ${await response.text()}`);
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
}

/** The alerts that Alertmanager knows and keeps to itself, since another one says enough. */
export async function silencedByOthers({ url }: Tool): Promise<Record<string, string>[]> {
  const response = await fetch(`${url}/api/v2/alerts?inhibited=true&active=false&silenced=false`);
  const alerts = (await response.json()) as {
    labels: Record<string, string>;
    status: { inhibitedBy: string[] };
  }[];
  return alerts.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => labels);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from '../../src/collect/cluster/connect.ts';
import { KubeApi } from '../../src/enforce/cluster/kube-api.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { type MadeCertificate, makeCertificate } from '../certificate.ts';
import { type Lab, startLab } from '../lab.ts';
import { type Ran, root, runCli } from './run-cli.ts';

/** A webhook that is registered with a real API server: servers behind a balancer, their keeper, and a mounted Secret. */
export interface WebhookCluster {
  readonly lab: Lab;
  readonly folder: string;
  readonly api: KubeApi;
  /** Where the balancer listens, and the server of each number. */
  readonly port: number;
  /** The client certificate of the API server, and another of its authority. */
  readonly clients: {
    readonly authority: MadeCertificate;
    readonly server: MadeCertificate;
    readonly other: MadeCertificate;
  };
  bulwark(...args: readonly string[]): Promise<Ran>;
  /** Lets those call who show a certificate, or anybody. */
  startServer(number: number, callers?: 'certified' | 'anybody'): Promise<Program>;
  startKeeper(...args: readonly string[]): Program;
  writePolicies(text: string): void;
  /** The certificate that servers serve now. */
  served(): string;
  stop(): Promise<void>;
}

export interface Program {
  readonly log: () => string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface WebhookClusterOptions {
  /** Of the API server; the balancer takes 50 more, servers those after it. */
  readonly port: number;
  /** Whether the API server shows webhooks a certificate; it does unless told otherwise. */
  readonly apiServer?: 'shows-certificate' | 'shows-none';
}

const clientName = 'kube-apiserver-webhooks';

export async function startWebhookCluster({
  port,
  apiServer = 'shows-certificate',
}: WebhookClusterOptions): Promise<WebhookCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-webhook-'));
  const clients = makeClients();
  const admission = `--admission-control-config-file=${writeAdmission(folder, clients)}`;
  const lab = await startLab({ port, serverFlags: apiServer === 'shows-none' ? [] : [admission] });
  const api = new KubeApi({
    connect: () => connect({ kubeconfig: lab.kubeconfig, env: {}, timeoutMs: 20_000, maxSockets: 32 }),
    timeoutMs: 20_000,
  });
  const balanced = port + 50;
  const url = `https://127.0.0.1:${balanced}`;
  const programs = new Set<ChildProcess>();
  const balancer = await startBalancer(balanced, [balanced + 1, balanced + 2]);
  const policies = join(folder, 'policies');
  const mounted = join(folder, 'tls');
  mkdirSync(policies);
  mkdirSync(mounted);
  const mount = setInterval(() => void mountSecret(api, mounted), 300);
  const env = { KUBECONFIG: lab.kubeconfig };
  const start = (args: readonly string[]): Program => {
    const child = spawn(process.execPath, [join(root, 'dist/cli.js'), 'webhook', ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    programs.add(child);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    return {
      log: () => said,
      async kill(signal) {
        child.kill(signal);
        await ended;
        programs.delete(child);
      },
    };
  };
  return {
    lab,
    folder,
    api,
    port: balanced,
    clients,
    bulwark: (...args) => runCli(['webhook', ...args], { env }),
    async startServer(number, callers = 'certified') {
      const probes = balanced + 10 + number;
      const program = start([
        ...['serve', '--policies', policies, '--url', url, '--look-every', '1', '--stop-delay', '1'],
        ...['--listen', `127.0.0.1:${balanced + number}`, '--probes', `127.0.0.1:${probes}`],
        ...['--tls-cert', join(mounted, 'tls.crt'), '--tls-key', join(mounted, 'tls.key')],
        ...(callers === 'anybody' ? [] : ['--client-ca', join(folder, 'client-ca.crt'), '--client-name', clientName]),
      ]);
      await until(
        async () => (await fetch(`http://127.0.0.1:${probes}/readyz`).catch(() => undefined))?.status === 200,
        {
          what: () => `server ${number} is not ready: ${program.log()}`,
        },
      );
      return program;
    },
    startKeeper: (...args) =>
      start([
        'keep',
        '--policies',
        policies,
        '--url',
        url,
        '--every',
        '1',
        '--probes',
        `127.0.0.1:${balanced + 10}`,
        ...args,
      ]),
    writePolicies: (text) => writeFileSync(join(policies, 'policies.yaml'), text),
    served: () => readFileSync(join(mounted, 'tls.crt'), 'utf8'),
    async stop() {
      clearInterval(mount);
      for (const program of programs) program.kill('SIGKILL');
      balancer.close();
      await api.close();
      await lab.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until it is so, at most for so long. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { what, seconds = 30 }: { readonly what: () => string; readonly seconds?: number },
): Promise<void> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    if (await isSo()) return;
    await wait(150);
  }
  throw new Error(what());
}

function makeClients(): WebhookCluster['clients'] {
  const authority = makeCertificate({ subject: 'CN=webhook-clients', authority: true, usages: [5] });
  const client = (name: string): MadeCertificate =>
    makeCertificate({ subject: `CN=${name}`, issuer: authority, usages: [0], extendedUsages: ['clientAuth'] });
  return { authority, server: client(clientName), other: client('somebody') };
}

export function keyText({ key }: MadeCertificate): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Makes the API server show its certificate to webhooks. */
function writeAdmission(folder: string, { authority, server }: WebhookCluster['clients']): string {
  writeFileSync(join(folder, 'client-ca.crt'), authority.pem);
  writeFileSync(join(folder, 'client.crt'), server.pem);
  writeFileSync(join(folder, 'client.key'), keyText(server), { mode: 0o600 });
  const kubeConfigFile = join(folder, 'webhooks.kubeconfig');
  const user = { 'client-certificate': join(folder, 'client.crt'), 'client-key': join(folder, 'client.key') };
  writeFileSync(kubeConfigFile, JSON.stringify({ apiVersion: 'v1', kind: 'Config', users: [{ name: '*', user }] }));
  const plugin = (name: string) => ({
    name,
    configuration: { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'WebhookAdmissionConfiguration', kubeConfigFile },
  });
  const file = join(folder, 'admission.json');
  const plugins = [plugin('ValidatingAdmissionWebhook'), plugin('MutatingAdmissionWebhook')];
  writeFileSync(
    file,
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration', plugins }),
  );
  return file;
}

/** What kube-proxy does for a Service: connections go to the servers in turn, past those that do not listen. */
function startBalancer(port: number, servers: readonly number[]): Promise<net.Server> {
  let turn = 0;
  const balancer = net.createServer((client) => {
    client.on('error', () => client.destroy());
    turn += 1;
    const first = turn;
    const attempt = (left: number): void => {
      const target = servers[(first + left) % servers.length] ?? 0;
      const server = net.connect(target, '127.0.0.1');
      server.once('connect', () => {
        server.off('error', refused);
        server.on('error', () => client.destroy());
        client.pipe(server).pipe(client);
        client.once('close', () => server.destroy());
        server.once('close', () => client.destroy());
      });
      const refused = (): void => {
        if (left > 1) attempt(left - 1);
        else client.destroy();
      };
      server.once('error', refused);
    };
    attempt(servers.length);
  });
  return new Promise((resolve) => balancer.listen(port, '127.0.0.1', () => resolve(balancer)));
}

/** As the kubelet writes a mounted Secret. */
async function mountSecret(api: KubeApi, folder: string): Promise<void> {
  try {
    const secret = await api.find('/api/v1/namespaces/bulwark/secrets/bulwark-webhook-tls');
    const data = (secret?.['data'] ?? {}) as JsonObject;
    for (const file of ['tls.crt', 'tls.key']) {
      const value = data[file];
      if (typeof value === 'string') writeFileSync(join(folder, file), Buffer.from(value, 'base64'));
    }
  } catch {
    // The next look finds it.
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { makeCertificate } from '../certificate.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { Attack } from './attack.ts';
import { root, runCli } from './run-cli.ts';

const admin = 'kubernetes-admin';
const dev = 'system:serviceaccount:default:dev';

/** The alerts of each step of the attack, and who is named in them. */
const expected: readonly (readonly [step: string, rule: string, user: string])[] = [
  ['bad-token-burst', 'failed-authentication-burst', ''],
  ['anonymous-scan', 'anonymous-scan', 'system:anonymous'],
  ['anonymous-grant', 'anonymous-binding', admin],
  ['anonymous-allowed-read', 'anonymous-access', 'system:anonymous'],
  ['service-account-recon', 'own-permissions-listed', dev],
  ['service-account-recon', 'denied-many-operations', dev],
  ['service-account-recon', 'secret-reads-refused', dev],
  ['escalation-refused', 'escalation-refused', dev],
  ['cluster-admin-granted', 'administrator-binding', admin],
  ['secrets-dumped', 'all-secrets-listed', dev],
  ['secrets-read-one-by-one', 'many-secrets-read', dev],
  ['impersonation', 'privileged-impersonation', dev],
  ['privileged-pod', 'privileged-container', dev],
  ['privileged-pod', 'sensitive-host-path', dev],
  ['privileged-pod', 'host-namespaces', dev],
  ['exec-attempt', 'exec', admin],
  ['token-minted', 'system-token-minted', dev],
  ['node-proxy', 'kubelet-proxied', dev],
  ['webhook-planted', 'webhook-weakened', dev],
  ['csr-refused', 'privileged-certificate-requested', dev],
  ['persistence', 'workload-in-system-namespace', dev],
  ['persistence', 'scheduled-work', dev],
  ['exposure', 'node-port', dev],
  ['credentials-in-configmap', 'credentials-in-config-map', dev],
  ['cover-tracks', 'events-deleted', dev],
];

const listen = '127.0.0.1:18510';
const metrics = '127.0.0.1:18511';

warnIfNoLab('watching a live API server');

describe.skipIf(!labAvailable)('a live API server that is watched', () => {
  let folder = '';
  let lab: Lab | undefined;
  let child: ChildProcess | undefined;
  let complaints = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-watch-'));
    const serverFlags = await writeFiles(folder);
    child = await watch();
    lab = await startLab({ port: 18500, serverFlags });
    // Again, with the credentials for its own requests.
    await stop(child);
    child = await watch(lab);
  }, 180_000);

  afterAll(async () => {
    // The API server waits for the receiver when it ends.
    await lab?.stop();
    await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }, 100_000);

  async function watch(cluster?: Lab): Promise<ChildProcess> {
    const file = (name: string): string => join(folder, name);
    const canary = cluster === undefined ? [] : ['--canary', '--canary-every', '1', '--kubeconfig', cluster.kubeconfig];
    const args = [
      ...['watch', 'webhook:', '--listen', listen, '--tls-cert', file('tls.crt'), '--tls-key', file('tls.key')],
      ...['--client-ca', file('client-ca.crt'), '--client-name', 'kube-apiserver', '--state', file('state')],
      ...[
        '--severity',
        'info',
        '--sink',
        `ndjson=${file('alerts.ndjson')}`,
        '--sink',
        'terminal',
        '--metrics',
        metrics,
      ],
      ...canary,
    ];
    const started = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.stdout?.resume();
    await new Promise<void>((resolve, reject) => {
      started.stderr?.setEncoding('utf8').on('data', (text: string) => {
        complaints += text;
        if (text.includes('Listening')) resolve();
      });
      started.once('exit', (code) => reject(new Error(`watch ended with ${code}: ${complaints}`)));
    });
    return started;
  }

  function alerts(): Alert[] {
    const path = join(folder, 'alerts.ndjson');
    if (!existsSync(path)) return [];
    const text = readFileSync(path, 'utf8');
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }

  it('tells every step of an attack by its name, at its time, with who did it, over a kill in the middle', async () => {
    if (lab === undefined) throw new Error('no lab');
    const attack = new Attack(lab);
    await attack.run(async (step) => {
      if (step !== 'impersonation') return;
      await stop(child, 'SIGKILL');
      setTimeout(async () => {
        child = await watch(lab);
      }, 700);
    });
    const missing = (): string[] => {
      const told = alerts();
      return expected.flatMap(([name, rule, user]) => {
        const step = attack.steps.find((taken) => taken.step === name);
        const found = told.some(
          (alert) =>
            alert.rule === rule &&
            alert.actor.user === user &&
            alert.actor.source === '127.0.0.1' &&
            step !== undefined &&
            // A window may have begun in a step before.
            Date.parse(alert.last) >= step.from - 1_000 &&
            Date.parse(alert.first) <= step.to + 1_000,
        );
        return found ? [] : [`${name}: ${rule} by ${user}`];
      });
    };
    await expect.poll(missing, { timeout: 30_000, interval: 250 }).toEqual([]);
    const keys = alerts().map(({ id, revision }) => `${id}-${revision}`);
    expect(new Set(keys).size).toBe(keys.length);
    const quiet = attack.steps.find(({ step }) => step === 'quiet');
    const early = alerts().filter(({ first }) => Date.parse(first) < (quiet?.to ?? 0));
    expect(early.filter(({ severity }) => severity !== 'info' && severity !== 'low')).toEqual([]);
  }, 120_000);

  it('sees its own requests in the log, and says how it is', async () => {
    const text = async (): Promise<string> => (await fetch(`http://${metrics}/metrics`)).text();
    await expect.poll(text, { timeout: 20_000 }).toMatch(/bulwark_watch_canaries_total\{result="seen"\} [1-9]/);
    const shown = await text();
    expect(shown).toMatch(/bulwark_watch_events_total\{source="webhook"\} [1-9]/);
    expect(shown).toMatch(/bulwark_watch_receiver_requests_total\{code="200"\} [1-9]/);
    expect(shown).toMatch(/bulwark_watch_lag_seconds\{source="webhook"\} \d/);
    expect(shown).not.toMatch(/result="lost"/);
    const health = await fetch(`http://${metrics}/healthz`);
    expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
  }, 40_000);
});

/** Certificates, the API server's policy and its kubeconfig for the webhook, as the command prints it. */
async function writeFiles(folder: string): Promise<readonly string[]> {
  const authority = makeCertificate({ subject: 'CN=watch-ca', authority: true });
  const clients = makeCertificate({ subject: 'CN=client-ca', authority: true });
  const server = makeCertificate({
    subject: 'CN=watch',
    ip: ['127.0.0.1'],
    issuer: authority,
    extendedUsages: ['serverAuth'],
  });
  const client = makeCertificate({ subject: 'CN=kube-apiserver', issuer: clients, extendedUsages: ['clientAuth'] });
  const pem = ({ key }: typeof server): string => String(key.export({ type: 'pkcs8', format: 'pem' }));
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'RequestResponse' }],
  };
  const files = {
    'tls.crt': server.pem,
    'tls.key': pem(server),
    'tls-ca.crt': authority.pem,
    'client-ca.crt': clients.pem,
    'client.crt': client.pem,
    'client.key': pem(client),
    'policy.json': JSON.stringify(policy),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  const printed = await runCli([
    ...['watch', '--print-webhook-config', '--listen', listen, '--client-ca', join(folder, 'client-ca.crt')],
    ...[
      '--tls-cert',
      join(folder, 'tls.crt'),
      '--tls-key',
      join(folder, 'tls.key'),
      '--tls-ca',
      join(folder, 'tls-ca.crt'),
    ],
  ]);
  expect(printed.stderr).toBe('');
  // On this machine the files are elsewhere.
  const config = printed.stdout.replaceAll(/(client-(?:certificate|key): )\S*\//g, `$1${folder}/`);
  expect(config).toContain(`server: https://${listen}/audit`);
  writeFileSync(join(folder, 'webhook.yaml'), config);
  return [
    `--audit-policy-file=${join(folder, 'policy.json')}`,
    `--audit-webhook-config-file=${join(folder, 'webhook.yaml')}`,
    '--audit-webhook-batch-max-wait=100ms',
    '--audit-webhook-initial-backoff=300ms',
  ];
}

async function stop(child: ChildProcess | undefined, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners('exit');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await Promise.race([ended, wait(15_000)]);
}

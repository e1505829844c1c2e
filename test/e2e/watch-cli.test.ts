import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeCertificate } from '../certificate.ts';
import { runCli } from './run-cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-watch-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function event(number: number, changes: object = {}): string {
  const time = `2026-11-20T20:07:${String(number).padStart(2, '0')}.000000Z`;
  return `${JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/shop/pods',
    verb: 'list',
    user: { username: 'alice', groups: ['system:authenticated'] },
    sourceIPs: ['10.0.3.7'],
    userAgent: 'kubectl/v1.33.0',
    objectRef: { resource: 'pods', namespace: 'shop', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: { 'authorization.k8s.io/decision': 'allow' },
    ...changes,
  })}\n`;
}

const secretList = { requestURI: '/api/v1/secrets', objectRef: { resource: 'secrets', apiVersion: 'v1' } };

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface ToldAlert {
  readonly rule: string;
  readonly severity: string;
  readonly actor: { readonly user: string };
}

function alertsIn(text: string): ToldAlert[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('bulwark watch --once', () => {
  it('leaves out what the settings trust, and names what is wrong with them', async () => {
    const log = write('trusted.log', event(1) + event(2, secretList));
    const trusted = write('settings.yml', 'trusted:\n  - {user: alice, reason: backs up the cluster}\n');
    const { code, stdout } = await runCli(['watch', '--once', '--settings', trusted, '--sink', 'ndjson', log]);
    expect(code).toBe(0);
    expect(alertsIn(stdout).map(({ rule }) => rule)).not.toContain('all-secrets-listed');
    const wild = write('wild.yml', 'trusted:\n  - user: "a*"\n    reason: everyone\n');
    const refused = await runCli(['watch', '--once', '--settings', wild, log]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('wild.yml:2: a trusted identity is an exact user name');
    expect((await runCli(['watch', '--once', '--settings', 'nofile.yml', log])).stderr).toContain('nofile.yml');
  });

  it('tells incidents with the exit code of findings', async () => {
    const log = write('attack.log', event(1) + event(2, secretList));
    const { code, stdout, stderr } = await runCli(['watch', '--once', log]);
    expect(stdout).toContain('CRITICAL  All Secrets of the cluster listed\n');
    expect(stdout).toContain('  Who   alice from 10.0.3.7 (kubectl/v1.33.0)\n');
    expect(stderr).toMatch(/2 events read: \d+ incidents? \(1 critical/);
    expect(code).toBe(1);
    const lenient = await runCli(['watch', '--once', '--fail-on', 'none', '--sink', 'ndjson', log]);
    expect(lenient.code).toBe(0);
    expect(alertsIn(lenient.stdout)).toEqual(
      expect.arrayContaining([expect.objectContaining({ rule: 'all-secrets-listed', severity: 'critical' })]),
    );
  });

  it('is clean where nothing happened, and incomplete where something could not be read', async () => {
    const log = write('quiet.log', event(1));
    expect(await runCli(['watch', '--once', log])).toMatchObject({ code: 0, stdout: '' });
    const spoilt = write('spoilt.log', `${event(1)}{"kind":"Event",\n${event(2, secretList)}`);
    const read = await runCli(['watch', '--once', '--sink', 'ndjson', spoilt]);
    expect(read.code).toBe(3);
    expect(read.stderr).toMatch(/spoilt\.log: 17 bytes at \d+ passed over: is not valid JSON/);
    expect(alertsIn(read.stdout).map(({ rule }) => rule)).toContain('all-secrets-listed');
    const missing = await runCli(['watch', '--once', join(folder, 'missing.log'), log]);
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain('there is no file');
  });

  it('says of a compressed log that is cut what is wrong with it', async () => {
    const path = join(folder, 'cut.log.gz');
    const whole = gzipSync(event(1).repeat(200));
    writeFileSync(path, whole.subarray(0, whole.length - 20));
    const { code, stderr } = await runCli(['watch', '--once', path]);
    expect(stderr).toMatch(/cut\.log\.gz: .+, after \d+ bytes\n/);
    expect(stderr).not.toContain(': 0 bytes');
    expect(code).toBe(3);
  });

  it('reads standard input, and what a managed cluster wraps events in', async () => {
    const wrapped = JSON.stringify({ logEvents: [{ message: event(1, secretList).trim() }] });
    const { code, stdout } = await runCli(['watch', '--once', '-', '--sink', 'ndjson'], { stdin: wrapped });
    expect(alertsIn(stdout).map(({ rule }) => rule)).toContain('all-secrets-listed');
    expect(code).toBe(1);
  });

  it('merges the logs of several servers, and goes on where it was with --state', async () => {
    const [a, b] = [write('a.log', event(1, secretList)), write('b.log', event(3, secretList))];
    const args = [
      'watch',
      '--once',
      '--state',
      join(folder, 'state'),
      '--sink',
      `ndjson=${join(folder, 'told.ndjson')}`,
    ];
    expect((await runCli([...args, a, b])).code).toBe(1);
    const told = readFileSync(join(folder, 'told.ndjson'), 'utf8');
    expect(alertsIn(told).filter(({ rule }) => rule === 'all-secrets-listed').length).toBeGreaterThan(0);
    expect(await runCli([...args, a, b])).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'told.ndjson'), 'utf8')).toBe(told);
    writeFileSync(b, event(3, secretList) + event(4, { ...secretList, user: { username: 'bob' } }));
    expect((await runCli([...args, a, b])).code).toBe(1);
    const more = alertsIn(readFileSync(join(folder, 'told.ndjson'), 'utf8').slice(told.length));
    expect(new Set(more.map(({ actor }) => actor.user))).toEqual(new Set(['bob']));
  });

  it('takes Sigma rules of one’s own, and names what it cannot use in them', async () => {
    const rules = mkdtempSync(join(folder, 'rules-'));
    const rule = (detection: string): string => `title: Pods of the shop listed
name: shop-pods-listed
status: experimental
logsource: { product: kubernetes, service: audit }
detection:
${detection}
level: high
`;
    writeFileSync(
      join(rules, 'shop.yml'),
      rule('  selection: { verb: list, objectRef.namespace: shop }\n  condition: selection'),
    );
    const log = write('shop.log', event(1));
    const found = await runCli(['watch', '--once', '--no-builtin', '--rules', rules, '--sink', 'ndjson', log]);
    expect(alertsIn(found.stdout).map((alert) => alert.rule)).toEqual(['shop-pods-listed']);
    writeFileSync(join(rules, 'odd.yml'), rule('  selection: { verb|frobnicate: list }\n  condition: selection'));
    const refused = await runCli(['watch', '--once', '--rules', rules, log]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/odd\.yml:\d+: .*frobnicate/);
  });
});

describe('bulwark watch', () => {
  it.each<[string, readonly string[], string]>([
    ['nothing to watch', [], 'there is nothing to watch'],
    ['a receiver for everybody', ['webhook:'], 'webhook: would take events from anybody'],
    ['a receiver without TLS', ['webhook:', '--listen', '0.0.0.0:0', '--token-file', '/dev/null'], 'needs TLS'],
    ['a certificate authority without TLS', ['webhook:', '--client-ca', '/dev/null'], '--client-ca needs TLS'],
    ['half a pair', ['webhook:', '--tls-cert', '/dev/null', '--token-file', '/dev/null'], 'go together'],
    ['an empty token', ['webhook:', '--token-file', '/dev/null'], 'has 0 characters'],
    [
      'an end to what has none',
      ['--once', 'webhook:', '--token-file', '/dev/null', '--state', '.'],
      'webhook: has no end',
    ],
    ['an address that is none', ['webhook:', '--listen', 'everywhere', '--token-file', '/dev/null'], 'is no address'],
    [
      'two on standard output',
      ['a.log', '--sink', 'terminal', '--sink', 'ndjson'],
      'two sinks write to standard output',
    ],
    ['a source twice', ['a.log', 'a.log'], 'a source is named twice'],
    ['no rules', ['--once', 'a.log', '--no-builtin'], 'there is no rule to watch with'],
  ])('refuses %s', async (_what, args, message) => {
    const { code, stderr } = await runCli(['watch', ...args], { cwd: folder, env: { HOME: folder } });
    expect(stderr).toMatch(new RegExp(message));
    expect(code).toBe(2);
  });

  it('prints the kubeconfig for the API server, with the authority of its certificate', async () => {
    const authority = makeCertificate({ subject: 'CN=ca', authority: true });
    const server = makeCertificate({ subject: 'CN=watch', dns: ['watch.example.com'], issuer: authority });
    const cert = write('chain.pem', server.pem + authority.pem);
    const key = write('tls.key', String(server.key.export({ type: 'pkcs8', format: 'pem' })));
    const args = ['watch', '--print-webhook-config', '--tls-cert', cert, '--tls-key', key, '--listen', ':9443'];
    const { code, stdout } = await runCli([...args, '--token-file', '/dev/null']);
    expect(code).toBe(0);
    const config = parse(stdout);
    expect(config.clusters[0].cluster.server).toBe('https://watch.example.com:9443/audit');
    const ca = Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString();
    expect(ca.trim()).toBe(authority.pem.trim());
    expect(config.users[0].user).toEqual({ tokenFile: '/etc/kubernetes/audit-webhook/token' });
    const byCertificate = await runCli([...args, '--client-ca', cert, '--url', 'https://10.0.0.1:9443/']);
    expect(parse(byCertificate.stdout).users[0].user).toEqual({
      'client-certificate': '/etc/kubernetes/audit-webhook/client.crt',
      'client-key': '/etc/kubernetes/audit-webhook/client.key',
    });
    expect(byCertificate.stdout).toContain('server: https://10.0.0.1:9443/audit\n');
  });
});

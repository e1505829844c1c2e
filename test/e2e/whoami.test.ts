import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { type Ran, runProgram } from '../run-program.ts';

warnIfNoLab('whoami and certificates');

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const { code, out, err } = await runProgram(args, { env: { HOME: '/nonexistent', ...env }, now: () => new Date() });
  return { code, out: out.replaceAll(/\s+/g, ' '), err };
}

describe.skipIf(!labAvailable)('whoami against a real API server', () => {
  let lab: Lab;
  let token = '';
  beforeAll(async () => {
    lab = await startLab({ port: 17700 });
    await lab.kubectl(['create', 'serviceaccount', 'ann', '--namespace', 'default']);
    for (let tries = 0; token === '' && tries < 40; tries += 1) {
      const path = '{.items[?(@.metadata.annotations.kubernetes\\.io/service-account\\.name=="ann")].data.token}';
      const found = await lab.kubectl(['get', 'secrets', '--namespace', 'default', '--output', `jsonpath=${path}`]);
      token = Buffer.from(found, 'base64').toString();
      if (token === '') await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }, 150_000);
  afterAll(async () => lab?.stop(), 100_000);

  it('knows the administrator by his certificate, and why a bare curl is refused', async () => {
    const { code, out } = await run(['whoami', '--kubeconfig', lab.kubeconfig]);
    expect(out).toContain('its certificate verifies against the authority of the kubeconfig');
    expect(out).toContain('name kubernetes-admin groups system:masters, system:authenticated rights all:');
    expect(out).toMatch(/expires in 36[45] days, on 20\d\d-/);
    expect(out).toContain("bare curl stops at TLS, as the system does not know the cluster's authority");
    expect(out).toContain('taken for system:anonymous, whom no role lets read /api (403 Forbidden)');
    expect(code).toBe(0);
  });

  it('knows a service account by its token, as the server does', async () => {
    expect(token).not.toBe('');
    const file = await lab.kubeconfigFor('ann', token);
    const { out } = await run(['whoami', '--kubeconfig', file, '--output', 'json']);
    expect(JSON.parse(out).contexts[0]).toMatchObject({
      type: 'service-account-token',
      name: 'system:serviceaccount:default:ann',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      expires: 'never',
      allRights: false,
      isTrusted: true,
    });
    expect(out).not.toContain(token.split('.')[2]);
  });

  it('says where the certificate does not verify', async () => {
    const config = JSON.parse(await lab.kubectl(['config', 'view', '--raw', '--output', 'json']));
    const { server } = config.clusters[0].cluster;
    const { 'client-certificate-data': other } = config.users[0].user;
    const write = (name: string, cluster: object): string => {
      const file = join(lab.folder, name);
      writeFileSync(file, JSON.stringify({ ...config, clusters: [{ name: config.clusters[0].name, cluster }] }), {
        mode: 0o600,
      });
      return file;
    };
    const wrong = await run([
      'whoami',
      '--kubeconfig',
      write('wrong.json', { server, 'certificate-authority-data': other }),
    ]);
    expect(wrong.out).toContain(
      'its certificate does not verify: another authority signed it than the kubeconfig names',
    );
    const none = await run([
      'whoami',
      '--kubeconfig',
      write('none.json', { server, 'insecure-skip-tls-verify': true }),
    ]);
    expect(none.out).toContain('kubectl does not mind (insecure-skip-tls-verify)');
  });

  it('makes no request when told so', async () => {
    const { out } = await run(['whoami', '--kubeconfig', lab.kubeconfig, '--offline']);
    expect(out).toContain('name kubernetes-admin');
    expect(out).not.toContain('bare curl');
  });

  it('asks the server only when told so, and says when it has no answer', async () => {
    const { out } = await run(['whoami', '--kubeconfig', lab.kubeconfig, '--ask']);
    expect(out).toContain('server says the server has no SelfSubjectReview, which came with v1.27');
  });

  it('lists the certificates of the node', async () => {
    const { out, code } = await run(['certificates', '--root', join(lab.folder, 'root'), '-o', 'json']);
    const { certificates } = JSON.parse(out);
    const bySubject = new Map(
      certificates.map((each: { subject: { name: string }; uses: { by: string }[] }) => [
        each.subject.name,
        each.uses.map(({ by }) => by),
      ]),
    );
    expect(bySubject.get('CN=kube-apiserver')).toEqual(['kube-apiserver --tls-cert-file']);
    expect(bySubject.get('CN=front-proxy-client')).toEqual(['kube-apiserver --proxy-client-cert-file']);
    expect(bySubject.size).toBeGreaterThan(10);
    expect(code).toBe(0);
  });
});

describe('whoami', () => {
  it('tells servers that refuse in other ways apart', async () => {
    const statuses = [401, 200, 502];
    const server = createServer((_, response) => {
      response.writeHead(statuses.shift() ?? 500).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const folder = mkdtempSync(join(tmpdir(), 'bulwark-whoami-'));
    const file = join(folder, 'config');
    const write = (url: string) =>
      writeFileSync(
        file,
        `clusters: [{name: c, cluster: {server: '${url}'}}]\ncontexts: [{name: c, context: {cluster: c}}]\ncurrent-context: c\n`,
      );
    try {
      write(`http://127.0.0.1:${port}`);
      expect((await run(['whoami', '--kubeconfig', file])).out).toContain(
        'anonymous access is off: nobody unknown is let in (401',
      );
      expect((await run(['whoami', '--kubeconfig', file])).out).toContain(
        'it is not refused: the server answers /api to anyone',
      );
      expect((await run(['whoami', '--kubeconfig', file])).out).toContain(
        'it gets 502, which is not how an API server refuses',
      );
      write(`https://127.0.0.1:${port}`);
      expect((await run(['whoami', '--kubeconfig', file])).out).toMatch(
        /bare curl fails like everything else: (?:TLS fails|the server speaks no TLS)/,
      );
      await new Promise((resolve) => server.close(resolve));
      expect((await run(['whoami', '--kubeconfig', file])).out).toContain('nothing listens there');
      const unknown = await run(['whoami', '--kubeconfig', file, '--context', 'd']);
      expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('there is no context "d"')]);
    } finally {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('runs a credential plugin only when told so, and keeps nothing of what it prints', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bulwark-whoami-'));
    const file = join(folder, 'config');
    const claims = Buffer.from(JSON.stringify({ sub: 'system:serviceaccount:a:b', exp: 4_000_000_000 })).toString(
      'base64url',
    );
    const token = `eyJhbGciOiJub25lIn0.${claims}.SIGNATURE`;
    const print = `console.log(JSON.stringify({ status: { token: '${token}' } }))`;
    const exec = { command: process.execPath, args: ['-e', print], apiVersion: 'client.authentication.k8s.io/v1' };
    const config = {
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { exec } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'c',
    };
    writeFileSync(file, JSON.stringify(config));
    try {
      const before = await run(['whoami', '--kubeconfig', file, '--offline']);
      expect(before.out).toContain('u: credential plugin only');
      const after = await run(['whoami', '--kubeconfig', file, '--exec', '--timeout', '20']);
      expect(after.out).toContain(
        'u: token of a service account name system:serviceaccount:a:b groups system:serviceaccounts,',
      );
      expect(after.out).toMatch(/expires in \d+ days, on 2096-10-02/);
      expect(after.out).not.toContain('SIGNATURE');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

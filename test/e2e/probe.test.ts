import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeTargets } from '../../src/collect/probe/probe.ts';
import { judgeObservation } from '../../src/semantics/probe/judge.ts';
import type { ListenerId } from '../../src/semantics/probe/listeners.ts';
import type { ProbeResult } from '../../src/semantics/probe/result.ts';
import { suiteWeakness, weakDefaultSuites } from '../../src/semantics/tls-suites/index.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { runProgram } from '../run-program.ts';

warnIfNoLab('test/e2e/probe.test.ts');

const hasContainerd = spawnSync('containerd', ['--version']).status === 0;
if (!hasContainerd) console.warn('the kubelets of test/e2e/probe.test.ts are skipped: they need containerd');

const port = 17100;
const ports = {
  api: port,
  etcd: port + 1,
  peer: port + 2,
  manager: port + 3,
  scheduler: port + 4,
  openApi: port + 20,
  openEtcd: port + 21,
  openEtcdPeer: port + 22,
  anonymousApi: port + 24,
  kubelet: port + 30,
  laxKubelet: port + 32,
  openKubelet: port + 34,
  readOnly: port + 36,
  kubectlProxy: port + 38,
};

const schema: object = JSON.parse(readFileSync(join(import.meta.dirname, '../../schema/probe.schema.json'), 'utf8'));
const valid = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
const schemaErrors = (report: string) => (valid(JSON.parse(report)) ? null : valid.errors);

describe.skipIf(!labAvailable)('a live control plane, as a stranger sees it', () => {
  let lab: Lab;
  let assets = '';
  let pki = '';
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    lab = await startLab({ port });
    const script = join(import.meta.dirname, '../../../shared/kube/lab');
    assets = execFileSync(script, ['assets'], { encoding: 'utf8' }).trim();
    pki = join(lab.folder, 'root/etc/kubernetes/pki');
    await startOpened();
    if (hasContainerd) await startKubelets();
  }, 300_000);

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await lab?.stop();
  }, 120_000);

  function start(program: string, args: readonly string[]): void {
    const path = existsSync(join(assets, program)) ? join(assets, program) : program;
    const child = spawn(path, [...args], { stdio: 'ignore', cwd: lab.folder });
    child.on('error', () => undefined);
    children.push(child);
  }

  /** etcd without client certificates, and API servers on it: one that gives everything to anyone, one that refuses anonymous. */
  async function startOpened(): Promise<void> {
    const url = (number: number): string => `https://127.0.0.1:${number}`;
    const files = ['--cert-file', join(pki, 'etcd/server.crt'), '--key-file', join(pki, 'etcd/server.key')];
    const peers = ['--peer-cert-file', join(pki, 'etcd/peer.crt'), '--peer-key-file', join(pki, 'etcd/peer.key')];
    const places = [
      ...['--listen-client-urls', url(ports.openEtcd), '--advertise-client-urls', url(ports.openEtcd)],
      ...['--listen-peer-urls', url(ports.openEtcdPeer), '--initial-advertise-peer-urls', url(ports.openEtcdPeer)],
      ...[
        '--initial-cluster',
        `open=${url(ports.openEtcdPeer)}`,
        '--name',
        'open',
        '--data-dir',
        join(lab.folder, 'open'),
      ],
    ];
    start('etcd', [...files, ...peers, ...places]);
    const common = [
      ...[
        `--etcd-servers=${url(ports.openEtcd)}`,
        `--etcd-cafile=${join(pki, 'etcd/ca.crt')}`,
        '--bind-address=127.0.0.1',
      ],
      ...[`--client-ca-file=${join(pki, 'ca.crt')}`, '--service-account-issuer=x'],
      ...[
        `--service-account-key-file=${join(pki, 'sa.pub')}`,
        `--service-account-signing-key-file=${join(pki, 'sa.key')}`,
      ],
      ...[`--tls-cert-file=${join(pki, 'apiserver.crt')}`, `--tls-private-key-file=${join(pki, 'apiserver.key')}`],
      ...[`--cert-dir=${join(lab.folder, 'certs')}`, '--service-cluster-ip-range=10.96.0.0/12'],
    ];
    start('kube-apiserver', [...common, `--secure-port=${ports.openApi}`, '--authorization-mode=RBAC']);
    start('kube-apiserver', [
      ...common,
      `--secure-port=${ports.anonymousApi}`,
      '--authorization-mode=RBAC',
      '--anonymous-auth=false',
      '--tls-min-version=VersionTLS13',
    ]);
    await answering(ports.openApi, 'https');
    await answering(ports.anonymousApi, 'https');
    const everyone = ['clusterrolebinding', 'everyone', '--clusterrole=cluster-admin', '--user=system:anonymous'];
    await lab.kubectl(['--server', url(ports.openApi), 'create', ...everyone]);
  }

  /** Kubelets that do not register, with a serving certificate of the cluster's authority and a container runtime of their own. */
  async function startKubelets(): Promise<void> {
    const runtime = join(lab.folder, 'containerd');
    mkdirSync(runtime);
    const state = ['--root', join(runtime, 'root'), '--state', join(runtime, 'state')];
    start('containerd', ['--address', join(runtime, 'containerd.sock'), ...state]);
    const folder = join(lab.folder, 'kubelet-pki');
    mkdirSync(folder);
    const openssl = (...args: readonly string[]) => execFileSync('openssl', [...args], { cwd: folder, stdio: 'pipe' });
    const sign = (name: string, subject: string): void => {
      writeFileSync(join(folder, 'x.ext'), 'subjectAltName=IP:127.0.0.1\n');
      openssl(
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        subject,
      );
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        join(pki, 'ca.crt'),
        '-CAkey',
        join(pki, 'ca.key'),
        '-CAcreateserial',
        '-out',
        `${name}.crt`,
        '-days',
        '1',
        '-extfile',
        'x.ext',
      );
    };
    sign('kubelet', '/CN=system:node:n/O=system:nodes');
    sign('nobody', '/CN=nobody');
    const kubelet = async (number: number, settings: Readonly<Record<string, unknown>>): Promise<void> => {
      const file = join(lab.folder, `kubelet-${number}.json`);
      const config = {
        apiVersion: 'kubelet.config.k8s.io/v1beta1',
        kind: 'KubeletConfiguration',
        address: '127.0.0.1',
        port: number,
        healthzPort: number + 1,
        tlsCertFile: join(folder, 'kubelet.crt'),
        tlsPrivateKeyFile: join(folder, 'kubelet.key'),
        cgroupsPerQOS: false,
        enforceNodeAllocatable: [],
        failSwapOn: false,
        ...settings,
      };
      writeFileSync(file, JSON.stringify(config));
      start('kubelet', [
        `--config=${file}`,
        `--kubeconfig=${lab.kubeconfig}`,
        `--hostname-override=node-${number}`,
        `--root-dir=${join(lab.folder, 'run', `kubelet-${number}`)}`,
        '--register-node=false',
        '--container-runtime=remote',
        `--container-runtime-endpoint=unix://${runtime}/containerd.sock`,
      ]);
      await answering(number, 'https');
    };
    const x509 = { clientCAFile: join(pki, 'ca.crt') };
    const secure = kubelet(ports.kubelet, {
      authentication: { anonymous: { enabled: false }, x509, webhook: { enabled: true } },
      authorization: { mode: 'Webhook' },
    });
    const lax = kubelet(ports.laxKubelet, {
      authentication: { anonymous: { enabled: false }, x509, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
    });
    const open = kubelet(ports.openKubelet, {
      authentication: { anonymous: { enabled: true }, x509, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      readOnlyPort: ports.readOnly,
    });
    await Promise.all([secure, lax, open]);
  }

  async function answering(number: number, scheme: string): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const [seen] = await probeTargets(
        [{ host: '127.0.0.1', port: number, origin: 'test', listener: 'kubelet-healthz' }],
        quick,
      );
      if (seen?.answers.some(({ outcome }) => outcome.kind === 'http' && outcome.status < 500)) return;
      if (Date.now() > deadline) throw new Error(`${scheme}://127.0.0.1:${number} does not answer`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  const quick = { timeoutMs: 5000, rate: 1000, totalMs: 120_000 };

  async function look(number: number, listener?: ListenerId): Promise<ProbeResult> {
    const [seen] = await probeTargets(
      [{ host: '127.0.0.1', port: number, origin: 'named', ...(listener !== undefined && { listener }) }],
      { ...quick, authority: { ca: readFileSync(join(pki, 'ca.crt')) } },
    );
    if (seen === undefined) throw new Error('nothing observed');
    return judgeObservation(seen, new Date());
  }

  const grave = ({ exposures }: ProbeResult): string[] =>
    exposures.filter(({ id }) => id !== 'weak-tls').map(({ id, severity }) => `${severity} ${id}`);

  it.each<[string, number, ListenerId | undefined, string, string, readonly string[]]>([
    [
      'the API server',
      ports.api,
      undefined,
      'API server',
      'shows anyone only /version, /healthz and /livez, and refuses system:anonymous by authorization (403)',
      [],
    ],
    ['etcd', ports.etcd, 'etcd', 'etcd', 'refuses clients without a certificate (TLS alert bad_certificate)', []],
    [
      "etcd's peers",
      ports.peer,
      'etcd-peer',
      'etcd peer port',
      'refuses clients without a certificate (TLS alert bad_certificate)',
      [],
    ],
    [
      'the controller manager',
      ports.manager,
      'kube-controller-manager',
      'controller manager',
      'shows anyone only /healthz, and refuses system:anonymous by authorization (403)',
      [],
    ],
    [
      'the scheduler',
      ports.scheduler,
      'kube-scheduler',
      'scheduler',
      'shows anyone only /healthz, and refuses system:anonymous by authorization (403)',
      [],
    ],
    [
      'an API server without anonymous access',
      ports.anonymousApi,
      undefined,
      'API server',
      'refuses anonymous requests (401)',
      [],
    ],
  ])(
    'finds %s secure',
    async (_, number, listener, name, sentence, exposures) => {
      const result = await look(number, listener);
      expect({ name: result.name, sentence: result.sentence, exposures: grave(result) }).toEqual({
        name,
        sentence,
        exposures,
      });
    },
    30_000,
  );

  it.each<[string, number, readonly string[], readonly string[]]>([
    [
      'an API server that binds cluster-admin to anyone',
      ports.openApi,
      ['critical anonymous-access'],
      ['/api/v1/secrets (Secrets)', '/api/v1/pods (', '/metrics ('],
    ],
    ['etcd without client certificates', ports.openEtcd, ['critical no-client-certificate'], ['/version', '/health']],
  ])(
    'finds %s open',
    async (_, number, exposures, parts) => {
      const result = await look(number);
      expect(grave(result)).toEqual(exposures);
      for (const part of parts) expect(result.exposures[0]?.message).toContain(part);
    },
    30_000,
  );

  it.skipIf(!hasContainerd)(
    'finds one kubelet secure, and another and its read-only port open',
    async () => {
      const secure = await look(ports.kubelet);
      expect([secure.name, secure.sentence, grave(secure)]).toEqual([
        'kubelet',
        'refuses anonymous requests (401)',
        [],
      ]);
      const open = await look(ports.openKubelet);
      expect(grave(open)).toEqual(['critical anonymous-access']);
      for (const part of ['/pods (', '/configz (', '/logs/ (']) expect(open.exposures[0]?.message).toContain(part);
      // One step less grave than from outside, since it listens on loopback.
      const readOnly = await look(ports.readOnly);
      expect([readOnly.name, ...grave(readOnly)]).toEqual(['kubelet read-only port', 'medium open-port']);
    },
    30_000,
  );

  it('reads versions, suites and certificates', async () => {
    const { observation } = await look(ports.api);
    expect(observation.tls).toMatchObject({
      versions: { '1.0': 'refused', '1.1': 'refused', '1.2': 'accepted', '1.3': 'accepted' },
      clientCertificate: 'asked',
      verified: { ok: true },
    });
    expect(observation.tls?.suites).toContain('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');
    // A scan says of a list that is not set what is really accepted, with a key that is RSA.
    const weak = observation.tls?.suites.filter((suite) => suiteWeakness(suite) !== undefined);
    const told = weakDefaultSuites('kube-apiserver', 20).filter((suite) => !suite.includes('_ECDSA_'));
    expect(weak?.toSorted()).toEqual(told.toSorted());
    expect(observation.tls?.chain[0]).toMatchObject({ subject: 'CN=kube-apiserver', issuer: 'CN=kubernetes' });
    const newest = await look(ports.anonymousApi);
    expect(newest.observation.tls).toMatchObject({
      versions: { '1.2': 'refused', '1.3': 'accepted' },
      clientCertificate: 'asked',
    });
  }, 30_000);

  const bulwark = (...args: readonly string[]) =>
    runProgram(['probe', '--rate', '500', ...args], {
      cwd: lab.folder,
      env: { KUBECONFIG: lab.kubeconfig, HOME: '/nonexistent' },
      width: 200,
      now: () => new Date(),
    });

  it.skipIf(!hasContainerd)(
    'tells Webhook from AlwaysAllow by three identities, in one line',
    async () => {
      const weak = [
        '--weak-client-certificate',
        'kubelet-pki/nobody.crt',
        '--weak-client-key',
        'kubelet-pki/nobody.key',
      ];
      const given = ['--context', 'kubernetes-admin@lab'];
      const good = await bulwark(`127.0.0.1:${ports.kubelet}`, ...given, ...weak);
      expect(good.out).toContain(
        '/pods as nobody 401, without rights 403, as given 200: rights decide, as they should',
      );
      expect(good.code).toBe(0);
      const lax = await bulwark(`127.0.0.1:${ports.laxKubelet}`, ...given, ...weak);
      expect(lax.out).toContain('/pods as nobody 401, without rights 200, as given 200: every identity may do it');
      expect(lax.out).toContain('CRITICAL');
      expect(lax.code).toBe(1);
      const middle = await bulwark(`127.0.0.1:${ports.kubelet}`, ...given);
      expect(middle.out.replaceAll(/\s+/g, ' ')).toContain(
        'AlwaysAllow and Webhook look alike without the middle answer',
      );
    },
    60_000,
  );

  it('asks the API server as someone without rights by impersonation, where no other identity is given', async () => {
    const { out } = await bulwark(`127.0.0.1:${ports.api}`, '--context', 'kubernetes-admin@lab');
    expect(out).toContain(
      '/api/v1/namespaces as nobody 403, without rights 403 (by impersonation), as given 200: rights decide',
    );
  }, 30_000);

  it('sees that kubectl proxy judges by the Host header, which anyone can set', async () => {
    const where = [`--port=${ports.kubectlProxy}`, '--address=0.0.0.0', `--kubeconfig=${lab.kubeconfig}`];
    start('kubectl', ['proxy', ...where]);
    await answering(ports.kubectlProxy, 'http');
    // Its default --accept-hosts knows 127.0.0.1, but not this one.
    const proxy = { host: '127.0.0.2', port: ports.kubectlProxy, origin: 'named', listener: 'kubectl-proxy' } as const;
    const [seen] = await probeTargets([proxy], quick);
    const answers = seen?.answers.map(({ path, hostHeader, outcome }) => {
      return `${path} ${hostHeader ?? '-'} ${outcome.kind === 'http' ? outcome.status : outcome.kind}`;
    });
    expect(answers).toEqual([
      '/version - 403',
      '/api - 403',
      '/api localhost 200',
      '/api/v1/namespaces?limit=1 localhost 200',
    ]);
    const result = seen && judgeObservation(seen, new Date());
    expect(result?.exposures.map(({ id, severity }) => `${severity} ${id}`)).toEqual(['medium open-port']);
    const outside = seen && judgeObservation({ ...seen, address: '10.0.0.5' }, new Date());
    expect(outside?.exposures[0]?.severity).toBe('critical');
  }, 60_000);

  it('looks at the nodes of a cluster, and at nothing that is no node', async () => {
    const node = (name: string, address: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name },
        status: { addresses: [{ type: 'InternalIP', address }] },
      });
    await lab.kubectl(['create', '-f', '-'], node('real', '192.0.2.77'));
    await lab.kubectl(['create', '-f', '-'], node('trap', '169.254.169.254'));
    const { code, out } = await bulwark('--cluster', '--port', '10250', '--timeout', '1', '-o', 'json');
    const { listeners, notes } = JSON.parse(out);
    const hosts = listeners.map(({ host, node, port: number }: Record<string, unknown>) => `${node} ${host}:${number}`);
    expect(hosts).toContain('real 192.0.2.77:10250');
    expect(out).not.toContain('169.254.169.254');
    expect(notes).toContain('node trap has no address that could be looked at');
    expect(code).toBe(3);
  }, 30_000);

  it('finds the ports of a node in its configuration', async () => {
    const { code, out } = await bulwark('127.0.0.1', '--root', 'root', '-o', 'json', '--fail-on', 'none');
    const { listeners } = JSON.parse(out);
    const seen = listeners.find((each: { port: number }) => each.port === ports.api);
    expect(schemaErrors(out)).toBeNull();
    expect(seen).toMatchObject({
      origin: 'secure-port of kube-apiserver',
      listener: 'kube-apiserver',
      verdict: expect.any(String),
    });
    expect(code).toBe(0);
  }, 60_000);

  it('exits with 3 for a host that is not there, and with 2 for one that cannot be', async () => {
    const missing = await bulwark('no-such-host.invalid', `127.0.0.1:${ports.etcd}=etcd`);
    expect(missing.code).toBe(3);
    expect(missing.out).toContain('not everything could be looked at');
    const wrong = await bulwark('10.0.0.0/8');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('is a URL or a range of addresses, not a host');
    expect((await bulwark()).err).toContain('no host is named');
    expect((await bulwark('127.0.0.1', '--client-certificate', 'x')).err).toContain(
      'a client certificate needs its key',
    );
  }, 30_000);

  it('prints no credential, not even in JSON', async () => {
    const token = (await lab.kubectl(['create', 'token', 'default'])).trim();
    writeFileSync(join(lab.folder, 'weak-token'), token);
    const args = ['--context', 'kubernetes-admin@lab', '--weak-token-file', 'weak-token', '-o', 'json'];
    const { out, err } = await bulwark(`127.0.0.1:${ports.api}`, `127.0.0.1:${ports.kubelet}`, ...args);
    const api = JSON.parse(out).listeners[0];
    expect(schemaErrors(out)).toBeNull();
    expect(api.comparison).toBe(
      '/api/v1/namespaces as nobody 403, without rights 403, as given 200: rights decide, as they should',
    );
    expect(out + err).not.toContain(token.split('.')[1]);
    expect(out + err).not.toContain('PRIVATE KEY');
  }, 60_000);
});

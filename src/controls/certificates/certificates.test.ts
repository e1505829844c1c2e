import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type CertificateOptions, type MadeCertificate, makeCertificate } from '../../../test/certificate.ts';
import { testExamples } from '../../../test/control-examples.ts';
import { judgeText } from '../../../test/judge-example.ts';
import type { AnyControl } from '../control.ts';
import frontProxy from '../kube-apiserver/front-proxy.ts';
import { file, kubeletConfig, staticPod, unit } from '../node-examples.ts';
import readable from './readable.ts';
import strength from './strength.ts';
import systemMasters from './system-masters.ts';
import trust from './trust.ts';
import usage from './usage.ts';
import validity from './validity.ts';

const controls: readonly AnyControl[] = [readable, ...strength, ...systemMasters, ...trust, ...usage, ...validity];

function findings(text: string): string[] {
  const judgement = judgeText(controls, text);
  expect(judgement.errors).toEqual([]);
  return judgement.findings
    .map(({ control, severity, owner, message }) => `${control.id} ${severity} ${owner.name}: ${message}`)
    .sort();
}

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  testExamples(control, {
    passing: ({ coverage }, text) => expect(coverage.get(control)?.pass, text).toBeGreaterThan(0),
  });
});

const pki = '/etc/kubernetes/pki';
const usages = [0, 2];
const ca = makeCertificate({ subject: 'CN=kubernetes', authority: true, usages: [5], to: '20361030000000Z' });
const other = makeCertificate({ subject: 'CN=kubernetes', authority: true, usages: [5], to: '20361030000000Z' });

function serving(more: Partial<CertificateOptions> = {}): MadeCertificate {
  const names = { dns: ['kubernetes'], ip: ['192.0.2.2', '127.0.0.1'] };
  return makeCertificate({
    subject: 'CN=apiserver',
    issuer: ca,
    usages,
    extendedUsages: ['serverAuth'],
    ...names,
    ...more,
  });
}

function client(subject: string, more: Partial<CertificateOptions> = {}): MadeCertificate {
  return makeCertificate({ subject, issuer: ca, usages, extendedUsages: ['clientAuth'], ...more });
}

function server(made: MadeCertificate, ...args: string[]): string {
  const pod = staticPod('kube-apiserver', [`--tls-cert-file=${pki}/apiserver.crt`, ...args]);
  return pod + file(`${pki}/apiserver.crt`, made.pem);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function kubeconfig(
  path: string,
  parts: { server?: string; ca?: MadeCertificate; client?: MadeCertificate; name?: string },
): string {
  const { server: url = 'https://127.0.0.1:6443', name = 'admin' } = parts;
  const authority = parts.ca === undefined ? '' : `, certificate-authority-data: ${base64(parts.ca.pem)}`;
  const user =
    parts.client === undefined
      ? '{}'
      : `{client-certificate-data: ${base64(parts.client.pem)}, client-key-data: REDACTED}`;
  return `# file: ${path}
apiVersion: v1
kind: Config
clusters: [{name: k, cluster: {server: '${url}'${authority}}}]
contexts: [{name: c, context: {cluster: k, user: ${name}}}]
users: [{name: ${name}, user: ${user}}]
`;
}

const at = 'node-1:/etc/kubernetes/pki/apiserver.crt';
const flag = '(kube-apiserver --tls-cert-file)';

describe('certificates', () => {
  it('in order give no finding', () => {
    const text = server(serving(), '--client-ca-file=/etc/kubernetes/pki/ca.crt') + file(`${pki}/ca.crt`, ca.pem);
    expect(
      findings(text + kubeconfig('/etc/kubernetes/scheduler.conf', { ca, client: client('CN=system:kube-scheduler') })),
    ).toEqual([]);
  });

  it.each<[string, CertificateOptions['key'] | undefined, Partial<CertificateOptions>, string[]]>([
    [
      'that expired yesterday',
      undefined,
      { from: '20251120000000Z', to: '20261120000000Z' },
      [`certificates/expired high ${at}: CN=apiserver expired on 2026-11-20, 1 day ago ${flag}`],
    ],
    [
      'with 3 days left',
      undefined,
      { from: '20251124000000Z', to: '20261124000000Z' },
      [`certificates/expires-soon high ${at}: CN=apiserver expires on 2026-11-24, in 3 days ${flag}`],
    ],
    [
      'with 20 days left',
      undefined,
      { from: '20251211000000Z', to: '20261211000000Z' },
      [`certificates/expires-soon medium ${at}: CN=apiserver expires on 2026-12-11, in 20 days ${flag}`],
    ],
    ['with 31 days left', undefined, { from: '20251222000000Z', to: '20261222000000Z' }, []],
    ['for a day, in its middle', undefined, { from: '20261120120000Z', to: '20261121120000Z' }, []],
    [
      'for a day, with 2 hours left',
      undefined,
      { from: '20261120020000Z', to: '20261121020000Z' },
      [`certificates/expires-soon medium ${at}: CN=apiserver expires on 2026-11-21, in 2 hours ${flag}`],
    ],
    [
      'of tomorrow',
      undefined,
      { from: '20261122000000Z' },
      [`certificates/not-yet-valid medium ${at}: CN=apiserver is valid only from 2026-11-22 on, in 1 day ${flag}`],
    ],
    ['of four minutes from now', undefined, { from: '20261121000400Z' }, []],
    [
      'from 1950 to 2500',
      undefined,
      { from: '500101000000Z', to: '25000101000000Z' },
      [`certificates/validity-period low ${at}: CN=apiserver is valid for 200884 days, until 2500-01-01 ${flag}`],
    ],
    [
      'of an RSA key with 1024 bits',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
      {},
      [`certificates/key-strength high ${at}: CN=apiserver has an RSA key of 1024 bits, fewer than 2048 ${flag}`],
    ],
    [
      'of a key on P-224',
      generateKeyPairSync('ec', { namedCurve: 'P-224' }).privateKey,
      {},
      [`certificates/key-strength high ${at}: CN=apiserver has a key on P-224, fewer than 256 bits ${flag}`],
    ],
    [
      'signed over SHA-1',
      undefined,
      { hash: 'sha1' },
      [`certificates/signature-hash medium ${at}: CN=apiserver is signed with ecdsa-with-SHA1 ${flag}`],
    ],
    [
      'of a leaf that says CA:TRUE',
      undefined,
      { authority: true },
      [`certificates/leaf-authority medium ${at}: CN=apiserver is a server’s, and says CA:TRUE ${flag}`],
    ],
    [
      'for clients, on a server',
      undefined,
      { extendedUsages: ['clientAuth'] },
      [
        `certificates/extended-usage medium ${at}: CN=apiserver is for clientAuth, and not for serverAuth, as kube-apiserver --tls-cert-file needs ${flag}`,
      ],
    ],
    [
      'without alternative names',
      undefined,
      { dns: [], ip: [] },
      [
        `certificates/serving-names medium ${at}: CN=apiserver has no alternative names, so that no name of the server matches ${flag}`,
      ],
    ],
  ])('%s', (_, key, more, expected) => {
    expect(findings(server(serving({ ...more, ...(key && { key }) })))).toEqual(expected);
  });

  it('that nobody uses and that expired is a small matter', () => {
    const old = client('CN=old', { to: '20261102000000Z' });
    expect(findings(file(`${pki}/old.crt`, old.pem) + server(serving()))).toEqual([
      'certificates/expired low node-1:/etc/kubernetes/pki/old.crt: CN=old expired on 2026-11-02, 19 days ago',
    ]);
  });

  it('in several places is one finding that names them', () => {
    const late = makeCertificate({ subject: 'CN=old-ca', authority: true, usages: [5], to: '20261120000000Z' });
    const text =
      file(`${pki}/ca.crt`, late.pem) + kubeconfig('/etc/kubernetes/a.conf', { ca: late, server: 'https://192.0.2.9' });
    expect(findings(text)).toEqual([
      'certificates/expired high node-1:/etc/kubernetes/a.conf: CN=old-ca expired on 2026-11-20, 1 day ago (cluster k of /etc/kubernetes/a.conf); also in /etc/kubernetes/pki/ca.crt',
    ]);
  });

  it('stand at the line of their block', () => {
    const bad = serving({ to: '20261102000000Z' });
    const text = `# file: /etc/kubernetes/pki/chain.crt\n\n\n${serving().pem}${bad.pem}`;
    const [finding] = judgeText(controls, text + unit('kubelet', [])).findings;
    const line = finding?.places[0]?.object.source.positions?.locate([])?.line;
    expect([finding?.owner.name, line]).toEqual([
      'node-1:/etc/kubernetes/pki/chain.crt (2 of 2)',
      2 + serving().pem.split('\n').length,
    ]);
  });
});

describe('trust', () => {
  it('is by signature, for every pair that the configuration names', () => {
    const text =
      server(
        serving({ issuer: other }),
        `--client-ca-file=${pki}/ca.crt`,
        `--kubelet-client-certificate=${pki}/k.crt`,
      ) +
      file(`${pki}/ca.crt`, ca.pem) +
      file(`${pki}/k.crt`, client('CN=apiserver-kubelet-client', { issuer: other }).pem) +
      kubeletConfig(`authentication: {x509: {clientCAFile: ${pki}/ca.crt}}`) +
      kubeconfig('/etc/kubernetes/admin.conf', { ca, client: client('CN=admin', { issuer: other }) });
    expect(findings(text)).toEqual([
      'certificates/trusted-by-peers medium node-1:/etc/kubernetes/admin.conf: CN=admin was issued by CN=kubernetes, which is not trusted by the API server, by --client-ca-file (user admin of /etc/kubernetes/admin.conf)',
      `certificates/trusted-by-peers medium ${at}: CN=apiserver was issued by CN=kubernetes, which is not trusted by /etc/kubernetes/admin.conf ${flag}`,
      'certificates/trusted-by-peers medium node-1:/etc/kubernetes/pki/k.crt: CN=apiserver-kubelet-client was issued by CN=kubernetes, which is not trusted by the kubelet, by authentication.x509.clientCAFile (kube-apiserver --kubelet-client-certificate)',
    ]);
  });

  it('asks nothing of kubeconfigs for other servers', () => {
    const elsewhere = kubeconfig('/etc/kubernetes/admin.conf', { ca: other, server: 'https://192.0.2.77:6443' });
    expect(findings(server(serving(), '--advertise-address=192.0.2.2') + elsewhere)).toEqual([]);
  });

  it('tells of the kubelet that signs its serving certificate itself, where the API server verifies', () => {
    const own = makeCertificate({ subject: 'CN=node-1@1', usages, extendedUsages: ['serverAuth'], dns: ['node-1'] });
    const text = (flag: string): string =>
      staticPod('kube-apiserver', [flag]) +
      file(`${pki}/ca.crt`, ca.pem) +
      kubeletConfig() +
      file('/var/lib/kubelet/pki/kubelet.crt', own.pem);
    expect(findings(text('--profiling=false'))).toEqual([]);
    expect(findings(text(`--kubelet-certificate-authority=${pki}/ca.crt`))).toEqual([
      'certificates/trusted-by-peers medium node-1:/var/lib/kubelet/pki/kubelet.crt: CN=node-1@1 was issued by CN=node-1@1, which is not trusted by the API server, by --kubelet-certificate-authority (kubelet)',
    ]);
  });

  it('names the address of this node that the certificate lacks', () => {
    const text = server(serving({ ip: ['127.0.0.1'] }), '--advertise-address=192.0.2.2');
    expect(findings(text + kubeconfig('/etc/kubernetes/a.conf', { ca, server: 'https://192.0.2.2:6443' }))).toEqual([
      `certificates/serving-names medium ${at}: CN=apiserver lacks 192.0.2.2, by which /etc/kubernetes/a.conf calls the server ${flag}`,
    ]);
  });

  it('in one key for front proxy and cluster is told of once, though the certificates differ', () => {
    const again = makeCertificate({
      subject: 'CN=front-proxy-ca',
      key: ca.key,
      authority: true,
      usages: [5],
      to: '20361030000000Z',
    });
    const args = [`--client-ca-file=${pki}/ca.crt`, `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`];
    const text =
      staticPod('kube-apiserver', args) + file(`${pki}/ca.crt`, ca.pem) + file(`${pki}/front-proxy-ca.crt`, again.pem);
    expect(findings(text)).toEqual([
      'certificates/front-proxy-authority high node-1:/etc/kubernetes/pki/front-proxy-ca.crt: CN=front-proxy-ca vouches for the front proxy and for clients of the cluster alike (kube-apiserver --requestheader-client-ca-file)',
    ]);
  });
});

describe('an authority of front proxy and clients', () => {
  const args = [
    `--client-ca-file=${pki}/ca.crt`,
    `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
    '--requestheader-allowed-names=front-proxy-client',
  ];
  const both = (controlsOf: readonly AnyControl[], text: string): string[] =>
    judgeText(controlsOf, staticPod('kube-apiserver', args) + text).findings.map(({ control }) => control.id);

  it.each([
    ['in both files', ca.pem, ca.pem, ['kube-apiserver/requestheader-ca']],
    ['among others', `${other.pem}${ca.pem}`, `${ca.pem}${serving().pem}`, ['kube-apiserver/requestheader-ca']],
    ['in neither', ca.pem, other.pem, []],
  ])('%s is one finding at most', (_, clients, proxies, expected) => {
    const text = file(`${pki}/ca.crt`, clients) + file(`${pki}/front-proxy-ca.crt`, proxies);
    expect(both([...trust, ...frontProxy], text).filter((id) => !id.endsWith('-certificate'))).toEqual(expected);
  });
});

describe('system:masters', () => {
  it('is no group of the API server’s where another authority says so', () => {
    const etcd = client('O=system:masters/CN=etcd-client', { issuer: other });
    const args = [`--client-ca-file=${pki}/ca.crt`, `--etcd-certfile=${pki}/etcd.crt`];
    const text = staticPod('kube-apiserver', args) + file(`${pki}/ca.crt`, ca.pem) + file(`${pki}/etcd.crt`, etcd.pem);
    expect(findings(text)).toEqual([]);
  });

  it('passes over the certificates of etcd where the cluster’s own authority cannot be read', () => {
    const etcd = client('O=system:masters/CN=etcd-client', { issuer: other });
    const named = [`--client-ca-file=${pki}/ca.crt`, `--etcd-certfile=${pki}/etcd.crt`];
    const unread = staticPod('kube-apiserver', [...named, `--etcd-cafile=${pki}/etcd/ca.crt`]);
    const files = file(`${pki}/etcd.crt`, etcd.pem) + file(`${pki}/etcd/ca.crt`, other.pem);
    expect(findings(unread + files)).not.toContainEqual(expect.stringContaining('system:masters'));
    const unsigned = file(`${pki}/etcd.crt`, etcd.pem) + file(`${pki}/etcd/ca.crt`, ca.pem);
    expect(findings(unread + unsigned)).toContainEqual(expect.stringContaining('is a cluster administrator'));
  });

  const masters = client('O=system:masters/CN=kube-apiserver-kubelet-client');
  it.each([
    [
      'as the API server’s own',
      server(serving(), `--kubelet-client-certificate=${pki}/k.crt`) + file(`${pki}/k.crt`, masters.pem),
      'low',
    ],
    ['as a kubeconfig’s', server(serving()) + kubeconfig('/etc/kubernetes/admin.conf', { client: masters }), 'high'],
    [
      'in kubeadm’s kubeconfig for emergencies',
      server(serving()) + kubeconfig('/etc/kubernetes/super-admin.conf', { client: masters }),
      'medium',
    ],
    ['in a file that nobody names', server(serving()) + file(`${pki}/k.crt`, masters.pem), 'high'],
  ])('%s', (_, text, severity) => {
    expect(findings(text).map((finding) => finding.split(' ').slice(0, 2).join(' '))).toEqual([
      `certificates/system-masters ${severity}`,
    ]);
  });
});

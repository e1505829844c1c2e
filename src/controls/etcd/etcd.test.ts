import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { file, staticPod } from '../node-examples.ts';
import client from './client.ts';
import configurationProblems from './configuration-problems.ts';
import corruptionCheck from './corruption-check.ts';
import durability from './durability.ts';
import { clusterCa, etcdCa } from './example-certificates.ts';
import exposure from './exposure.ts';
import ownCa from './own-ca.ts';
import peer from './peer.ts';

const controls = [...client, configurationProblems, corruptionCheck, ...durability, ...exposure, ownCa, ...peer];
const pki = '/etc/kubernetes/pki/etcd';
const path = '/etc/kubernetes/etcd.yaml';

const hardened = [
  '--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  `--cert-file=${pki}/server.crt`,
  `--key-file=${pki}/server.key`,
  '--client-cert-auth=true',
  `--trusted-ca-file=${pki}/ca.crt`,
  `--peer-cert-file=${pki}/peer.crt`,
  `--peer-key-file=${pki}/peer.key`,
  '--peer-client-cert-auth=true',
  `--peer-trusted-ca-file=${pki}/ca.crt`,
  '--peer-cert-allowed-hostname=etcd.example',
  '--listen-client-urls=https://127.0.0.1:2379,https://10.0.0.4:2379',
  '--listen-peer-urls=https://10.0.0.4:2380',
  '--initial-advertise-peer-urls=https://10.0.0.4:2380',
  '--initial-cluster=a=https://10.0.0.4:2380',
  '--listen-metrics-urls=http://127.0.0.1:2381',
];

const cas = `${file(`${pki}/ca.crt`, etcdCa)}${file('/etc/kubernetes/pki/ca.crt', clusterCa)}`;

/** What is hardened, with flags that take the place of theirs; `--x` alone takes one away. */
function configured(...changes: string[]): string {
  const name = (flag: string): string => flag.split('=')[0] ?? '';
  const changed = new Set(changes.map(name));
  const given = changes.filter((flag) => flag.includes('=') || !hardened.some((known) => name(known) === flag));
  return `${staticPod('etcd', [...hardened.filter((flag) => !changed.has(name(flag))), ...given])}${cas}`;
}

function findings(text: string): string[] {
  return judgeText(controls, text)
    .findings.filter(({ control }) => control.profile === 'security')
    .map(({ control, message, severity }) => `${severity} ${control.id}: ${message}`);
}

function verdict(id: string, text: string): string | undefined {
  const chosen = controls.filter((control) => control.id === `etcd/${id}`);
  const [counts] = [...judgeText(chosen, text).coverage.values()];
  return Object.entries(counts ?? {}).find(([, count]) => count > 0)?.[0];
}

describe('an etcd', () => {
  it('that is hardened has no finding', () => {
    expect(findings(configured())).toEqual([]);
  });

  it.each<[string, string, string]>([
    [
      'without certificate',
      configured('--cert-file', '--key-file', '--listen-client-urls=http://10.0.0.4:2379'),
      'critical etcd/client-certificate: client-transport-security.cert-file is not set (default): clients are answered without TLS',
    ],
    [
      'by https without certificate',
      configured('--cert-file', '--key-file'),
      'medium etcd/client-certificate: client-transport-security.cert-file is not set (default): etcd does not start without it, since it listens by https',
    ],
    [
      'to members by https without certificate',
      configured('--peer-cert-file', '--peer-key-file'),
      'medium etcd/peer-certificate: peer-transport-security.cert-file is not set (default): etcd does not start without it, since it listens to members by https',
    ],
    [
      'without client certificates',
      configured('--client-cert-auth', '--trusted-ca-file'),
      'critical etcd/client-cert-auth: client-transport-security.client-cert-auth is false (default): clients need no certificate',
    ],
    [
      'with client certificates by chance',
      configured('--client-cert-auth=false'),
      'low etcd/client-cert-auth: --client-cert-auth is false: clients are asked for a certificate only because trusted-ca-file is set',
    ],
    [
      'that trusts the system',
      configured('--trusted-ca-file'),
      'high etcd/trusted-ca-file: client-transport-security.trusted-ca-file is not set (default): a certificate of any CA that the system trusts is good enough',
    ],
    [
      'with a certificate that it made',
      configured('--cert-file', '--key-file', '--auto-tls=true'),
      'high etcd/client-auto-tls: --auto-tls is true: clients cannot verify the certificate',
    ],
    [
      'that listens by http, too',
      configured('--listen-client-urls=https://10.0.0.4:2379,http://0.0.0.0:2379'),
      'critical etcd/listen-client-urls: --listen-client-urls is https://10.0.0.4:2379,http://0.0.0.0:2379: http://0.0.0.0:2379 gives the data to anyone, without TLS and certificate',
    ],
    [
      'with peers without certificate',
      configured('--peer-cert-file', '--peer-key-file', '--listen-peer-urls=http://10.0.0.4:2380'),
      'high etcd/peer-certificate: peer-transport-security.cert-file is not set (default): members are answered without TLS',
    ],
    [
      'with peers that show none',
      configured('--peer-client-cert-auth', '--peer-trusted-ca-file'),
      'high etcd/peer-client-cert-auth: peer-transport-security.client-cert-auth is false (default): members need no certificate',
    ],
    [
      'with certificates of peers that they made',
      configured('--peer-cert-file', '--peer-key-file', '--peer-auto-tls'),
      'high etcd/peer-auto-tls: --peer-auto-tls is true: members cannot verify each other',
    ],
    [
      'with a flag for such certificates that it ignores',
      configured('--auto-tls=true'),
      'low etcd/client-auto-tls: --auto-tls is true: etcd ignores it, "ignoring client auto TLS since certs given"; without those files it would make up its own',
    ],
    [
      'with peers by http',
      configured('--listen-peer-urls=http://10.0.0.4:2380'),
      'high etcd/peer-urls: --listen-peer-urls is http://10.0.0.4:2380: http://10.0.0.4:2380 is reached without TLS',
    ],
    [
      'with the CA of the cluster',
      configured('--trusted-ca-file=/etc/kubernetes/pki/ca.crt'),
      'high etcd/own-ca: --trusted-ca-file is /etc/kubernetes/pki/ca.crt: it is the CA of the cluster, and every certificate of that reads all data',
    ],
    [
      'with metrics for all',
      configured('--listen-metrics-urls=http://0.0.0.0:2381'),
      'medium etcd/listen-metrics-urls: --listen-metrics-urls is http://0.0.0.0:2381: http://0.0.0.0:2381 is served to the network of the node, without TLS',
    ],
    [
      'with profiles',
      configured('--enable-pprof'),
      'medium etcd/pprof: --enable-pprof is true: /debug/pprof is served at the URLs of clients',
    ],
    [
      'with the old API',
      configured('--enable-v2'),
      'high etcd/enable-v2: --enable-v2 is true: version 2 of the API is served',
    ],
    [
      'that does not wait for the disk',
      configured('--unsafe-no-fsync'),
      'high etcd/unsafe-no-fsync: --unsafe-no-fsync is true: what was written is lost when the node loses power',
    ],
  ])('%s has that finding alone', (_, text, expected) => {
    expect(findings(text)).toEqual([expected]);
  });

  it('that ignores its peers’ flag is judged for the names of members still', () => {
    expect(findings(configured('--peer-auto-tls', '--peer-cert-allowed-hostname')).sort()).toEqual([
      'low etcd/peer-auto-tls: --peer-auto-tls is true: etcd ignores it, "ignoring peer auto TLS since certs given"; without those files it would make up its own',
      'low etcd/peer-certificate-names: peer-cert-allowed-cn is not set (default): with no peer-cert-allowed-hostname either, any certificate of its CA speaks for a member',
    ]);
  });

  it('whose flags are ignored is judged by its file', () => {
    const text = `${staticPod('etcd', [`--config-file=${path}`, '--client-cert-auth=true'])}${file(path, `client-transport-security: {cert-file: /a, key-file: /b}\nlisten-client-urls: https://10.0.0.4:2379\ncipher-suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n`)}`;
    expect(findings(text).sort()).toEqual([
      'critical etcd/client-cert-auth: client-transport-security.client-cert-auth is false (default): clients need no certificate',
      `high etcd/configuration-problems: --client-cert-auth is ignored: etcd takes everything from ${path} alone`,
    ]);
  });
});

describe('verdicts', () => {
  const bare = (tag: string, ...args: string[]): string => staticPod('etcd', args, tag);
  const environment = `# file: /etc/systemd/system/etcd.service
[Service]
Environment=ETCD_CLIENT_CERT_AUTH=true ETCD_CERT_FILE=/a ETCD_KEY_FILE=/b
ExecStart=/usr/bin/etcd
`;
  const server = (interval: string): string => staticPod('kube-apiserver', [`--etcd-compaction-interval=${interval}`]);
  it.each<[string, string, string]>([
    ['client-certificate', bare('3.5.16-0', '-cert-file=/a', '-key-file=/b'), 'pass'],
    ['client-certificate', environment, 'pass'],
    ['client-cert-auth', environment, 'pass'],
    ['client-cert-auth', bare('3.5.16-0', '--config-file=/nowhere', '--client-cert-auth=true'), 'unknown'],
    ['own-ca', bare('3.5.16-0', '--trusted-ca-file=/etc/kubernetes/pki/ca.crt'), 'fail'],
    ['own-ca', bare('3.5.16-0', `--trusted-ca-file=${pki}/ca.crt`), 'unknown'],
    ['own-ca', `${bare('3.5.16-0', `--trusted-ca-file=${pki}/ca.crt`)}${file(`${pki}/ca.crt`, etcdCa)}`, 'unknown'],
    ['own-ca', `${bare('3.5.16-0', `--trusted-ca-file=${pki}/ca.crt`)}${cas}`, 'pass'],
    [
      'own-ca',
      `${bare('3.5.16-0', `--trusted-ca-file=${pki}/ca.crt`)}${file(`${pki}/ca.crt`, 'broken')}${file('/etc/kubernetes/pki/ca.crt', clusterCa)}`,
      'unknown',
    ],
    ['peer-certificate', bare('3.5.16-0'), 'not-applicable'],
    ['peer-client-cert-auth', bare('3.5.16-0'), 'not-applicable'],
    ['peer-certificate', bare('3.5.16-0', '--initial-cluster=a=http://a:2380,b=http://b:2380'), 'fail'],
    ['tls-min-version', bare('3.4.13-0'), 'not-applicable'],
    ['enable-v2', bare('3.6.4-0'), 'not-applicable'],
    ['corruption-check', bare('3.6.4-0', '--experimental-initial-corrupt-check'), 'pass'],
    ['corruption-check', bare('3.7.0-0'), 'fail'],
    ['compaction', bare('3.5.16-0'), 'unknown'],
    ['compaction', `${bare('3.5.16-0')}${server('5m')}`, 'pass'],
    ['compaction', `${bare('3.5.16-0')}${server('0')}`, 'fail'],
    ['cors', configured(), 'not-applicable'],
    [
      'http-client-revocation',
      bare('3.7.0-0', '--client-crl-file=/a', '--listen-client-http-urls=https://a:1'),
      'pass',
    ],
  ])('%s of %j is %s', (id, text, expected) => {
    expect(verdict(id, text)).toBe(expected);
  });

  it.each([
    ['3.5.16-0', 'in /etc/kubernetes/manifests/etcd.yaml add --experimental-initial-corrupt-check=true'],
    ['3.6.4-0', 'in /etc/kubernetes/manifests/etcd.yaml add --feature-gates=InitialCorruptCheck=true'],
  ])('the remedy fits etcd %s', (tag, remedy) => {
    const [finding] = judgeText([corruptionCheck], bare(tag)).findings;
    expect(finding?.failure.remedy).toContain(remedy);
  });
});

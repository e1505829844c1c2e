import type { Json } from '../../model/json.ts';
import { stringsIn } from '../../model/json-list.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { isLoopback, urlHost } from '../../semantics/node/listen-address.ts';
import { staticPod } from '../node-examples.ts';
import { settingControls, settingFailure } from '../setting-control.ts';
import { selfMadeCertificate, toldWithAutoTls } from './auto-tls.ts';

const etcd = (...args: string[]): string => staticPod('etcd', args);
const pair = [
  '--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt',
  '--peer-key-file=/etc/kubernetes/pki/etcd/peer.key',
];
const ca = '--peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt';
const https = [
  '--listen-peer-urls=https://10.0.0.4:2380',
  '--initial-advertise-peer-urls=https://10.0.0.4:2380',
  '--initial-cluster=a=https://10.0.0.4:2380,b=https://10.0.0.5:2380',
];
const alone = ['--listen-peer-urls=http://127.0.0.1:2380', '--initial-cluster=a=http://127.0.0.1:2380'];

/**
 * What members of etcd tell each other. Sources: CIS Kubernetes Benchmark 1.12, 2.4 to 2.6; embed/config.go of etcd.
 * The benchmark leaves a single member out. That initial-cluster names one alone does not tell: kubeadm's first member
 * is written so, and others join. What counts is whether anyone but this node can reach the port.
 */
export default settingControls('etcd', [
  {
    name: 'peer-certificate',
    title: 'Members of etcd reach each other through TLS',
    severity: 'high',
    why: 'What members tell each other is the data of the cluster: without TLS whoever is on the way reads every Secret, and speaks for a member.',
    remedy: "Give each member a certificate of etcd's CA, and list https URLs for peers.",
    setting: 'peer-transport-security.cert-file',
    moot: noPeers,
    wrong: (value, subject) => {
      const key = subject.config.get('peer-transport-security.key-file');
      if (value !== '' && key?.value === '')
        return settingFailure(subject, key, { says: 'its certificate has no key' });
      if (value !== '') return undefined;
      const auto = toldWithAutoTls(subject, 'peer');
      const setting = subject.config.get('peer-transport-security.cert-file');
      const listen = stringsIn(subject.config.get('listen-peer-urls')?.value);
      if (setting === undefined || listen.some((url) => urlHost(url)?.scheme === 'http')) {
        return setting === undefined
          ? 'members are answered without TLS'
          : settingFailure(subject, setting, { says: 'members are answered without TLS', ...auto });
      }
      const says = 'etcd does not start without it, since it listens to members by https';
      return settingFailure(subject, setting, { says, severity: 'medium', ...auto });
    },
    examples: {
      fail: [
        etcd('--listen-peer-urls=http://10.0.0.4:2380'),
        etcd(...https, '--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt'),
      ],
      pass: [etcd(...https, ...pair)],
    },
  },
  {
    name: 'peer-client-cert-auth',
    title: 'Members of etcd show a certificate',
    severity: 'high',
    why: 'Whoever speaks for a member writes what they like into the data of the cluster.',
    coveredBy: ['etcd/peer-certificate'],
    setting: 'peer-transport-security.client-cert-auth',
    moot: noPeers,
    wrong: (value, subject) => {
      if (value === true) return undefined;
      const setting = subject.config.get('peer-transport-security.client-cert-auth');
      const trusted = subject.config.get('peer-transport-security.trusted-ca-file')?.value;
      if (setting === undefined || typeof trusted !== 'string' || trusted === '') return 'members need no certificate';
      return settingFailure(subject, setting, {
        says: 'members are asked for a certificate only because peer-trusted-ca-file is set',
        severity: 'low',
        changes: [{ kind: 'setting', component: 'etcd', name: setting.name, value: true }],
      });
    },
    mend: {
      value: true,
      safety: 'may-break',
      first: 'peer-trusted-ca-file names the CA that signed the certificates of all members',
    },
    examples: {
      fail: [etcd(...https, ...pair), etcd(...https, ...pair, ca, '--peer-client-cert-auth=false')],
      pass: [etcd(...https, ...pair, ca, '--peer-client-cert-auth=true')],
    },
  },
  {
    name: 'peer-auto-tls',
    title: 'Certificates of members are not ones that they made themselves',
    severity: 'high',
    why: 'Members cannot verify a certificate that another makes up at every start: whoever answers in its place is a member.',
    setting: 'peer-transport-security.auto-tls',
    wrong: (value, subject) =>
      value === true
        ? selfMadeCertificate(subject, { side: 'peer', says: 'members cannot verify each other' })
        : undefined,
    mend: { value: false, safety: 'may-break', first: 'peer-cert-file and peer-key-file are set on every member' },
    examples: { fail: [etcd('--peer-auto-tls')], pass: [etcd(...pair), etcd(...alone)] },
  },
  {
    name: 'peer-urls',
    title: 'Members of etcd know each other by https',
    severity: 'high',
    why: 'A member that listens or is known by http is reached without TLS and certificate, whatever else is set.',
    coveredBy: ['etcd/peer-certificate'],
    remedy:
      'Change the URL of each member with "etcdctl member update", then these settings, one member after the other.',
    setting: 'listen-peer-urls',
    wrong: (_value, subject) => {
      for (const name of ['listen-peer-urls', 'initial-advertise-peer-urls', 'initial-cluster']) {
        const setting = subject.config.get(name);
        // What is not set follows the rest, or is known by members already.
        if (setting === undefined || setting.origin.kind === 'default') continue;
        const plain = urlsIn(setting.value).find(isPlain);
        if (plain !== undefined) return settingFailure(subject, setting, { says: `${plain} is reached without TLS` });
      }
      return undefined;
    },
    examples: {
      fail: [
        etcd(...https, ...pair, '--listen-peer-urls=http://10.0.0.4:2380'),
        etcd(...pair, '--initial-cluster=a=http://10.0.0.4:2380'),
      ],
      pass: [etcd(...https, ...pair), etcd(...alone)],
    },
  },
  {
    name: 'peer-certificate-names',
    title: 'Only certificates of members speak for members',
    severity: 'low',
    why: "Otherwise every certificate of etcd's CA will do, that of the API server and of whatever checks its health included.",
    coveredBy: ['etcd/peer-certificate', 'etcd/peer-client-cert-auth'],
    remedy: 'Name the members in peer-cert-allowed-cn or peer-cert-allowed-hostname, of which etcd takes one.',
    setting: 'peer-cert-allowed-cn',
    moot: noPeers,
    wrong: (value, { config }) =>
      value === '' && (config.get('peer-cert-allowed-hostname')?.value ?? '') === ''
        ? 'with no peer-cert-allowed-hostname either, any certificate of its CA speaks for a member'
        : undefined,
    examples: {
      fail: [etcd(...https, ...pair)],
      pass: [
        etcd(...https, '--peer-cert-allowed-hostname=etcd.example'),
        etcd(...https, '--peer-cert-allowed-cn=peer'),
      ],
    },
  },
  ...['peer-skip-client-san-verification', 'experimental-peer-skip-client-san-verification'].map((setting) => ({
    name: setting,
    title: 'The address of a member is held against its certificate',
    severity: 'medium' as const,
    why: 'Otherwise the certificate of one member, once stolen, is good from every address.',
    setting,
    wrong: (value: Json) => (value === true ? 'a certificate is good from any address' : undefined),
    mend: { value: false, safety: 'may-break' as const, first: 'the certificates of members name their addresses' },
    examples: examplesOfSkipped(setting),
  })),
]);

function examplesOfSkipped(setting: string): { fail: string[]; pass: string[] } {
  const tag = setting.startsWith('experimental') ? '3.5.16-0' : '3.6.4-0';
  return { fail: [staticPod('etcd', [`--${setting}`], tag)], pass: [staticPod('etcd', [], tag)] };
}

/** One member that nobody else can reach. */
function noPeers({ config }: NodeComponent): string | undefined {
  const members = config.get('initial-cluster')?.value;
  if (typeof members !== 'string' || members.split(',').length > 1) return undefined;
  if (config.get('discovery')?.value || config.get('discovery-srv')?.value) return undefined;
  const listen = stringsIn(config.get('listen-peer-urls')?.value).map((url) => urlHost(url));
  const alone = listen.length > 0 && listen.every((url) => url !== undefined && isLoopback(url.host));
  return alone ? 'etcd has one member, and its peer port is open to this node alone' : undefined;
}

function urlsIn(value: Json): readonly string[] {
  if (typeof value !== 'string') return stringsIn(value);
  return value.split(',').map((member) => member.slice(member.indexOf('=') + 1));
}

function isPlain(url: string): boolean {
  const parsed = urlHost(url);
  return parsed?.scheme === 'http' && !isLoopback(parsed.host);
}

import { stringsIn } from '../../model/json-list.ts';
import type { Failure } from '../../model/verdict.ts';
import { isEveryAddress, isLoopback, urlHost } from '../../semantics/node/listen-address.ts';
import { staticPod } from '../node-examples.ts';
import { settingControls, settingFailure } from '../setting-control.ts';
import { selfMadeCertificate, toldWithAutoTls } from './auto-tls.ts';

const etcd = (...args: string[]): string => staticPod('etcd', args);
const pair = ['--cert-file=/etc/kubernetes/pki/etcd/server.crt', '--key-file=/etc/kubernetes/pki/etcd/server.key'];
const ca = '--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt';
const urls = '--listen-client-urls=https://127.0.0.1:2379,https://10.0.0.4:2379';

/** Who may read and write the data of etcd. Sources: CIS Kubernetes Benchmark 1.12, 2.1 to 2.3; embed/config.go of etcd. */
export default settingControls('etcd', [
  {
    name: 'client-certificate',
    title: 'Clients reach etcd through TLS',
    severity: 'critical',
    why: 'etcd holds every Secret of the cluster, and whoever writes to it rules the cluster: without TLS anyone on the way reads and changes all of it, and nobody has to say who they are.',
    setting: 'client-transport-security.cert-file',
    wrong: (value, subject) => {
      const key = subject.config.get('client-transport-security.key-file');
      const setting = subject.config.get('client-transport-security.cert-file');
      if (setting === undefined || key === undefined) return undefined;
      if (value !== '' && key.value === '') return settingFailure(subject, key, { says: 'its certificate has no key' });
      if (value !== '') return undefined;
      const auto = toldWithAutoTls(subject, 'client');
      const listen = stringsIn(subject.config.get('listen-client-urls')?.value).map((url) => urlHost(url));
      const plain = listen.filter((url) => url?.scheme === 'http');
      if (plain.length === 0) {
        return settingFailure(subject, setting, {
          says: 'etcd does not start without it, since it listens by https',
          severity: 'medium',
          ...auto,
        });
      }
      const says = 'clients are answered without TLS';
      return plain.every((url) => url !== undefined && isLoopback(url.host))
        ? settingFailure(subject, setting, { says: `${says} to every process of the node`, severity: 'high', ...auto })
        : settingFailure(subject, setting, { says, ...auto });
    },
    remedy: 'Give etcd a certificate of its own CA, and list https URLs in listen-client-urls.',
    examples: {
      fail: [
        etcd(),
        etcd('--cert-file=/etc/kubernetes/pki/etcd/server.crt'),
        etcd('--listen-client-urls=http://0.0.0.0:2379'),
      ],
      pass: [etcd(...pair, urls), etcd('-cert-file=/a.crt', '-key-file=/a.key')],
    },
  },
  {
    name: 'client-cert-auth',
    title: 'Clients of etcd show a certificate',
    severity: 'critical',
    why: 'etcd asks for nothing else: without client certificates everyone who reaches its port reads every Secret and writes what they like.',
    coveredBy: ['etcd/client-certificate'],
    setting: 'client-transport-security.client-cert-auth',
    wrong: (value, subject) => {
      if (value === true) return undefined;
      const setting = subject.config.get('client-transport-security.client-cert-auth');
      const trusted = subject.config.get('client-transport-security.trusted-ca-file')?.value;
      if (setting === undefined || typeof trusted !== 'string' || trusted === '') return 'clients need no certificate';
      return settingFailure(subject, setting, {
        says: 'clients are asked for a certificate only because trusted-ca-file is set',
        severity: 'low',
        changes: [{ kind: 'setting', component: 'etcd', name: setting.name, value: true }],
      });
    },
    mend: {
      value: true,
      safety: 'may-break',
      first: 'trusted-ca-file names the CA that signed the certificates of all clients',
    },
    examples: {
      fail: [etcd(...pair, urls), etcd(...pair, ca, '--client-cert-auth=false')],
      pass: [etcd(...pair, ca, '--client-cert-auth'), etcd(...pair, ca, '--client-cert-auth=true')],
    },
  },
  {
    name: 'client-auto-tls',
    title: 'The certificate of etcd is not one that it made itself',
    severity: 'high',
    why: 'A certificate that etcd makes up at every start cannot be verified, so clients learn to verify nothing, and send their data to whoever answers.',
    setting: 'client-transport-security.auto-tls',
    wrong: (value, subject) =>
      value === true
        ? selfMadeCertificate(subject, { side: 'client', says: 'clients cannot verify the certificate' })
        : undefined,
    mend: { value: false, safety: 'may-break', first: 'cert-file and key-file are set' },
    examples: { fail: [etcd('--auto-tls')], pass: [etcd(...pair), etcd(...pair, '--auto-tls=false')] },
  },
  {
    name: 'trusted-ca-file',
    title: 'Clients of etcd are verified by a CA that is named',
    severity: 'high',
    why: "Without a CA of its own etcd takes the system's: a client certificate of any public CA then opens the data of the cluster.",
    coveredBy: ['etcd/client-certificate', 'etcd/client-cert-auth'],
    setting: 'client-transport-security.trusted-ca-file',
    wrong: (value) => (value === '' ? 'a certificate of any CA that the system trusts is good enough' : undefined),
    examples: { fail: [etcd(...pair, '--client-cert-auth')], pass: [etcd(...pair, ca)] },
  },
  {
    name: 'listen-client-urls',
    title: 'Clients reach etcd by https on chosen addresses',
    severity: 'critical',
    why: 'A listener by http asks for no certificate, whatever else is set, and gives out the data of the whole cluster.',
    coveredBy: ['etcd/client-certificate'],
    remedy: 'List https URLs with 127.0.0.1 and the address on which API servers reach the node.',
    setting: 'listen-client-urls',
    wrong: (_value, subject) => {
      for (const name of ['listen-client-urls', 'listen-client-http-urls']) {
        const setting = subject.config.get(name);
        if (setting === undefined) continue;
        const failure = worstOf(stringsIn(setting.value).map((url) => urlFault(url)));
        if (failure !== undefined) return settingFailure(subject, setting, failure);
      }
      return undefined;
    },
    examples: {
      fail: [
        etcd(...pair, '--listen-client-urls=https://10.0.0.4:2379,http://10.0.0.4:4001'),
        etcd(...pair, '--listen-client-urls=http://127.0.0.1:2379'),
        etcd(...pair, '--listen-client-urls=https://0.0.0.0:2379'),
      ],
      pass: [etcd(...pair, urls), etcd(...pair, '--listen-client-urls=https://[::1]:2379')],
    },
  },
]);

interface Fault {
  readonly says: string;
  readonly severity: NonNullable<Failure['severity']>;
}

function urlFault(url: string): Fault | undefined {
  const parsed = urlHost(url);
  if (parsed === undefined) return undefined;
  const { scheme, host } = parsed;
  if (scheme === 'http' && !isLoopback(host)) {
    return { says: `${url} gives the data to anyone, without TLS and certificate`, severity: 'critical' };
  }
  if (scheme === 'http') return { says: `${url} gives the data to every process of the node`, severity: 'high' };
  return isEveryAddress(host) ? { says: `${url} is open on every address of the node`, severity: 'low' } : undefined;
}

function worstOf(faults: readonly (Fault | undefined)[]): Fault | undefined {
  const order = ['critical', 'high', 'low'];
  let worst: Fault | undefined;
  for (const fault of faults) {
    if (fault === undefined) continue;
    if (worst === undefined || order.indexOf(fault.severity) < order.indexOf(worst.severity)) worst = fault;
  }
  return worst;
}

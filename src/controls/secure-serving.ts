import type { Json } from '../model/json.ts';
import { stringsIn } from '../model/json-list.ts';
import type { NodeComponent } from '../model/node-component.ts';
import { unknown } from '../model/verdict.ts';
import { isLoopback, urlHost } from '../semantics/node/listen-address.ts';
import { staticPod } from './node-examples.ts';
import { type SettingRow, settingFailure } from './setting-control.ts';
import { sharesAuthority } from './shared-authority.ts';
import { tlsRows } from './tls-rows.ts';

type Isolated = 'kube-controller-manager' | 'kube-scheduler';

/** What the controller manager and the scheduler share: one secure port for metrics and health, for this node alone. */
export function secureServingRows(component: Isolated): SettingRow[] {
  const called = component === 'kube-scheduler' ? 'The scheduler' : 'The controller manager';
  const port = component === 'kube-scheduler' ? 10259 : 10257;
  const example = (...args: string[]): string => staticPod(component, args);
  const old = (...args: string[]): string => staticPod(component, args, 'v1.20.2');
  return [
    {
      name: 'bind-address',
      title: `${called} listens on loopback only`,
      severity: 'low',
      why: `Nothing but the node's own probes needs port ${port}: on the network it is one more listener with TLS, authentication and metrics to attack.`,
      setting: 'bind-address',
      moot: (subject) => (subject.config.get('secure-port')?.value === 0 ? 'the secure port is closed' : undefined),
      wrong: (value) =>
        typeof value === 'string' && isLoopback(value) ? undefined : 'its port is open to the network of the node',
      mend: {
        value: '127.0.0.1',
        safety: 'may-break',
        first: 'nothing scrapes its metrics from outside the node, and the probes of its manifest ask 127.0.0.1',
      },
      examples: {
        fail: [example(), example('--bind-address=10.0.0.4')],
        pass: [example('--bind-address=127.0.0.1'), example('--bind-address=::1')],
      },
    },
    {
      name: 'always-allow-paths',
      title: `${called} serves nothing but health without authorization`,
      severity: 'medium',
      why: 'These paths are answered for anyone, without credentials: metrics name workloads and nodes, and profiles show memory.',
      setting: 'authorization-always-allow-paths',
      wrong: (value) => {
        const open = stringsIn(value).filter((path) => !/^\/?(?:healthz|readyz|livez)(?:\/.*)?\*?$/.test(path));
        return open.length === 0 ? undefined : `${open.slice(0, 5).join(' and ')} ${verb(open)} served to anyone`;
      },
      mend: { value: null, safety: 'may-break', first: 'who scrapes its metrics has a token with the right to' },
      examples: {
        fail: [
          example('--authorization-always-allow-paths=/healthz,/metrics'),
          example('--authorization-always-allow-paths=*'),
        ],
        pass: [example(), example('--authorization-always-allow-paths=/healthz,/readyz,/livez')],
      },
    },
    {
      name: 'requestheader-ca',
      title: `${called} trusts front proxies by a CA of their own`,
      severity: 'high',
      why: 'Whoever holds a certificate of the request header CA may claim to be any user: where that is the CA of all clients too, every client may.',
      remedy:
        'Use a CA that signs nothing but front proxies, or name those that are trusted in requestheader-allowed-names.',
      setting: 'requestheader-client-ca-file',
      wrong: (value, subject) => {
        const clients = subject.config.get('client-ca-file')?.value;
        const named = stringsIn(subject.config.get('requestheader-allowed-names')?.value).length > 0;
        if (named || typeof value !== 'string' || value === '' || typeof clients !== 'string') return undefined;
        return sharesAuthority(subject, [value, clients])
          ? 'the CA of all client certificates lets each of them claim to be anyone'
          : undefined;
      },
      examples: {
        fail: [
          example(
            '--client-ca-file=/etc/kubernetes/pki/ca.crt',
            '--requestheader-client-ca-file=/etc/kubernetes/pki/ca.crt',
          ),
        ],
        pass: [
          example(),
          example(
            '--client-ca-file=/etc/kubernetes/pki/ca.crt',
            '--requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt',
          ),
        ],
      },
    },
    apiServerAddressRow({ called, example }),
    ...tlsRows({
      called,
      suites: 'tls-cipher-suites',
      minVersion: 'tls-min-version',
      http2: true,
      examples: {
        suites: {
          fail: [
            example(),
            example('--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA'),
          ],
          pass: [example('--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')],
        },
        minVersion: {
          fail: [example('--tls-min-version=VersionTLS11')],
          pass: [example(), example('--tls-min-version=VersionTLS13')],
        },
      },
    }),
    {
      name: 'delegated-authentication',
      title: `${called} knows who asks for its metrics`,
      severity: 'low',
      profile: 'reliability',
      why: 'Without a kubeconfig for both it can verify no token and ask for no right: monitoring is refused, and somebody then opens the path to all.',
      setting: 'authentication-kubeconfig',
      moot: (subject) => (subject.config.get('secure-port')?.value === 0 ? 'the secure port is closed' : undefined),
      wrong: (value, subject) => {
        if (value === '') return 'tokens of those who ask cannot be verified';
        const setting = subject.config.get('authorization-kubeconfig');
        if (setting?.value !== '') return undefined;
        return settingFailure(subject, setting, { says: 'the rights of those who ask cannot be looked up' });
      },
      examples: {
        fail: [example(), example('--authentication-kubeconfig=/etc/kubernetes/a.conf')],
        pass: [
          example(
            '--authentication-kubeconfig=/etc/kubernetes/a.conf',
            '--authorization-kubeconfig=/etc/kubernetes/a.conf',
          ),
        ],
      },
    },
    {
      name: 'leader-election',
      title: `${called} elects a leader`,
      severity: 'medium',
      profile: 'reliability',
      why: 'Two that both act undo and double each other; with leader election a second one takes over only when the first is gone.',
      setting: component === 'kube-scheduler' ? 'leaderElection.leaderElect' : 'leader-elect',
      wrong: (value) => (value === false ? 'a second instance would act at the same time' : undefined),
      mend: { value: true, safety: 'safe' },
      examples: { fail: [example('--leader-elect=false')], pass: [example(), old('--leader-elect=true')] },
    },
  ];
}

/** `--master`: an address of the API server that overrides the kubeconfig's, with whatever scheme it says. */
export function apiServerAddressRow({
  called,
  example,
}: {
  readonly called: string;
  readonly example: (...args: string[]) => string;
}): SettingRow {
  return {
    name: 'api-server-address',
    title: `${called} speaks to the API server through TLS`,
    severity: 'high',
    why: 'Over plain HTTP whoever is on the way reads what the component is told, and tells it what to do.',
    setting: 'master',
    wrong: (value, subject) => plainAddress(value, subject),
    mend: { value: null, safety: 'may-break', first: 'the kubeconfig names the API server by https' },
    examples: {
      fail: [example('--master=http://10.0.0.1:8080'), example('--master=10.0.0.1:8080')],
      pass: [example(), example('--master=https://10.0.0.1:6443')],
    },
  };
}

/**
 * What is wrong with an address of the API server. Without a scheme client-go takes http, unless the kubeconfig brings
 * certificates (rest.DefaultServerURL).
 */
function plainAddress(value: Json, subject: NodeComponent): ReturnType<SettingRow['wrong']> {
  if (typeof value !== 'string' || value === '') return undefined;
  const named = urlHost(value);
  const url = named ?? urlHost(`http://${value}`);
  if (url === undefined || url.scheme === 'https') return undefined;
  if (named === undefined && (subject.config.get('kubeconfig')?.value ?? '') !== '') {
    return unknown(`master is ${value}, without a scheme: the kubeconfig decides whether it is https`);
  }
  const setting = subject.config.get('master');
  const says = 'the connection to the API server is not encrypted';
  if (setting === undefined || !isLoopback(url.host)) return says;
  return settingFailure(subject, setting, { says: `${says}, if only on this node`, severity: 'low' });
}

function verb(paths: readonly string[]): string {
  return paths.length === 1 ? 'is' : 'are';
}

import { stringsIn } from '../../model/json-list.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { isLoopback, urlHost } from '../../semantics/node/listen-address.ts';
import { staticPod } from '../node-examples.ts';
import { settingControls } from '../setting-control.ts';
import { tlsRows } from '../tls-rows.ts';

const etcd = (...args: string[]): string => staticPod('etcd', args);
const old = (...args: string[]): string => staticPod('etcd', args, '3.4.13-0');

const ecdhe = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';

/** What else etcd opens, and how. Sources: embed/config.go and the configuration page of etcd, by version. */
export default settingControls('etcd', [
  ...tlsRows({
    called: 'The server of etcd',
    suites: 'cipher-suites',
    minVersion: 'tls-min-version',
    http2: true,
    examples: {
      suites: {
        fail: [etcd(), etcd(`--cipher-suites=${ecdhe},TLS_RSA_WITH_AES_128_CBC_SHA`)],
        pass: [etcd(`--cipher-suites=${ecdhe}`), old(`-cipher-suites=${ecdhe}`)],
      },
      minVersion: {
        fail: [etcd('--tls-min-version=TLS1.1')],
        pass: [etcd(), etcd('--tls-min-version=TLS1.3')],
      },
    },
  }),
  {
    name: 'listen-metrics-urls',
    title: 'The metrics of etcd are served on loopback, or through TLS',
    severity: 'medium',
    why: 'Metrics and health need no certificate there: they tell how the cluster is used, and asking often costs etcd time.',
    setting: 'listen-metrics-urls',
    wrong: (value) => {
      const open = stringsIn(value).find((url) => {
        const parsed = urlHost(url);
        return parsed?.scheme === 'http' && !isLoopback(parsed.host);
      });
      return open === undefined ? undefined : `${open} is served to the network of the node, without TLS`;
    },
    mend: {
      value: ['http://127.0.0.1:2381'],
      safety: 'may-break',
      first: 'nothing scrapes its metrics from outside the node',
    },
    examples: {
      fail: [etcd('--listen-metrics-urls=http://0.0.0.0:2381')],
      pass: [
        etcd(),
        etcd('--listen-metrics-urls=http://127.0.0.1:2381'),
        etcd('--listen-metrics-urls=https://10.0.0.4:2381'),
      ],
    },
  },
  {
    name: 'enable-v2',
    title: 'The old API of etcd is off',
    severity: 'high',
    why: 'Version 2 of the API has users, rights and data of its own: what guards version 3 does not guard it.',
    setting: 'enable-v2',
    wrong: (value) => (value === true ? 'version 2 of the API is served' : undefined),
    mend: {
      value: false,
      safety: 'may-break',
      first: 'no client of this etcd speaks version 2, which Kubernetes has not since v1.13',
    },
    examples: { fail: [old('--enable-v2=true'), etcd('--enable-v2')], pass: [old(), etcd('--enable-v2=false')] },
  },
  {
    name: 'enable-v2v3',
    title: 'The old API of etcd does not reach the data of the new one',
    severity: 'high',
    why: 'It lets clients of version 2 of the API read and write a part of what version 3 holds.',
    setting: 'experimental-enable-v2v3',
    wrong: (value) => (value === '' ? undefined : 'version 2 of the API reads and writes below it'),
    mend: { value: null, safety: 'may-break' },
    examples: { fail: [etcd('--experimental-enable-v2v3=/registry')], pass: [etcd()] },
  },
  {
    name: 'pprof',
    title: 'The server of etcd serves no profiling data',
    severity: 'medium',
    why: 'Profiles show what etcd has in memory, which is the data of the cluster, and taking them slows every write.',
    setting: 'enable-pprof',
    wrong: (value) => (value === true ? '/debug/pprof is served at the URLs of clients' : undefined),
    mend: { value: false, safety: 'safe' },
    examples: { fail: [etcd('--enable-pprof')], pass: [etcd()] },
  },
  {
    name: 'debug',
    title: 'The server of etcd does not log what clients ask',
    severity: 'medium',
    why: 'At the level of debugging the log holds requests, keys of Secrets included, and more people read logs than etcd.',
    setting: 'debug',
    wrong: (value) => (value === true ? 'requests are logged' : undefined),
    mend: { value: false, safety: 'safe' },
    examples: { fail: [old('--debug')], pass: [old()] },
  },
  {
    name: 'cors',
    title: 'Web pages of others cannot speak to etcd',
    severity: 'medium',
    why: 'Where etcd asks for no certificate, a page in the browser of someone on that network reads and writes its data.',
    setting: 'cors',
    moot: (subject) => onlyHttps(subject) && onlyKnownClients(subject),
    wrong: (value) => (stringsIn(value).includes('*') ? 'pages of every origin may speak to it' : undefined),
    coveredBy: ['etcd/client-certificate', 'etcd/client-cert-auth', 'etcd/listen-client-urls'],
    remedy: 'Listen by https alone and ask for certificates, or name the origins that are to be let in.',
    examples: {
      fail: [etcd('--listen-client-urls=http://127.0.0.1:2379'), etcd('--cors=*')],
      pass: [
        etcd('--cors=https://console.example'),
        etcd('--cors=https://console.example', '--listen-client-urls=https://10.0.0.4:2379'),
      ],
    },
  },
  {
    name: 'host-whitelist',
    title: 'The server of etcd answers to names that are its own',
    severity: 'medium',
    why: 'Where etcd listens by http, a page whose name is made to point at it (DNS rebinding) speaks to it as if it were its own.',
    setting: 'host-whitelist',
    moot: onlyHttps,
    wrong: (value) =>
      stringsIn(value).includes('*') ? 'requests by http are answered whatever host they name' : undefined,
    coveredBy: ['etcd/client-certificate', 'etcd/listen-client-urls', 'etcd/cors'],
    remedy: 'Listen by https alone, or name the hosts that etcd is known by.',
    examples: {
      fail: [etcd('--listen-client-urls=http://127.0.0.1:2379'), etcd('--host-whitelist=*')],
      pass: [etcd('--host-whitelist=etcd.example')],
    },
  },
  {
    name: 'http-client-revocation',
    title: 'Revoked certificates are refused on every listener',
    severity: 'medium',
    why: 'With a listener of its own for http clients, etcd before 3.5.32, 3.6.13 and 3.7.0 does not look at the revocation list on the other one (GHSA-3wh4-j44w-pg92).',
    setting: 'listen-client-http-urls',
    wrong: (value, { config }) => {
      if (stringsIn(value).length === 0 || (config.get('client-crl-file')?.value ?? '') === '') return undefined;
      if (config.minor !== undefined && config.minor >= 7) return undefined;
      return 'client-crl-file is not looked at on the other listener, unless etcd is patched';
    },
    remedy: 'Run 3.5.32, 3.6.13 or 3.7.0 at least, or take listen-client-http-urls away.',
    examples: {
      fail: [etcd('--client-crl-file=/etc/etcd/crl', '--listen-client-http-urls=https://10.0.0.4:2382')],
      pass: [etcd(), etcd('--listen-client-http-urls=https://10.0.0.4:2382'), etcd('--client-crl-file=/etc/etcd/crl')],
    },
  },
  {
    name: 'bcrypt-cost',
    title: 'Passwords of etcd are hashed at a cost of 10 or more',
    severity: 'low',
    why: 'Whoever gets at the hashes finds the passwords twice as fast with every step below.',
    setting: 'bcrypt-cost',
    wrong: (value) => (typeof value === 'number' && value < 10 ? 'passwords are found too fast' : undefined),
    mend: { value: 10, safety: 'safe' },
    examples: { fail: [etcd('--bcrypt-cost=4')], pass: [etcd(), etcd('--bcrypt-cost=12')] },
  },
]);

/** Hosts are looked at for requests without TLS alone (embed/serve.go, accessController). */
function onlyHttps({ config }: NodeComponent): string | undefined {
  const urls = ['listen-client-urls', 'listen-client-http-urls'].flatMap((name) => stringsIn(config.get(name)?.value));
  const plain = urls.some((url) => urlHost(url)?.scheme === 'http');
  return plain ? undefined : 'etcd listens for clients by https alone';
}

function onlyKnownClients({ config }: NodeComponent): string | undefined {
  const asked = config.get('client-transport-security.client-cert-auth')?.value === true;
  const trusted = config.get('client-transport-security.trusted-ca-file')?.value;
  return asked || (typeof trusted === 'string' && trusted !== '') ? 'clients of etcd show a certificate' : undefined;
}

import { isObject } from '../../model/json.ts';
import { durationSeconds } from '../../semantics/component-config/duration.ts';
import { isLoopback } from '../../semantics/node/listen-address.ts';
import { type SettingRow, settingControls } from '../setting-control.ts';
import { apiServer, apiServerOf, settingOf, textOf } from './server-control.ts';

/** Settings of the API server that are right or wrong by themselves. Sources: CIS Kubernetes Benchmark 1.12, 1.2. */
export default settingControls('kube-apiserver', [
  {
    name: 'profiling',
    title: 'The API server serves no profiling data',
    severity: 'low',
    why: 'Profiles show how the server works inside and cost it time: whoever may read them learns what to overload.',
    setting: 'profiling',
    wrong: (value) => (value === false ? undefined : '/debug/pprof is served'),
    mend: { value: false, safety: 'safe' },
    examples: {
      fail: [apiServer(), apiServer('--profiling=false', '--profiling')],
      pass: [apiServer('--profiling=false')],
    },
  },
  {
    name: 'contention-profiling',
    title: 'The API server does not profile its locks',
    severity: 'low',
    why: 'Block profiles cost time with every lock, and are for those who work on the server itself.',
    coveredBy: ['kube-apiserver/profiling'],
    setting: 'contention-profiling',
    wrong: (value, server) =>
      value === true && settingOf(server, 'profiling').value === true ? 'every wait for a lock is recorded' : undefined,
    mend: { value: false, safety: 'safe' },
    examples: { fail: [apiServer('--contention-profiling')], pass: [apiServer()] },
  },
  {
    name: 'insecure-port',
    title: 'The API server has no port without TLS and authentication',
    severity: 'critical',
    why: 'On the insecure port everyone is administrator: there is no authentication and no authorization.',
    setting: 'insecure-port',
    wrong: (value, server) => {
      if (value === 0) return undefined;
      const address = textOf(server, 'insecure-bind-address');
      return isLoopback(address)
        ? `every program on the node is administrator of the cluster (at ${address})`
        : `everyone who reaches ${address} is administrator of the cluster`;
    },
    mend: { value: 0, safety: 'may-break', first: 'nothing uses the port: probes, controller manager, scheduler' },
    examples: {
      fail: [apiServerOf('1.18'), apiServerOf('1.18', '--insecure-port=8080', '--insecure-bind-address=0.0.0.0')],
      pass: [apiServerOf('1.18', '--insecure-port=0'), apiServerOf('1.20', '--insecure-port=0')],
    },
  },
  {
    name: 'secure-port',
    title: 'The API server serves its port with TLS',
    severity: 'high',
    why: 'Without the secure port all that is left is the insecure one, where everyone is administrator; from v1.20 on the server does not start.',
    setting: 'secure-port',
    wrong: (value, { config: { minor } }) => {
      if (value !== 0) return undefined;
      const starts = minor !== undefined && minor < 20;
      return starts ? 'it is served on the insecure port alone' : 'the server does not start without the port';
    },
    mend: { value: null, safety: 'may-break', first: 'clients use port 6443, or the one that is named instead' },
    examples: {
      fail: [apiServerOf('1.18', '--secure-port=0'), apiServer('--secure-port=0')],
      pass: [apiServer(), apiServer('--secure-port=443')],
    },
  },
  {
    name: 'request-timeout',
    title: 'The API server ends requests after five minutes at most',
    severity: 'low',
    why: 'Requests that never end hold connections and memory: some slow clients are enough to take the server away from all.',
    setting: 'request-timeout',
    wrong: (value) => {
      const seconds = durationSeconds(String(value)) ?? 0;
      if (seconds <= 0) return 'requests never end';
      return seconds > 300 ? 'requests may last so long' : undefined;
    },
    mend: { value: '1m0s', safety: 'safe' },
    examples: {
      fail: [apiServer('--request-timeout=1h'), apiServer('--request-timeout=0')],
      pass: [apiServer(), apiServer('--request-timeout', '300s')],
    },
  },
  {
    name: 'cors-allowed-origins',
    title: 'Pages of other sites cannot use the API from a browser',
    severity: 'medium',
    why: 'With a pattern that fits every origin, any page that an administrator opens may call the API with what the browser has for it.',
    setting: 'cors-allowed-origins',
    wrong: (value) => {
      if (!Array.isArray(value)) return undefined;
      const open = value.filter((pattern) => typeof pattern === 'string' && everyOrigin.test(pattern));
      return open.length === 0 ? undefined : 'it fits every origin';
    },
    mend: { value: null, safety: 'may-break', first: 'no page of another origin calls the API' },
    examples: {
      fail: [apiServer('--cors-allowed-origins=.*')],
      pass: [apiServer(), apiServer('--cors-allowed-origins=^https://console\\.example\\.com$')],
    },
  },
  {
    name: 'alpha-apis',
    title: 'The API server serves no alpha APIs',
    severity: 'low',
    why: 'Alpha APIs are off for a reason: they are tried out, change without notice, and had less review.',
    setting: 'runtime-config',
    wrong: (value) => {
      if (!isObject(value)) return undefined;
      const on = Object.entries(value).filter(([, state]) => state === 'true' || state === '' || state === true);
      const alpha = on.map(([name]) => name).filter((name) => /^api\/(?:all|alpha)$|\/v\d+alpha\d+(?:\/|$)/.test(name));
      return alpha.length === 0 ? undefined : `${alpha.join(', ')} turns alpha APIs on`;
    },
    examples: {
      fail: [apiServer('--runtime-config=api/all=true'), apiServer('--runtime-config=storage.k8s.io/v1alpha1')],
      pass: [apiServer(), apiServer('--runtime-config=api/beta=true,api/alpha=false')],
    },
  },
  {
    name: 'priority-and-fairness',
    title: 'The API server shares its time fairly among its clients',
    severity: 'low',
    why: 'Without API Priority and Fairness one client that asks too often keeps out all others, the kubelets and controllers too.',
    setting: 'enable-priority-and-fairness',
    wrong: (value) => (value === false ? 'one client can keep out all others' : undefined),
    mend: { value: null, safety: 'safe' },
    examples: { fail: [apiServer('--enable-priority-and-fairness=false')], pass: [apiServer()] },
  },
  inflight('max-requests-inflight', 'reading'),
  inflight('max-mutating-requests-inflight', 'writing'),
]);

/** Patterns are regular expressions that an origin has to contain; these are the ways to write "all". */
const everyOrigin = /^(?:\^?(?:\.\*|\.\+|\*|https?:\/\/\.[*+]|\(\?i\)\.\*)+\$?)?$/;

function inflight(setting: string, kind: string): SettingRow {
  return {
    name: setting,
    title: `The API server limits how many ${kind} requests it handles at once`,
    severity: 'low',
    why: 'Without a limit a flood of requests takes all memory of the server, and the cluster is without its API.',
    setting,
    wrong: (value, server) => {
      if (value !== 0) return undefined;
      // Priority and Fairness adds both limits up: one of them is enough for it.
      const other = setting === 'max-requests-inflight' ? 'max-mutating-requests-inflight' : 'max-requests-inflight';
      const shared = settingOf(server, 'enable-priority-and-fairness').value === true;
      return shared && settingOf(server, other).value !== 0 ? undefined : 'there is no limit';
    },
    mend: { value: null, safety: 'safe' },
    examples: {
      fail: [
        apiServer('--enable-priority-and-fairness=false', `--${setting}=0`),
        apiServer('--max-requests-inflight=0', '--max-mutating-requests-inflight=0'),
      ],
      pass: [apiServer()],
    },
  };
}

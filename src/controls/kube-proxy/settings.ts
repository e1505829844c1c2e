import { stringsIn } from '../../model/json-list.ts';
import { notApplicable, pass } from '../../model/verdict.ts';
import { hostOf, isLoopback } from '../../semantics/node/listen-address.ts';
import { weakGatesRow } from '../feature-gates.ts';
import { kubeProxyConfig, staticPod, unit } from '../node-examples.ts';
import { apiServerAddressRow } from '../secure-serving.ts';
import { settingControls, settingFailure } from '../setting-control.ts';

const proxy = (...args: string[]): string => unit('kube-proxy', args);

/** How kube-proxy runs. Sources: CIS Kubernetes Benchmark 1.12, 4.3.1; the reference of kube-proxy. */
export default settingControls('kube-proxy', [
  {
    name: 'metrics-bind-address',
    title: 'The metrics of kube-proxy are served on loopback only',
    severity: 'medium',
    why: 'The port has neither TLS nor authentication: it tells which Services there are and how kube-proxy is set up, and with profiling on shows its memory.',
    setting: 'metricsBindAddress',
    // Empty means loopback in a file, and no port at all as a flag; the resolver has put the default in place.
    wrong: (value) =>
      typeof value === 'string' && value !== '' && !isLoopback(hostOf(value))
        ? 'metrics and configuration are served to the network of the node, without authentication'
        : undefined,
    mend: { value: '127.0.0.1:10249', safety: 'may-break', first: 'nothing scrapes its metrics from outside the node' },
    examples: {
      fail: [
        kubeProxyConfig('metricsBindAddress: 0.0.0.0:10249'),
        proxy('--metrics-bind-address=0.0.0.0'),
        kubeProxyConfig('metricsBindAddress: "[::]:10249"'),
      ],
      pass: [
        kubeProxyConfig(),
        kubeProxyConfig('metricsBindAddress: ""'),
        kubeProxyConfig('metricsBindAddress: "[::1]:10249"'),
        proxy('--metrics-bind-address=localhost:10249'),
      ],
    },
  },
  {
    name: 'healthz-bind-address',
    title: 'The health of kube-proxy is for those who need it',
    severity: 'low',
    why: 'The port has neither TLS nor authentication, and load balancers of a cloud ask it from outside; without one nobody but the node needs it.',
    setting: 'healthzBindAddress',
    coveredBy: ['kube-proxy/profiling', 'kube-proxy/metrics-bind-address'],
    wrong: (value, { config }) => {
      if (typeof value !== 'string' || value === '' || isLoopback(hostOf(value))) return undefined;
      if (config.get('enableProfiling')?.value === true && value === config.get('metricsBindAddress')?.value) {
        return 'it is the port of metrics and profiles, too';
      }
      const reason = `healthzBindAddress is ${value}: whether a load balancer outside the node asks there is for people to say`;
      return { kind: 'manual', reason };
    },
    examples: {
      fail: [
        kubeProxyConfig(
          'healthzBindAddress: 0.0.0.0:10249',
          'metricsBindAddress: 0.0.0.0:10249',
          'enableProfiling: true',
        ),
      ],
      pass: [kubeProxyConfig(), kubeProxyConfig('healthzBindAddress: 127.0.0.1:10256')],
    },
  },
  {
    name: 'profiling',
    title: 'Kube-proxy serves no profiling data',
    severity: 'low',
    why: 'Profiles are served at the address of its metrics, without TLS and authentication, and show what it has in memory.',
    setting: 'enableProfiling',
    moot: ({ config }) => (config.get('metricsBindAddress')?.value === '' ? 'its metrics port is closed' : undefined),
    wrong: (value, subject) => {
      if (value !== true) return undefined;
      const setting = subject.config.get('enableProfiling');
      const address = subject.config.get('metricsBindAddress')?.value;
      const local = typeof address !== 'string' || isLoopback(hostOf(address));
      if (setting === undefined || local) return '/debug/pprof is served to every process of the node';
      return settingFailure(subject, setting, {
        says: `/debug/pprof is served at ${address}, to the network of the node`,
        severity: 'medium',
        changes: [{ kind: 'setting', component: 'kube-proxy', name: setting.name, value: false }],
      });
    },
    mend: { value: false, safety: 'safe' },
    examples: {
      fail: [
        kubeProxyConfig('enableProfiling: true'),
        kubeProxyConfig('enableProfiling: true', 'metricsBindAddress: 0.0.0.0'),
      ],
      pass: [kubeProxyConfig(), proxy('--profiling=false')],
    },
  },
  {
    name: 'kubeconfig',
    title: 'Kube-proxy uses a kubeconfig of its own',
    severity: 'medium',
    why: 'Without one it takes the service account of a pod, which a service of the node does not have: it then cannot reach the API server, and Services go stale.',
    remedy: 'Name it in clientConnection.kubeconfig; at the top level of the file the field is ignored.',
    setting: 'clientConnection.kubeconfig',
    moot: ({ config }) =>
      config.problems.some(({ kind, message }) => kind === 'misplaced-field' && message.startsWith('kubeconfig '))
        ? 'its file has the field at another place, where it is ignored: that is a finding of its own'
        : undefined,
    wrong: (value, { config, start, readFile }) => {
      if (value !== '') return pass;
      const master = config.get('master')?.value;
      if (typeof master === 'string' && master !== '') return 'kube-proxy has no credentials for the API server';
      if (readFile('/var/run/secrets/kubernetes.io/serviceaccount/ca.crt') !== undefined) return pass;
      if (start.by?.kind === 'unit') return 'kube-proxy has no credentials for the API server';
      return notApplicable('it runs in a pod, whose service account it uses');
    },
    examples: {
      fail: [kubeProxyConfig('mode: iptables'), proxy('--v=2')],
      pass: [
        kubeProxyConfig('clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig}'),
        proxy('--kubeconfig=/var/lib/kube-proxy/kubeconfig'),
      ],
    },
  },
  {
    name: 'mode',
    title: 'Kube-proxy runs in a mode that its version has',
    severity: 'medium',
    why: 'In a mode that is not there kube-proxy does not start, or falls back to another one, and rules that were meant to keep traffic out are not written.',
    setting: 'mode',
    wrong: (value, { config }) => {
      const { minor } = config;
      if (value === 'userspace') {
        return minor !== undefined && minor < 26
          ? 'the mode was removed in v1.26, and hides the address of clients from Services'
          : 'the mode was removed in v1.26, and kube-proxy does not start with it';
      }
      if (value === 'nftables' && minor !== undefined && minor < 29) return 'the mode is new in v1.29';
      const known = ['', 'iptables', 'ipvs', 'nftables', 'kernelspace'];
      return typeof value === 'string' && !known.includes(value) ? 'it has no such mode' : undefined;
    },
    mend: {
      value: 'iptables',
      safety: 'may-break',
      first: 'the node is drained: connections through Services break once',
    },
    examples: {
      fail: [
        kubeProxyConfig('mode: userspace'),
        kubeProxyConfig('mode: iptable'),
        staticPod('kube-proxy', ['--proxy-mode=nftables'], 'v1.28.4'),
      ],
      pass: [kubeProxyConfig(), kubeProxyConfig('mode: ipvs'), kubeProxyConfig('mode: nftables')],
    },
  },
  {
    name: 'node-port-addresses',
    title: 'Node ports are answered on chosen addresses',
    severity: 'low',
    why: 'By default a Service of type NodePort is open on every address that the node has, those towards the internet included.',
    setting: 'nodePortAddresses',
    wrong: (value, { config }) => {
      const addresses = stringsIn(value);
      const wide = addresses.filter((range) => range.endsWith('/0'));
      if (wide.length > 0) return 'node ports are open on every address of the node';
      if (addresses.length > 0) return undefined;
      // nftables takes the primary address where none is given, KEP-3866.
      if (config.get('mode')?.value === 'nftables') return undefined;
      const reason =
        'nodePortAddresses is not set: whether node ports may be open on every address of the node is for people to say';
      return { kind: 'manual', reason };
    },
    examples: {
      fail: [kubeProxyConfig('nodePortAddresses: [0.0.0.0/0]')],
      pass: [kubeProxyConfig(), kubeProxyConfig('nodePortAddresses: [10.0.0.0/8]'), kubeProxyConfig('mode: nftables')],
    },
  },
  {
    name: 'bind-address-hard-fail',
    title: 'Kube-proxy stops where its ports are taken',
    severity: 'low',
    profile: 'reliability',
    why: 'Otherwise it runs on without its port, and whoever took it first answers for its health.',
    setting: 'bindAddressHardFail',
    wrong: (value) => (value === true ? undefined : 'another process may answer for its health and metrics'),
    mend: { value: true, safety: 'may-break', first: 'nothing else listens on ports 10249 and 10256' },
    examples: { fail: [kubeProxyConfig()], pass: [kubeProxyConfig('bindAddressHardFail: true')] },
  },
  {
    name: 'cleanup',
    title: 'Kube-proxy is not started to clean up',
    severity: 'high',
    profile: 'reliability',
    why: 'With this flag it removes its rules and ends: Services of the node are then reached by nobody.',
    setting: 'cleanup',
    wrong: (value) => (value === true ? 'it removes the rules of all Services, and ends' : undefined),
    mend: { value: null, safety: 'safe' },
    examples: { fail: [proxy('--cleanup')], pass: [proxy('--cleanup=false')] },
  },
  apiServerAddressRow({ called: 'Kube-proxy', example: proxy }),
  weakGatesRow('kube-proxy', 'featureGates', {
    fail: [kubeProxyConfig('featureGates: {AllAlpha: true}')],
    pass: [kubeProxyConfig(), kubeProxyConfig('featureGates: {AllBeta: true}')],
  }),
]);

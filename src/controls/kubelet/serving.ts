import type { Setting } from '../../model/component.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { durationSeconds } from '../../semantics/component-config/duration.ts';
import { kubeletConfig, staticPod, unit } from '../node-examples.ts';
import { settingControls, settingFailure } from '../setting-control.ts';
import { tlsRows } from '../tls-rows.ts';

const ecdhe = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';

/** The kubelet's own port and what it serves there. Sources: CIS Kubernetes Benchmark 1.12, 4.2.5, 4.2.9, 4.2.12. */
export default settingControls('kubelet', [
  {
    name: 'serving-certificate',
    title: 'The kubelet serves a certificate that a CA signed',
    severity: 'medium',
    why: 'A kubelet without one signs its own, which nobody can verify: whoever stands between it and the API server reads logs and takes over exec sessions.',
    setting: 'serverTLSBootstrap',
    wrong: (value, subject) => {
      if (value === true) return undefined;
      const [first, second] = missingFiles(subject);
      if (first === undefined) return undefined;
      if (second !== undefined)
        return 'with no tlsCertFile either, the kubelet serves a certificate that it signed itself';
      return settingFailure(subject, first, {
        says: 'its pair is set, and the kubelet does not start with one of the two',
      });
    },
    mend: {
      value: (subject) => (missingFiles(subject).length === 2 ? true : undefined),
      safety: 'may-break',
      first:
        'somebody approves the certificate signing requests of kubelets for serving: Kubernetes itself approves none',
    },
    examples: {
      fail: [kubeletConfig(), kubeletConfig('tlsCertFile: /etc/kubelet.crt')],
      pass: [
        kubeletConfig('serverTLSBootstrap: true'),
        kubeletConfig('tlsCertFile: /etc/kubelet.crt', 'tlsPrivateKeyFile: /etc/kubelet.key'),
      ],
    },
  },
  ...tlsRows({
    called: 'The kubelet',
    suites: 'tlsCipherSuites',
    minVersion: 'tlsMinVersion',
    http2: true,
    examples: {
      suites: {
        fail: [
          kubeletConfig(),
          kubeletConfig(`tlsCipherSuites: [${ecdhe}, TLS_RSA_WITH_AES_256_GCM_SHA384]`),
          unit('kubelet', ['--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384']),
        ],
        pass: [kubeletConfig(`tlsCipherSuites: [${ecdhe}, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256]`)],
      },
      minVersion: {
        fail: [kubeletConfig('tlsMinVersion: VersionTLS10'), kubeletConfig('tlsMinVersion: "1.2"')],
        pass: [kubeletConfig(), kubeletConfig('tlsMinVersion: VersionTLS12')],
      },
    },
  }),
  {
    name: 'streaming-idle-timeout',
    title: 'Idle exec and port-forward sessions end',
    severity: 'low',
    why: 'Sessions that nobody closes hold connections, and whoever finds one open goes on with the rights of the one who left.',
    setting: 'streamingConnectionIdleTimeout',
    moot: ({ config }) =>
      config.minor !== undefined && config.minor >= 34 ? 'the setting has no effect since v1.34' : undefined,
    wrong: (value) => {
      const seconds = typeof value === 'string' ? durationSeconds(value) : undefined;
      return seconds !== undefined && seconds <= 0 ? 'idle sessions are never closed' : undefined;
    },
    mend: { value: '4h0m0s', safety: 'safe' },
    examples: {
      fail: [unit('kubelet', ['--streaming-connection-idle-timeout=0']) + staticPod('kube-scheduler', [])],
      // In the file a zero means that it is not set, and kubeadm writes one.
      pass: [kubeletConfig(), kubeletConfig('streamingConnectionIdleTimeout: 0s')],
    },
  },
  {
    name: 'profiling',
    title: 'The kubelet serves no profiling data',
    severity: 'low',
    why: 'Profiles show what the kubelet has in memory, and taking them costs the node time: they are for the day of debugging.',
    setting: 'enableProfilingHandler',
    moot: ({ config }) => noDebugging(config.get('enableDebuggingHandlers')?.value),
    wrong: (value) => (value === false ? undefined : '/debug/pprof is served'),
    mend: { value: false, safety: 'safe' },
    examples: {
      fail: [kubeletConfig() + staticPod('kube-scheduler', [])],
      pass: [kubeletConfig('enableProfilingHandler: false')],
    },
  },
  {
    name: 'debug-flags',
    title: 'The verbosity of the kubelet cannot be changed by a request',
    severity: 'low',
    why: 'At a high level the kubelet logs what it is asked and answers, secrets in it included, and fills the disk.',
    setting: 'enableDebugFlagsHandler',
    moot: ({ config }) => noDebugging(config.get('enableDebuggingHandlers')?.value),
    wrong: (value) => (value === false ? undefined : '/debug/flags/v sets the level of its log'),
    mend: { value: false, safety: 'safe' },
    examples: {
      fail: [kubeletConfig() + staticPod('kube-scheduler', [])],
      pass: [kubeletConfig('enableDebugFlagsHandler: false')],
    },
  },
  {
    name: 'system-logs',
    title: "The kubelet does not serve the node's own logs",
    severity: 'low',
    why: "Whoever may read a node's logs through the API reads all of /var/log: audit logs, sign-ins and what other services wrote there.",
    setting: 'enableSystemLogHandler',
    moot: ({ config }) => noDebugging(config.get('enableDebuggingHandlers')?.value),
    wrong: (value, { config }) => {
      if (value === false) return undefined;
      const queries = config.get('enableSystemLogQuery')?.value === true;
      return queries ? '/logs serves /var/log and the journal of every service' : '/logs serves /var/log of the node';
    },
    mend: { value: false, safety: 'may-break', first: 'nobody reads node logs through kubectl' },
    examples: {
      fail: [
        kubeletConfig() + staticPod('kube-scheduler', []),
        kubeletConfig('enableSystemLogQuery: true') + staticPod('kube-scheduler', []),
      ],
      pass: [
        kubeletConfig('enableSystemLogHandler: false'),
        kubeletConfig('enableSystemLogHandler: false', 'tlsCipherSuites: []'),
      ],
    },
  },
  {
    name: 'static-pod-url',
    title: 'Static pods do not come over plain HTTP',
    severity: 'critical',
    why: 'Pods from that address start without admission and as privileged as they like: whoever is on the way to it owns the node.',
    setting: 'staticPodURL',
    wrong: (value, { config }) => {
      if (typeof value !== 'string' || !/^http:/i.test(value)) return undefined;
      const headers = Object.keys(config.get('staticPodURLHeader')?.value ?? {});
      const sent = headers.length === 0 ? '' : `, and ${headers.slice(0, 3).join(' and ')} is sent in clear`;
      return `whoever is on the way starts pods of their own on this node${sent}`;
    },
    remedy: 'Serve the pods by https, or put them into the folder of staticPodPath.',
    examples: {
      fail: [
        kubeletConfig('staticPodURL: http://boot.example/pods.yaml'),
        unit('kubelet', ['--manifest-url=http://boot.example/pods']),
      ],
      pass: [kubeletConfig(), kubeletConfig('staticPodURL: https://boot.example/pods.yaml')],
    },
  },
]);

function noDebugging(enabled: unknown): string | undefined {
  return enabled === false ? 'enableDebuggingHandlers is false: only health and metrics are served' : undefined;
}

function missingFiles({ config }: NodeComponent): readonly Setting[] {
  const files = ['tlsCertFile', 'tlsPrivateKeyFile'].map((name) => config.get(name));
  return files.filter((setting): setting is Setting => setting?.value === '');
}

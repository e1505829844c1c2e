import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { file, kubeletConfig, staticPod, unit } from '../node-examples.ts';
import { node } from '../nodes/examples.ts';
import authentication from './authentication.ts';
import certificates from './certificates.ts';
import configurationProblems from './configuration-problems.ts';
import nodeSettings from './node.ts';
import pods from './pods.ts';
import serving from './serving.ts';

const controls = [...authentication, ...certificates, configurationProblems, ...nodeSettings, ...pods, ...serving];

/** A configuration that nothing is wrong with, one field a line so that each can be replaced. */
const hardened: Readonly<Record<string, string>> = {
  authentication: '{anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: /etc/ca.crt}}',
  authorization: '{mode: Webhook}',
  readOnlyPort: '0',
  serverTLSBootstrap: 'true',
  tlsCipherSuites: '[TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]',
  rotateCertificates: 'true',
  podPidsLimit: '4096',
  seccompDefault: 'true',
  protectKernelDefaults: 'true',
  enableProfilingHandler: 'false',
  enableDebugFlagsHandler: 'false',
  enableSystemLogHandler: 'false',
  systemReserved: '{memory: 1Gi}',
};

function configured(changes: Readonly<Record<string, string>> = {}): string {
  return kubeletConfig(...Object.entries({ ...hardened, ...changes }).map(([field, value]) => `${field}: ${value}`));
}

function findings(text: string): string[] {
  return judgeText(controls, text).findings.map(
    ({ control, message, severity }) => `${severity} ${control.id}: ${message}`,
  );
}

/** Verdicts of one control: `pass`, `fail`, `not-applicable`, `unknown` or `manual`. */
function verdict(id: string, text: string): string | undefined {
  const chosen = controls.filter((control) => control.id === `kubelet/${id}`);
  const [counts] = [...judgeText(chosen, text).coverage.values()];
  return Object.entries(counts ?? {}).find(([, count]) => count > 0)?.[0];
}

describe('a kubelet', () => {
  it('that is hardened has no finding', () => {
    expect(findings(configured())).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'anonymous',
      { authentication: '{anonymous: {enabled: true}, x509: {clientCAFile: /a}}' },
      'high kubelet/anonymous-auth: authentication.anonymous.enabled is true: requests without credentials are answered with the rights of system:anonymous',
    ],
    [
      'tokens',
      { authentication: '{webhook: {enabled: false}, x509: {clientCAFile: /a}}' },
      'low kubelet/webhook-authentication: authentication.webhook.enabled is false: tokens of service accounts authenticate nobody',
    ],
    [
      'no client CA',
      { authentication: '{}' },
      "medium kubelet/client-ca-file: authentication.x509.clientCAFile is not set (default): client certificates, the API server's included, are not verified",
    ],
    [
      'everything allowed',
      { authorization: '{mode: AlwaysAllow}' },
      'critical kubelet/authorization-mode: authorization.mode is AlwaysAllow: every caller who authenticates may do everything on this node',
    ],
    [
      'the read-only port',
      { readOnlyPort: '10255' },
      'high kubelet/read-only-port: readOnlyPort is 10255: pod specifications and metrics are served to anyone, without TLS',
    ],
    [
      'health',
      { healthzBindAddress: '0.0.0.0' },
      'low kubelet/healthz-bind-address: healthzBindAddress is 0.0.0.0: its health is open to the network of the node',
    ],
    [
      'a self-signed certificate',
      { serverTLSBootstrap: 'false' },
      'medium kubelet/serving-certificate: serverTLSBootstrap is false: with no tlsCertFile either, the kubelet serves a certificate that it signed itself',
    ],
    [
      'no rotation',
      { rotateCertificates: 'false' },
      'low kubelet/rotate-certificates: rotateCertificates is false: the client certificate is not renewed before it expires',
    ],
    [
      'the gate of rotation',
      { featureGates: '{RotateKubeletServerCertificate: false}' },
      'low kubelet/rotate-server-certificate-gate: featureGates is {"RotateKubeletServerCertificate":false}: kubelet serving certificates are not renewed',
    ],
    [
      'alpha features',
      { featureGates: '{AllAlpha: true}' },
      'medium kubelet/feature-gates: featureGates is {"AllAlpha":true}: AllAlpha=true turns on every unfinished feature',
    ],
    [
      'a suite without forward secrecy',
      { tlsCipherSuites: '[TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_GCM_SHA256]' },
      'medium kubelet/tls-cipher-suites: tlsCipherSuites is TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_GCM_SHA256: TLS_RSA_WITH_AES_128_GCM_SHA256 has no forward secrecy',
    ],
    [
      'an old TLS',
      { tlsMinVersion: 'VersionTLS11' },
      'medium kubelet/tls-min-version: tlsMinVersion is VersionTLS11: connections may fall back to a version of TLS that was withdrawn',
    ],
    [
      'no limit of processes',
      { podPidsLimit: '-1' },
      'medium kubelet/pod-pids-limit: podPidsLimit is -1: one pod can use up the process ids of the node',
    ],
    [
      'no seccomp',
      { seccompDefault: 'false' },
      'medium kubelet/seccomp-default: seccompDefault is false: containers that name no profile run unconfined',
    ],
    [
      'unsafe sysctls',
      { allowedUnsafeSysctls: '[net.core.somaxconn]' },
      'medium kubelet/allowed-unsafe-sysctls: allowedUnsafeSysctls is net.core.somaxconn: pods may set it on this node',
    ],
    [
      'kernel parameters',
      { protectKernelDefaults: 'false' },
      'low kubelet/protect-kernel-defaults: protectKernelDefaults is false: the kubelet changes parameters of the kernel to what it wants',
    ],
    [
      'iptables',
      { makeIPTablesUtilChains: 'false' },
      'low kubelet/iptables-util-chains: makeIPTablesUtilChains is false: its iptables rules are left to somebody else',
    ],
    [
      'events',
      { eventRecordQPS: '1' },
      'low kubelet/event-qps: eventRecordQPS is 1: events beyond that rate are dropped',
    ],
    [
      'profiles',
      { enableProfilingHandler: 'true' },
      'low kubelet/profiling: enableProfilingHandler is true: /debug/pprof is served',
    ],
    [
      'a misplaced key',
      { anonymous: '{enabled: false}' },
      'high kubelet/configuration-problems: anonymous is no field at the top level: kubelet ignores it',
    ],
  ])('with %s has that finding alone', (_, change, expected) => {
    expect(findings(configured(change))).toEqual([expected]);
  });

  it('that lets everyone do everything is critical, once for each of its two settings', () => {
    const text = configured({
      authentication: '{anonymous: {enabled: true}, x509: {clientCAFile: /a}}',
      authorization: '{mode: AlwaysAllow}',
    });
    expect(findings(text)).toEqual([
      'critical kubelet/anonymous-auth: authentication.anonymous.enabled is true: whoever reaches its port runs commands in every container, without credentials',
      'critical kubelet/authorization-mode: authorization.mode is AlwaysAllow: every caller who authenticates may do everything on this node',
    ]);
  });

  it('is blamed at the line that says it', () => {
    const [finding] = judgeText(controls, configured({ readOnlyPort: '10255' })).findings;
    expect(finding?.places[0]?.object.source.file).toBe('/var/lib/kubelet/config.yaml');
    expect(finding?.places[0]?.object.source.positions?.locate([])).toMatchObject({ line: 5, column: 1 });
  });
});

describe('verdicts', () => {
  const serverless = configured({ enableServer: 'false', authorization: '{mode: AlwaysAllow}' });
  const program = `${kubeletConfig()}${file('/etc/kubernetes/kubelet.conf', 'users:\n  - name: a\n    user:\n      exec:\n        command: aws\n')}`;
  const byCertificate = `${kubeletConfig()}${file('/etc/kubernetes/kubelet.conf', 'users:\n  - name: a\n    user:\n      client-certificate: /a\n')}`;
  const ofVersion = (tag: string, ...lines: string[]): string =>
    `${kubeletConfig(...lines)}${staticPod('kube-scheduler', [], tag)}`;
  it.each<[string, string, string]>([
    // What kube-bench concludes wrongly.
    ['anonymous-auth', kubeletConfig(), 'pass'],
    ['authorization-mode', kubeletConfig(), 'pass'],
    ['anonymous-auth', unit('kubelet', []), 'fail'],
    ['authorization-mode', unit('kubelet', ['--anonymous-auth=false', '--authorization-mode=AlwaysAllow']), 'fail'],
    ['read-only-port', unit('kubelet', []), 'fail'],
    ['rotate-certificates', kubeletConfig(), 'fail'],
    ['pod-pids-limit', kubeletConfig('podPidsLimit: -1'), 'fail'],
    ['seccomp-default', kubeletConfig('seccompDefault: false'), 'fail'],
    ['event-qps', kubeletConfig('eventRecordQPS: 0'), 'manual'],
    ['event-qps', unit('kubelet', ['--event-qps=5']), 'pass'],
    ['serving-certificate', kubeletConfig('serverTLSBootstrap: true'), 'pass'],
    [
      'tls-cipher-suites',
      kubeletConfig(
        'tlsCipherSuites: [TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]',
      ),
      'pass',
    ],
    // Versions, and what makes a setting moot.
    ['streaming-idle-timeout', kubeletConfig('streamingConnectionIdleTimeout: 0s'), 'pass'],
    ['streaming-idle-timeout', ofVersion('v1.34.1'), 'not-applicable'],
    [
      'streaming-idle-timeout',
      `${unit('kubelet', ['--streaming-connection-idle-timeout=0s'])}${staticPod('kube-scheduler', [], 'v1.33.0')}`,
      'fail',
    ],
    ['seccomp-default', ofVersion('v1.21.0'), 'not-applicable'],
    ['seccomp-default', ofVersion('v1.24.0', 'seccompDefault: true', 'featureGates: {SeccompDefault: true}'), 'pass'],
    ['image-pull-credentials', ofVersion('v1.32.0'), 'not-applicable'],
    ['image-pull-credentials', ofVersion('v1.33.0'), 'not-applicable'],
    ['image-pull-credentials', ofVersion('v1.35.0'), 'pass'],
    ['swap', ofVersion('v1.27.0', 'failSwapOn: false'), 'fail'],
    ['swap', ofVersion('v1.30.0', 'failSwapOn: false'), 'pass'],
    [
      'swap',
      `${kubeletConfig('failSwapOn: false', 'memorySwap: {swapBehavior: LimitedSwap}')}${node({ host: { swaps: [] } })}`,
      'not-applicable',
    ],
    ['cgroup-v1', ofVersion('v1.34.0', 'failCgroupV1: false'), 'pass'],
    [
      'tls-cipher-suites',
      kubeletConfig('tlsMinVersion: VersionTLS13', 'tlsCipherSuites: [TLS_RSA_WITH_RC4_128_SHA]'),
      'not-applicable',
    ],
    ['profiling', kubeletConfig('enableDebuggingHandlers: false'), 'not-applicable'],
    ['authorization-mode', serverless, 'not-applicable'],
    ['healthz-bind-address', kubeletConfig('healthzPort: 0', 'healthzBindAddress: 0.0.0.0'), 'not-applicable'],
    ['rotate-certificates', program, 'not-applicable'],
    ['rotate-certificates', byCertificate, 'fail'],
    ['static-pod-path', ofVersion('v1.32.0', 'staticPodPath: /etc/kubernetes/manifests'), 'not-applicable'],
    // The node's own name is that of the flag: what the kubelet would have used is the host's.
    ['hostname-override', unit('kubelet', ['--hostname-override=node-1']) + file('/etc/hostname', 'Node-1'), 'pass'],
    ['hostname-override', unit('kubelet', ['--hostname-override=node-1']) + file('/etc/hostname', 'realhost'), 'fail'],
    ['hostname-override', unit('kubelet', ['--hostname-override=node1']) + file('/etc/hostname', 'node1'), 'pass'],
    ['hostname-override', unit('kubelet', ['--hostname-override=node-1']), 'unknown'],
    // A configuration that cannot be read decides nothing.
    ['anonymous-auth', unit('kubelet', ['--config=/nowhere.yaml']), 'unknown'],
    ['anonymous-auth', unit('kubelet', ['--config=/nowhere.yaml', '--anonymous-auth=true']), 'fail'],
    ['configuration-problems', unit('kubelet', ['--network-plugin=cni']), 'unknown'],
  ])('%s of %j is %s', (id, text, expected) => {
    expect(verdict(id, text)).toBe(expected);
  });
});

describe('the change to protectKernelDefaults', () => {
  const [control] = nodeSettings;
  it.each<[string, Record<string, string> | undefined, string | undefined]>([
    ['is made where nothing is known', undefined, undefined],
    [
      'is made where the kernel is as the kubelet wants it',
      { 'kernel.panic': '10', 'vm.overcommit_memory': '1' },
      undefined,
    ],
    [
      'is refused where the kubelet would not start',
      { 'kernel.panic': '0', 'vm.overcommit_memory': '1' },
      'the kubelet would not start: kernel.panic is 0 and not 10',
    ],
  ])('%s', (_, sysctls, expected) => {
    const text = `${kubeletConfig()}${sysctls === undefined ? '' : node({ host: { sysctls } })}`;
    const refusals: (string | undefined)[] = [];
    const asked = {
      ...control,
      check: (...args: Parameters<NonNullable<typeof control>['check']>) => {
        const [subject, facts] = args;
        const failure = { kind: 'fail', message: '', at: [] } as const;
        refusals.push(control?.mend?.refusal?.(subject, failure, facts));
        return [];
      },
    };
    judgeText([asked as NonNullable<typeof control>], text);
    expect(refusals).toEqual([expected]);
  });
});

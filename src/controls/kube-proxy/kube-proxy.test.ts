import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { kubeProxyConfig, staticPod, unit } from '../node-examples.ts';
import configurationProblems from './configuration-problems.ts';
import settings from './settings.ts';

const controls = [...settings, configurationProblems];
const kubeconfig = 'clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig}';

function findings(text: string): string[] {
  return judgeText(controls, text)
    .findings.filter(({ control }) => control.profile === 'security')
    .map(({ control, message, severity }) => `${severity} ${control.id.slice('kube-proxy/'.length)}: ${message}`);
}

function verdict(id: string, text: string): string | undefined {
  const chosen = controls.filter((control) => control.id === `kube-proxy/${id}`);
  const [counts] = [...judgeText(chosen, text).coverage.values()];
  return Object.entries(counts ?? {}).find(([, count]) => count > 0)?.[0];
}

describe('a kube-proxy', () => {
  it.each<[string, string, string[]]>([
    [
      'as kubeadm writes it',
      kubeProxyConfig(
        kubeconfig,
        'metricsBindAddress: ""',
        'healthzBindAddress: ""',
        'bindAddress: 0.0.0.0',
        'mode: ""',
      ),
      [],
    ],
    [
      'with the metrics of minikube',
      kubeProxyConfig(kubeconfig, 'metricsBindAddress: 0.0.0.0:10249'),
      [
        'medium metrics-bind-address: metricsBindAddress is 0.0.0.0:10249: metrics and configuration are served to the network of the node, without authentication',
      ],
    ],
    ['with IPv6 metrics', kubeProxyConfig(kubeconfig, 'bindAddress: "::"'), []],
    [
      'whose flag is ignored',
      `${kubeProxyConfig(kubeconfig, 'metricsBindAddress: 0.0.0.0:10249').replace('config.conf', 'config.conf --metrics-bind-address=127.0.0.1')}`,
      [
        'medium metrics-bind-address: metricsBindAddress is 0.0.0.0:10249: metrics and configuration are served to the network of the node, without authentication',
        'high configuration-problems: --metrics-bind-address is ignored: with --config, kube-proxy takes this from /var/lib/kube-proxy/config.conf alone',
      ],
    ],
    [
      'whose kubeconfig is at the top level',
      kubeProxyConfig('kubeconfig: /var/lib/kube-proxy/kubeconfig'),
      ['high configuration-problems: kubeconfig is no field at the top level: kube-proxy ignores it'],
    ],
    [
      'without kubeconfig',
      kubeProxyConfig(),
      [
        'medium kubeconfig: clientConnection.kubeconfig is not set (default): kube-proxy has no credentials for the API server',
      ],
    ],
    [
      'with profiles',
      kubeProxyConfig(kubeconfig, 'enableProfiling: true'),
      ['low profiling: enableProfiling is true: /debug/pprof is served to every process of the node'],
    ],
    [
      'in a mode that was removed',
      kubeProxyConfig(kubeconfig, 'mode: userspace'),
      [
        'medium mode: mode is userspace: the mode was removed in v1.26, and kube-proxy does not start with it (said of v1.26 to v1.36; the version is not known, and others differ)',
      ],
    ],
    [
      'with node ports everywhere',
      kubeProxyConfig(kubeconfig, 'nodePortAddresses: ["::/0"]'),
      ['low node-port-addresses: nodePortAddresses is ::/0: node ports are open on every address of the node'],
    ],
  ])('%s', (_, text, expected) => {
    expect(findings(text).sort()).toEqual(expected.sort());
  });

  it.each<[string, string, string]>([
    ['kubeconfig', staticPod('kube-proxy', []), 'not-applicable'],
    ['healthz-bind-address', kubeProxyConfig(), 'manual'],
    ['node-port-addresses', kubeProxyConfig(), 'manual'],
    ['mode', staticPod('kube-proxy', ['--proxy-mode=userspace'], 'v1.25.0'), 'fail'],
    [
      'metrics-bind-address',
      `${unit('kube-proxy', ['--metrics-port=0'])}${staticPod('kube-scheduler', [], 'v1.20.2')}`,
      'pass',
    ],
    ['metrics-bind-address', unit('kube-proxy', ['--config=/nowhere']), 'unknown'],
  ])('%s of %j is %s', (id, text, expected) => {
    expect(verdict(id, text)).toBe(expected);
  });
});

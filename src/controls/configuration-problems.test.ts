import { expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import etcd from './etcd/configuration-problems.ts';
import apiServer from './kube-apiserver/configuration-problems.ts';
import kubeProxy from './kube-proxy/configuration-problems.ts';
import kubelet from './kubelet/configuration-problems.ts';
import { file, kubeletConfig, kubeProxyConfig, staticPod, unit } from './node-examples.ts';
import { node } from './nodes/examples.ts';

const controls = [apiServer, etcd, kubelet, kubeProxy];

function running(...args: string[]): string {
  return node({ processes: [{ pid: 7, parent: 1, exe: '/usr/bin/kubelet', argv: ['kubelet', ...args], env: {} }] });
}

it.each<[string, string, string[]]>([
  [
    'a misplaced key of the guides',
    kubeProxyConfig('kubeconfig: /var/lib/kube-proxy/kubeconfig'),
    ['high /var/lib/kube-proxy/config.conf:3:1 kubeconfig is no field at the top level: kube-proxy ignores it'],
  ],
  [
    'a key that is misspelled',
    kubeProxyConfig('metricsBindAdress: 127.0.0.1:10249'),
    ['medium /var/lib/kube-proxy/config.conf:3:1 metricsBindAdress is no field of kube-proxy: kube-proxy ignores it'],
  ],
  [
    'a key of protection that is misspelled',
    kubeletConfig('authorisation: {mode: Webhook}'),
    ['high /var/lib/kubelet/config.yaml:3:1 authorisation is no field of kubelet: kubelet ignores it'],
  ],
  [
    'a flag that was removed',
    staticPod('kube-apiserver', ['--v=2', '--insecure-port=0']),
    [
      'medium /etc/kubernetes/manifests/kube-apiserver.yaml:13:1 --insecure-port was removed in v1.24: kube-apiserver v1.32 does not start with it',
    ],
  ],
  [
    'a flag that is misspelled',
    staticPod('kube-apiserver', ['--anonymous-authh=false']),
    [
      'medium /etc/kubernetes/manifests/kube-apiserver.yaml:12:1 --anonymous-authh is no known flag of kube-apiserver v1.32, which does not start with one that it does not know',
    ],
  ],
  [
    'a flag of nobody',
    `${staticPod('kube-apiserver', ['--anonymous-authentication=false'])}`,
    [
      'low /etc/kubernetes/manifests/kube-apiserver.yaml:12:1 --anonymous-authentication is no known flag of kube-apiserver v1.32, which does not start with one that it does not know',
    ],
  ],
  [
    'files that other controls tell are missing',
    staticPod('kube-apiserver', [
      '--audit-policy-file=/etc/kubernetes/a.yaml',
      '--encryption-provider-config=/etc/kubernetes/e.yaml',
      '--authorization-config=/etc/kubernetes/z.yaml',
    ]),
    [],
  ],
  [
    'a file that is no YAML, which no other control tells',
    staticPod('kube-apiserver', ['--audit-policy-file=/etc/kubernetes/a.yaml']) +
      file('/etc/kubernetes/a.yaml', 'rules: ['),
    [
      'medium /etc/kubernetes/a.yaml:2:1 /etc/kubernetes/a.yaml is no YAML: unexpected end of the stream within a flow collection',
    ],
  ],
  ['a flag of nobody that a process runs with', running('--frobnicate=1'), []],
  ['a flag that went in a version, of a version that is not known', unit('kubelet', ['--network-plugin=cni']), []],
  [
    'the same key twice, three times',
    kubeletConfig('port: 1', 'port: 2', 'port: 3'),
    [
      'medium /var/lib/kubelet/config.yaml:4:1 port is set twice: the one in line 5 counts, this one does not: kubelet ignores it',
      'medium /var/lib/kubelet/config.yaml:3:1 port is set twice: the one in line 5 counts, this one does not: kubelet ignores it',
    ],
  ],
])('%s', (_, text, expected) => {
  const found = judgeText(controls, text).findings.map(({ message, severity, places }) => {
    const { file, positions } = places[0]?.object.source ?? { file: '' };
    const at = positions?.locate([]);
    return `${severity} ${file}:${at?.line}:${at?.column} ${message}`;
  });
  expect(found.sort()).toEqual(expected.sort());
});

it('says what was probably meant', () => {
  const [finding] = judgeText(controls, kubeletConfig('anonymous: {enabled: false}')).findings;
  expect(finding?.failure.remedy).toBe('probably meant: authentication.anonymous');
});

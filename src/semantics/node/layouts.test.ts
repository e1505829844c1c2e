import { describe, expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import type { Component } from '../../model/component.ts';
import type { NodeChange } from '../../model/node-change.ts';
import { changeText } from './change-text.ts';
import { distributionOf } from './distribution.ts';
import { nodeComponents } from './node-components.ts';
import { settingOrigin } from './setting-text.ts';

/*
 * Nodes of other makers than kubeadm, by the files that they are known to have: what is in force, where it says so,
 * and what a person is told to change.
 */
interface Layout {
  readonly title: string;
  readonly files: string;
  readonly distribution: string | undefined;
  readonly component: Component;
  readonly setting: string;
  readonly value: unknown;
  readonly origin: string;
  readonly change: NodeChange;
  readonly says: string;
}

const folder = (path: string): string => `# file: ${path} directory\n`;

const layouts: readonly Layout[] = [
  {
    title: 'k3s: a flag of its configuration file',
    files: `# file: /etc/rancher/k3s/config.yaml\nkube-apiserver-arg:\n  - anonymous-auth=true\n${folder('/var/lib/rancher/k3s/server/tls')}`,
    distribution: 'k3s',
    component: 'kube-apiserver',
    setting: 'anonymous-auth',
    value: true,
    origin: '--anonymous-auth in /etc/rancher/k3s/config.yaml:2',
    change: { kind: 'setting', component: 'kube-apiserver', name: 'anonymous-auth', value: false },
    says: 'in /etc/rancher/k3s/config.yaml add "anonymous-auth=false" to kube-apiserver-arg; restart k3s',
  },
  {
    title: 'k3s: what it sets by itself',
    files: folder('/var/lib/rancher/k3s/server/tls'),
    distribution: 'k3s',
    component: 'kube-scheduler',
    setting: 'profiling',
    value: false,
    origin: '--profiling in k3s itself',
    change: { kind: 'setting', component: 'kube-scheduler', name: 'profiling', value: false },
    says: 'add "profiling=false" to kube-scheduler-arg',
  },
  {
    title: 'k3s: the kubelet’s drop-ins',
    files: `# file: /var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous:
    enabled: false
`,
    distribution: 'k3s',
    component: 'kubelet',
    setting: 'authentication.anonymous.enabled',
    value: false,
    origin: '/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf:5:5',
    change: { kind: 'setting', component: 'kubelet', name: 'podPidsLimit', value: 4096 },
    says: 'add "pod-max-pids=4096" to kubelet-arg',
  },
  {
    title: 'k3s: a field that is no flag, with drop-ins',
    files: `# file: /var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
enableDebugFlagsHandler: true
`,
    distribution: 'k3s',
    component: 'kubelet',
    setting: 'enableDebugFlagsHandler',
    value: true,
    origin: '/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf:3:1',
    change: { kind: 'setting', component: 'kubelet', name: 'enableDebugFlagsHandler', value: false },
    says: 'in a drop-in of its own, such as /var/lib/rancher/k3s/agent/etc/kubelet.conf.d/99-local.conf, set enableDebugFlagsHandler: false; restart k3s',
  },
  {
    title: 'k3s: a field that is no flag, before there were drop-ins',
    files: folder('/var/lib/rancher/k3s/server/tls'),
    distribution: 'k3s',
    component: 'kubelet',
    setting: 'readOnlyPort',
    value: 0,
    origin: '--read-only-port in k3s itself',
    change: { kind: 'setting', component: 'kubelet', name: 'enableProfilingHandler', value: false },
    says: 'in a configuration file, such as /etc/rancher/k3s/kubelet.yaml, set enableProfilingHandler: false, and in /etc/rancher/k3s/config.yaml add "config=/etc/rancher/k3s/kubelet.yaml" to kubelet-arg; restart k3s',
  },
  {
    title: 'k3s: kernel defaults are an option of its own',
    files: '# file: /etc/rancher/k3s/config.yaml\nprotect-kernel-defaults: true\n',
    distribution: 'k3s',
    component: 'kubelet',
    setting: 'protectKernelDefaults',
    value: true,
    origin: '--protect-kernel-defaults in k3s itself',
    change: { kind: 'setting', component: 'kubelet', name: 'podPidsLimit', value: 4096 },
    says: 'add "pod-max-pids=4096" to kubelet-arg',
  },
  {
    title: 'k3s: SQLite behind a socket',
    files: folder('/var/lib/rancher/k3s/server/tls'),
    distribution: 'k3s',
    component: 'kube-apiserver',
    setting: 'etcd-servers',
    value: ['unix:///var/lib/rancher/k3s/server/kine.sock'],
    origin: '--etcd-servers in k3s itself',
    change: { kind: 'setting', component: 'kube-apiserver', name: 'profiling', value: false },
    says: 'add "profiling=false" to kube-apiserver-arg',
  },
  {
    title: 'k3s: an etcd that its configuration names',
    files: `# file: /etc/rancher/k3s/config.yaml
datastore-endpoint: https://10.0.0.1:2379,https://10.0.0.2:2379
datastore-cafile: /etc/etcd/ca.crt
${folder('/var/lib/rancher/k3s/server/tls')}`,
    distribution: 'k3s',
    component: 'kube-apiserver',
    setting: 'etcd-cafile',
    value: '/etc/etcd/ca.crt',
    origin: '--etcd-cafile in k3s itself',
    change: { kind: 'setting', component: 'kube-apiserver', name: 'profiling', value: false },
    says: 'add "profiling=false" to kube-apiserver-arg',
  },
  {
    title: 'RKE2: static pods that it makes',
    files: `${folder('/etc/rancher/rke2')}# file: /var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver}
spec:
  containers:
    - name: kube-apiserver
      image: index.docker.io/rancher/hardened-kubernetes:v1.28.9-rke2r1-build20240416
      command: [kube-apiserver]
      args:
        - --profiling=true
`,
    distribution: 'rke2',
    component: 'kube-apiserver',
    setting: 'profiling',
    value: true,
    origin: '--profiling in /var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml:10',
    change: { kind: 'setting', component: 'kube-apiserver', name: 'profiling', value: false },
    says: 'in /etc/rancher/rke2/config.yaml add "profiling=false" to kube-apiserver-arg; restart rke2',
  },
  {
    title: 'microk8s: a file of flags',
    files:
      '# file: /var/snap/microk8s/current/args/kube-apiserver\n--secure-port=16443\n--authorization-mode=AlwaysAllow\n',
    distribution: 'microk8s',
    component: 'kube-apiserver',
    setting: 'authorization-mode',
    value: ['AlwaysAllow'],
    origin: '--authorization-mode in /var/snap/microk8s/current/args/kube-apiserver:2',
    change: { kind: 'setting', component: 'kube-apiserver', name: 'authorization-mode', value: ['Node', 'RBAC'] },
    says: 'in /var/snap/microk8s/current/args/kube-apiserver set --authorization-mode=Node,RBAC',
  },
  {
    title: 'OpenShift: arguments in the configuration of the operator',
    files: `${folder('/etc/kubernetes/static-pod-resources/kube-apiserver-pod-7')}# file: /etc/kubernetes/manifests/kube-apiserver-pod.yaml
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver}
spec:
  containers:
    - name: kube-apiserver
      command: [/bin/bash, -ec]
      args: ["exec hyperkube kube-apiserver --openshift-config=/etc/kubernetes/static-pod-resources/configmaps/config/config.yaml -v=2"]
      volumeMounts: [{name: resource-dir, mountPath: /etc/kubernetes/static-pod-resources}]
  volumes: [{name: resource-dir, hostPath: {path: /etc/kubernetes/static-pod-resources/kube-apiserver-pod-7}}]
# file: /etc/kubernetes/static-pod-resources/kube-apiserver-pod-7/configmaps/config/config.yaml
apiServerArguments:
  anonymous-auth: ["true"]
  profiling:
    - "false"
`,
    distribution: 'openshift',
    component: 'kube-apiserver',
    setting: 'profiling',
    value: false,
    origin: '--profiling in /etc/kubernetes/static-pod-resources/configmaps/config/config.yaml:3',
    change: { kind: 'setting', component: 'kube-apiserver', name: 'anonymous-auth', value: false },
    says: 'belongs to an operator of OpenShift',
  },
  {
    title: 'EKS: the kubelet’s JSON',
    files: `# file: /etc/systemd/system/kubelet.service
[Service]
ExecStart=/usr/bin/kubelet --config /etc/kubernetes/kubelet/kubelet-config.json --kubeconfig /var/lib/kubelet/kubeconfig
# file: /etc/kubernetes/kubelet/kubelet-config.json
{"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1",
 "readOnlyPort": 10255}
`,
    distribution: 'eks',
    component: 'kubelet',
    setting: 'readOnlyPort',
    value: 10255,
    origin: '/etc/kubernetes/kubelet/kubelet-config.json:2:2',
    change: { kind: 'setting', component: 'kubelet', name: 'readOnlyPort', value: 0 },
    says: 'in /etc/kubernetes/kubelet/kubelet-config.json set readOnlyPort: 0; restart it with "systemctl restart kubelet", and change the launch template',
  },
  {
    title: 'AKS: flags in a file of variables',
    files: `# file: /etc/kubernetes/azure.json
# file: /etc/systemd/system/kubelet.service
[Service]
EnvironmentFile=/etc/default/kubelet
ExecStart=/usr/local/bin/kubelet $KUBELET_FLAGS
# file: /etc/default/kubelet
KUBELET_FLAGS=--anonymous-auth=false --read-only-port=0
`,
    distribution: 'aks',
    component: 'kubelet',
    setting: 'authentication.anonymous.enabled',
    value: false,
    origin: '--anonymous-auth in /etc/default/kubelet:1',
    change: { kind: 'setting', component: 'kubelet', name: 'podPidsLimit', value: 4096 },
    says: "in the node pool's kubelet configuration (az aks nodepool add --kubelet-config) set podPidsLimit: 4096",
  },
  {
    title: 'Talos: static pods of its own names',
    files: `# file: /etc/kubernetes/manifests/talos-kube-scheduler.yaml
apiVersion: v1
kind: Pod
spec:
  containers:
    - name: kube-scheduler
      image: registry.k8s.io/kube-scheduler:v1.31.1
      command: [/usr/local/bin/kube-scheduler, --profiling=false]
`,
    distribution: 'talos',
    component: 'kube-scheduler',
    setting: 'enableProfiling',
    value: false,
    origin: '--profiling in /etc/kubernetes/manifests/talos-kube-scheduler.yaml:7',
    change: { kind: 'setting', component: 'kube-scheduler', name: 'bind-address', value: '127.0.0.1' },
    says: 'in the machine configuration set cluster.scheduler.extraArgs.bind-address: 127.0.0.1',
  },
];

describe.each(layouts.map((layout) => [layout.title, layout] as const))('%s', (_, layout) => {
  const node = nodeExample(layout.files);
  if (node === undefined) throw new Error('no example of a node');
  const found = nodeComponents(node).find(({ component }) => component === layout.component);

  it('is recognised, and resolved with its origin', () => {
    expect(distributionOf(node)).toBe(layout.distribution);
    const setting = found?.config.get(layout.setting);
    expect(setting?.value).toEqual(layout.value);
    expect(setting && settingOrigin(setting)).toBe(layout.origin);
    expect(found?.config.problems.map(({ message }) => message)).toEqual([]);
  });

  it('says what to change, and where', () => {
    expect(found && changeText(layout.change, found)).toContain(layout.says);
  });
});

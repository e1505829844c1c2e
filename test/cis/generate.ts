import fc from 'fast-check';
import { dump } from 'js-yaml';
import type { ExampleNode } from './example-node.ts';
import { configuration } from './generate-configuration.ts';
import { type Files, mostly, otherFiles, plain, rights } from './generate-files.ts';
import { environment, words } from './generate-flags.ts';

/** A node whose components have any of the flags and fields that the checks ask for, in any spelling. */
export function generatedNode(): fc.Arbitrary<ExampleNode> {
  return fc
    .tuple(
      staticPod('kube-apiserver', ['--etcd-servers=https://127.0.0.1:2379']),
      staticPod('kube-controller-manager', ['--kubeconfig=/etc/kubernetes/controller-manager.conf']),
      staticPod('kube-scheduler', ['--kubeconfig=/etc/kubernetes/scheduler.conf']),
      staticPod('etcd', ['--data-dir=/var/lib/etcd', '--listen-peer-urls=https://192.0.2.2:2380']),
      unit('kubelet', ['--kubeconfig=/etc/kubernetes/kubelet.conf']),
      unit('kube-proxy', ['--hostname-override=node-1']),
      otherFiles(),
    )
    .map((parts) => new Map(parts.flat()));
}

function staticPod(component: string, fixed: readonly string[]): fc.Arbitrary<Files> {
  const minor = fc.constantFrom(32, 35, 36);
  const runs = fc.tuple(minor, fc.constantFrom(0, 0, 0, 1000));
  const parts = fc.tuple(runs, words(component), environment(component), configuration(component), rights(0o600));
  const pod = parts.map(([[version, user], flags, env, config, owned]): Files => {
    const tag = component === 'etcd' ? '3.5.16-0' : `v1.${version}.0`;
    const image = `registry.k8s.io/${component}:${tag}`;
    const mounts = ['/etc/kubernetes', '/var/lib/etcd'];
    const container = {
      name: component,
      image,
      command: [
        component,
        ...fixed.filter((word) => !flags.some((flag) => sameFlag(flag, word))),
        ...flags,
        ...config.words,
      ],
      env,
      volumeMounts: mounts.map((path, index) => ({ name: `v${index}`, mountPath: path })),
    };
    const volumes = mounts.map((path, index) => ({ name: `v${index}`, hostPath: { path } }));
    const securityContext = user === 0 ? {} : { runAsUser: user };
    const spec = { securityContext, containers: [container], volumes };
    const text = dump({ apiVersion: 'v1', kind: 'Pod', metadata: { name: component, namespace: 'kube-system' }, spec });
    return [[`/etc/kubernetes/manifests/${component}.yaml`, { text, ...owned }], ...config.files];
  });
  return mostly(pod);
}

/** A fixed flag gives way to the same flag with another value. */
function sameFlag(a: string, b: string): boolean {
  return a.split('=')[0] === b.split('=')[0];
}

function unit(component: string, fixed: readonly string[]): fc.Arbitrary<Files> {
  const parts = fc.tuple(words(component), configuration(component), rights(0o600));
  const started = parts.map(([flags, config, owned]): Files => {
    const drop = `/etc/systemd/system/${component}.service.d/10-kubeadm.conf`;
    const start = [`/usr/bin/${component}`, ...fixed, ...flags, ...config.words].join(' ');
    return [
      [`/etc/systemd/system/${component}.service`, plain('[Service]\nExecStart=/usr/bin/none\n')],
      [drop, { text: `[Service]\nExecStart=\nExecStart=${start}\n`, ...owned }],
      ...config.files,
    ];
  });
  return mostly(started);
}

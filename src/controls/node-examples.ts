import type { Component } from '../model/component.ts';

/*
 * Examples about nodes: each file begins with a line `# file: PATH`, which may go on with ` mode 0644`, ` owner 0:0` and
 * ` directory`. Files that say nothing have mode 0600 and belong to root.
 */

/** The static pod of a component with these arguments, as kubeadm writes it. `tag` is the version of its image. */
export function staticPod(
  component: Component,
  args: readonly string[],
  tag: string = component === 'etcd' ? '3.5.16-0' : 'v1.32.0',
): string {
  const words = [component, ...args].map((word) => `        - ${quoted(word)}\n`).join('');
  return `# file: /etc/kubernetes/manifests/${component}.yaml
apiVersion: v1
kind: Pod
metadata:
  name: ${component}
  namespace: kube-system
spec:
  containers:
    - name: ${component}
      image: registry.k8s.io/${component}:${tag}
      command:
${words}      volumeMounts:
        - {name: kubernetes, mountPath: /etc/kubernetes, readOnly: true}
  volumes:
    - {name: kubernetes, hostPath: {path: /etc/kubernetes}}
`;
}

/** A component that systemd starts with these arguments. */
export function unit(component: Component, args: readonly string[]): string {
  return `# file: /etc/systemd/system/${component}.service
[Service]
ExecStart=${[`/usr/bin/${component}`, ...args].join(' ')}
`;
}

/** A kubelet with this configuration file: the lines below `apiVersion` and `kind`. */
export function kubeletConfig(...lines: readonly string[]): string {
  return `${unit('kubelet', ['--config=/var/lib/kubelet/config.yaml', '--kubeconfig=/etc/kubernetes/kubelet.conf'])}# file: /var/lib/kubelet/config.yaml
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
${lines.map((line) => `${line}\n`).join('')}`;
}

/** A kube-proxy with this configuration file: the lines below `apiVersion` and `kind`. */
export function kubeProxyConfig(...lines: readonly string[]): string {
  return `${unit('kube-proxy', ['--config=/var/lib/kube-proxy/config.conf'])}# file: /var/lib/kube-proxy/config.conf
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
${lines.map((line) => `${line}\n`).join('')}`;
}

/** A file of the node with its text. */
export function file(path: string, text: string): string {
  return `# file: ${path}\n${text.endsWith('\n') ? text : `${text}\n`}`;
}

function quoted(word: string): string {
  const isPlain =
    /^[\w./=,:@+-]*[A-Za-z/][\w./=,:@+-]*$/.test(word) && !/:$|: |^(?:true|false|null|yes|no|on|off)$/.test(word);
  return isPlain ? word : JSON.stringify(word);
}

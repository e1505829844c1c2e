import type { Component } from '../../model/component.ts';
import type { Json } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import type { SettingRow } from '../component-config/table.ts';
import type { SettingChange } from './placement.ts';
import { valueText } from './setting-text.ts';

/*
 * Where the distributions keep what they start the components with. A file that a distribution generates is not the
 * one to edit: it comes back as it was.
 */

/** What a person changes where the distribution, and no file of the node, has the last word; else undefined. */
export function adviceFor(row: SettingRow, { value }: SettingChange, component: NodeComponent): string | undefined {
  const { distribution, component: name } = component;
  const flag = row.flag ?? row.field ?? '';
  // A field that is no flag goes to a file, and some distributions have a place of their own for that.
  if (row.flag === undefined && row.field !== undefined) {
    const advice = fieldAdvice(row.field, value, component);
    if (advice !== undefined) return advice;
  }
  switch (distribution) {
    case 'k3s':
    case 'rke2':
      return rancherAdvice({ distribution, name, flag, value });
    case 'microk8s':
      return microk8sAdvice(name, flag, value);
    case 'k0s':
      return k0sAdvice(name, flag, value);
    case 'talos':
      return talosAdvice({ name, flag, field: row.field, value });
    case 'openshift':
      return openshiftAdvice(name, row.field ?? flag, value);
    case 'aks':
      return `in the node pool's kubelet configuration (az aks nodepool add --kubelet-config) set ${assignment(row, value)}; nodes of the pool are made again`;
    case 'gke':
      return `in the node pool's system configuration (gcloud container node-pools update --system-config-from-file) set ${assignment(row, value)}; nodes of the pool are made again`;
    default:
      return name === 'kube-proxy' && component.start.by === undefined ? proxyAdvice(row, value) : undefined;
  }
}

/** What has to start again for a change to take hold, as a clause. */
export function restartOf({ component, start, distribution }: NodeComponent): string {
  if (start.by?.kind === 'static-pod') return 'the kubelet starts the pod again by itself';
  if (component === 'kubelet' && distribution === 'eks') {
    return 'restart it with "systemctl restart kubelet", and change the launch template or nodeadm configuration for nodes to come';
  }
  return `restart it with "systemctl daemon-reload && systemctl restart ${component}"`;
}

interface Asked {
  readonly name: Component;
  readonly flag: string;
  readonly value: Json;
}

/** Where a field that has no flag is set, in the layouts that otherwise take flags. */
function fieldAdvice(field: string, value: Json, component: NodeComponent): string | undefined {
  const { distribution, component: name, config } = component;
  const what = value === null ? `remove ${field}` : `set ${field}: ${valueText(value)}`;
  switch (distribution) {
    case 'k3s':
    case 'rke2':
      return `${inFileOf(component, { what, fresh: `/etc/rancher/${distribution}/${name}.yaml`, list: `in /etc/rancher/${distribution}/config.yaml add "config=FILE" to ${name}-arg` })}; ${restartRancher(distribution)}`;
    case 'microk8s': {
      const args = `in /var/snap/microk8s/current/args/${name} set --config=FILE`;
      const fresh = `/var/snap/microk8s/current/args/${name}.yaml`;
      return `${inFileOf(component, { what, fresh, list: args })}; restart it with "microk8s stop" and "microk8s start"`;
    }
    case 'k0s':
      if (name !== 'kubelet' || typeof config.get('config')?.value !== 'string') return undefined;
      return `in /etc/k0s/k0s.yaml ${what} in the values of the worker profile (spec.workerProfiles) that the node is started with (--profile); restart k0s`;
    default:
      return undefined;
  }
}

interface FileAdvice {
  readonly what: string;
  /** A file to make where the component has none. */
  readonly fresh: string;
  /** How the component is told of it, FILE being its name. */
  readonly list: string;
}

/** A drop-in, the file that is named already, or a new one. */
function inFileOf({ component, config }: NodeComponent, { what, fresh, list }: FileAdvice): string {
  const folder = config.get('config-dir')?.value;
  if (component === 'kubelet' && typeof folder === 'string' && folder !== '') {
    return `in a drop-in of its own, such as ${folder.replace(/\/+$/, '')}/99-local.conf, ${what}`;
  }
  const file = config.get('config')?.value;
  if (typeof file === 'string' && file !== '') return `in ${file} ${what}`;
  return `in a configuration file, such as ${fresh}, ${what}, and ${list.replace('FILE', fresh)}`;
}

function restartRancher(distribution: 'k3s' | 'rke2'): string {
  return `restart ${distribution} (systemctl restart ${distribution === 'k3s' ? 'k3s' : 'rke2-server'}, or the agent's unit on a worker)`;
}

function rancherAdvice({ distribution, name, flag, value }: Asked & { readonly distribution: 'k3s' | 'rke2' }): string {
  const file = `/etc/rancher/${distribution}/config.yaml`;
  const restart = restartRancher(distribution);
  const list = `${name}-arg`;
  if (value === null) return `in ${file} remove ${flag} from ${list}; ${restart}`;
  return `in ${file} add "${flag}=${valueText(value)}" to ${list}; ${restart}`;
}

function microk8sAdvice(name: Component, flag: string, value: Json): string {
  const file = `/var/snap/microk8s/current/args/${name}`;
  const what = value === null ? `remove --${flag}` : `set --${flag}=${valueText(value)}`;
  return `in ${file} ${what}; restart it with "microk8s stop" and "microk8s start"`;
}

function k0sAdvice(name: Component, flag: string, value: Json): string {
  const section: Partial<Record<Component, string>> = {
    'kube-apiserver': 'spec.api.extraArgs',
    'kube-controller-manager': 'spec.controllerManager.extraArgs',
    'kube-scheduler': 'spec.scheduler.extraArgs',
    etcd: 'spec.storage.etcd.extraArgs',
    'kube-proxy': 'spec.network.kubeProxy.extraArgs',
  };
  const at = section[name];
  if (at === undefined) return `start the worker with --kubelet-extra-args="--${flag}=${valueText(value)}"`;
  const what = value === null ? `remove ${flag} from ${at}` : `set ${at}.${flag}: "${valueText(value)}"`;
  return `in /etc/k0s/k0s.yaml ${what}; restart k0s`;
}

function talosAdvice({ name, flag, field, value }: Asked & { readonly field: string | undefined }): string {
  const sections: Readonly<Record<Component, string>> = {
    'kube-apiserver': 'cluster.apiServer.extraArgs',
    'kube-controller-manager': 'cluster.controllerManager.extraArgs',
    'kube-scheduler': 'cluster.scheduler.extraArgs',
    'kube-proxy': 'cluster.proxy.extraArgs',
    etcd: 'cluster.etcd.extraArgs',
    kubelet: field === undefined ? 'machine.kubelet.extraArgs' : 'machine.kubelet.extraConfig',
  };
  const key = name === 'kubelet' ? (field ?? flag) : flag;
  const what =
    value === null ? `remove ${key} from ${sections[name]}` : `set ${sections[name]}.${key}: ${valueText(value)}`;
  return `in the machine configuration ${what}, and apply it (talosctl patch machineconfig)`;
}

function openshiftAdvice(name: Component, setting: string, value: Json): string {
  if (name === 'kubelet') {
    return `in a KubeletConfig object for the machine config pool set spec.kubeletConfig.${setting}: ${valueText(value)}; its nodes restart one by one`;
  }
  return `${setting} belongs to an operator of OpenShift: change the cluster's configuration object (APIServer, KubeControllerManager, Scheduler or Etcd named "cluster"), not a file of the node`;
}

function proxyAdvice(row: SettingRow, value: Json): string {
  return `in the ConfigMap kube-system/kube-proxy, key config.conf, set ${assignment(row, value)}; then "kubectl -n kube-system rollout restart daemonset kube-proxy"`;
}

function assignment(row: SettingRow, value: Json): string {
  return `${row.field ?? row.flag ?? ''}: ${value === null ? 'nothing' : JSON.stringify(value)}`;
}

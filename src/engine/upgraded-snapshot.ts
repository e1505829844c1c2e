import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import type { FileEvidence, NodeEvidence } from '../model/node.ts';
import type { KubeObject, Snapshot } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { type LatestProduct, newerPatch } from '../semantics/versions/latest.ts';
import { etcdOf } from '../semantics/versions/upgrade-path.ts';

/** Kinds that run components of Kubernetes. */
const runners: ReadonlySet<string> = new Set(['/Pod', 'apps/DaemonSet', 'apps/Deployment', 'apps/StatefulSet']);

const image = /^(.*(?:^|\/)kube-(?:apiserver|controller-manager|scheduler|proxy)):v1\.\d+\.\d+[^@]*(?:@.*)?$/;
/** The etcd that kubeadm runs, which it upgrades with Kubernetes. */
const etcdImage = /^((?:registry\.k8s\.io|k8s\.gcr\.io)\/etcd):3\.\d+\.\d+[^@]*(?:@.*)?$/;
const etcdLine = /((?:^|\n)[ \t-]*image:[ \t]*["']?(?:registry\.k8s\.io|k8s\.gcr\.io)\/etcd):3\.\d+\.\d+[^\s"']*/g;
const imageLine =
  /((?:^|\n)[ \t-]*image:[ \t]*["']?[^\s"']*kube-(?:apiserver|controller-manager|scheduler|proxy)):v1\.\d+\.\d+[^\s"']*/g;
const kubeadmLine = /^(kubernetesVersion:[ \t]*["']?)v?1\.\d+\.\d+[\w.+-]*/m;

/**
 * The snapshot as it would be after an upgrade of Kubernetes to a minor version and nothing else: what tells a version
 * tells the new one, in its newest patch that is known (and of etcd, the one that kubeadm brings), and arguments, files and objects are as they were.
 */
export function upgradedSnapshot(snapshot: Snapshot, minor: number): Snapshot {
  const versions: Versions = {
    kubernetes: `v${newestOf('kubernetes', `1.${minor}`)}`,
    etcd: etcdOf(minor) === etcdOf(minor - 1) ? undefined : `${newestOf('etcd', `3.${etcdOf(minor)}`)}-0`,
  };
  const version = versions.kubernetes;
  return {
    ...snapshot,
    ...(snapshot.cluster !== undefined && { cluster: { ...snapshot.cluster, version } }),
    objects: snapshot.objects.map((object) => upgradedObject(object, versions)),
    ...(snapshot.nodes !== undefined && { nodes: snapshot.nodes.map((node) => upgradedNode(node, versions)) }),
  };
}

interface Versions {
  readonly kubernetes: string;
  /** Undefined: it stays as it is. */
  readonly etcd: string | undefined;
}

function newestOf(product: LatestProduct, line: string): string {
  return newerPatch(product, `${line}.0`)?.patch ?? `${line}.0`;
}

function upgradedObject(object: KubeObject, versions: Versions): KubeObject {
  const version = versions.kubernetes;
  const kind = groupKind(object);
  if (kind === '/Node') {
    return withValue(
      object,
      changed(object.value, ['status', 'nodeInfo', 'kubeletVersion'], () => version),
    );
  }
  if (kind === '/ConfigMap' && object.name === 'kubeadm-config' && object.namespace === 'kube-system') {
    return withValue(
      object,
      changed(object.value, ['data', 'ClusterConfiguration'], (text) => text.replace(kubeadmLine, `$1${version}`)),
    );
  }
  if (!runners.has(kind)) return object;
  const base = kind === '/Pod' ? ['spec', 'containers'] : ['spec', 'template', 'spec', 'containers'];
  return withValue(
    object,
    changed(object.value, [...base, '*', 'image'], (text) => upgradedImage(text, versions)),
  );
}

function upgradedImage(text: string, { kubernetes, etcd }: Versions): string {
  const upgraded = text.replace(image, `$1:${kubernetes}`);
  return etcd === undefined ? upgraded : upgraded.replace(etcdImage, `$1:${etcd}`);
}

function withValue(object: KubeObject, value: JsonObject): KubeObject {
  return value === object.value ? object : { ...object, value };
}

/** The same object with another text at a path; `*` is every item of a list. What does not lead there stays. */
function changed(value: JsonObject, path: readonly string[], change: (text: string) => string): JsonObject {
  const next = changedJson(value, path, change);
  return isObject(next) ? next : value;
}

function changedJson(value: Json, [step, ...rest]: readonly string[], change: (text: string) => string): Json {
  if (step === undefined) return typeof value === 'string' ? change(value) : value;
  if (step === '*') {
    if (!isList(value)) return value;
    const items = value.map((item) => changedJson(item, rest, change));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  const field = isObject(value) ? own(value, step) : undefined;
  if (!isObject(value) || field === undefined) return value;
  const next = changedJson(field, rest, change);
  return next === field ? value : { ...value, [step]: next };
}

function upgradedNode(node: NodeEvidence, versions: Versions): NodeEvidence {
  return { ...node, files: node.files.map((file) => upgradedFile(file, versions)) };
}

function upgradedFile(file: FileEvidence, { kubernetes, etcd }: Versions): FileEvidence {
  if (file.text === undefined || !/kube-|\/etcd:/.test(file.text)) return file;
  const text = file.text.replace(imageLine, `$1:${kubernetes}`);
  return { ...file, text: etcd === undefined ? text : text.replace(etcdLine, `$1:${etcd}`) };
}

import table from '../../data/system-workloads.json' with { type: 'json' };
import type { Container } from '../model/container.ts';
import { type ImageReference, isUnder } from '../model/image-reference.ts';
import { valueAt } from '../model/path.ts';
import { shellWords } from '../model/shell-words.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { PodSubject } from '../model/subject.ts';
import { defineFact } from './facts.ts';
import { imageOf } from './image-references.ts';
import { rootOwner } from './owners.ts';

/** A workload that a cluster runs on, known by where it comes from. */
export interface SystemWorkload {
  readonly name: string;
  /** Controls that ask for what it cannot do without. */
  readonly needs: ReadonlySet<string>;
}

type Row = (typeof table.rows)[number];

interface ReadRow {
  readonly workload: SystemWorkload;
  readonly repositories: ReadonlySet<string>;
  /** Last steps of the repositories, which copies in other registries keep. */
  readonly names: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** What its containers may start: `own`, their image's program; `tools`, anything but a shell; or `any`. */
  readonly commands: string;
}

const rows: readonly ReadRow[] = table.rows.map((row: Row) => ({
  workload: { name: row.name, needs: new Set(row.needs) },
  repositories: new Set(row.repositories),
  names: new Set(row.repositories.map(lastStep)),
  namespaces: new Set(row.namespaces),
  kinds: new Set(row.kinds),
  labels: new Map(Object.entries(row.labels)),
  commands: 'commands' in row ? row.commands : 'tools',
}));

/** Asked for every failure of every pod, nearly all of which are in other namespaces. */
const rowsByNamespace: ReadonlyMap<string, readonly ReadRow[]> = new Map(
  rows
    .flatMap(({ namespaces }) => [...namespaces])
    .map((namespace) => [namespace, rows.filter((row) => row.namespaces.has(namespace))]),
);

/**
 * The part of the platform that a pod or a template is: by its namespace, the kind of what made it, and the repository
 * of every one of its images, each started as its maker does. Copies count where the operator has agreed on their registry, with a label that the
 * maker gives to it. A name proves nothing, and one container of other origin makes it a workload like any other. Sources: `data/system-workloads.json`.
 */
export const systemWorkloadOf = defineFact(
  'system-workload-of',
  (facts): ((subject: PodSubject) => SystemWorkload | undefined) => {
    const image = facts.get(imageOf);
    const rootOf = facts.get(rootOwner);
    const vouched = facts.settings.allowedRegistries ?? [];
    return ({ object, pod }) => {
      const { namespace } = object;
      if (namespace === undefined) return undefined;
      const near = rowsByNamespace.get(namespace);
      if (near === undefined) return undefined;
      const images: ImageReference[] = [];
      const entries: Entry[] = [];
      for (const container of pod.containers) {
        // What was put into a running pod for a look has a root cause of its own.
        if (container.role === 'ephemeral') return undefined;
        const reference = image(container);
        if ('kind' in reference) return undefined;
        images.push(reference);
        entries.push(entryOf(container, reference));
      }
      if (images.length === 0) return undefined;
      const maker = rootOf(object);
      const origin = { images, labels: pod.labels, vouched };
      return near.find((row) => isOf(row, maker) && startsAs(row, entries) && isFrom(row, origin))?.workload;
    };
  },
);

/** What a container starts: what its image does, the program that the image is named after, a shell, or another. */
type Entry = 'image' | 'own' | 'shell' | 'other';

const shells: ReadonlySet<string> = new Set([
  ...[
    'sh',
    'bash',
    'ash',
    'dash',
    'zsh',
    'busybox',
    'env',
    'nsenter',
    'chroot',
    'unshare',
    'python',
    'python3',
    'perl',
  ],
]);

function entryOf({ command, args }: Pick<Container, 'command' | 'args'>, { path }: ImageReference): Entry {
  const own = lastStep(path);
  // Without an entry point of its image's own, the first argument is one.
  const first = command[0] ?? args.slice(0, 1).find((word) => shells.has(lastStep(word)));
  if (first === undefined) return 'image';
  if (lastStep(first) === own) return 'own';
  if (!shells.has(lastStep(first))) return 'other';
  // A shell that becomes the program and does nothing besides is none.
  const words = [...shellWords([...command, ...args].at(2) ?? '')];
  const [exec, program] = words;
  const isExec = exec?.text === 'exec' && words.every((word) => word === exec || (!word.isFirst && !word.isDynamic(0)));
  return isExec && lastStep(program?.text ?? '') === own ? 'own' : 'shell';
}

function startsAs({ commands }: ReadRow, entries: readonly Entry[]): boolean {
  if (commands === 'any') return true;
  if (commands === 'own') return entries.every((entry) => entry === 'image' || entry === 'own');
  return !entries.includes('shell');
}

function isOf({ kinds }: ReadRow, maker: KubeObject): boolean {
  if (!kinds.has(maker.kind)) return false;
  // A bare pod is one of the cluster's where the kubelet made it of a file, which admission does not let others say.
  return maker.kind !== 'Pod' || isStatic(maker);
}

function isStatic({ value }: KubeObject): boolean {
  return typeof valueAt(value, ['metadata', 'annotations', 'kubernetes.io/config.mirror']) === 'string';
}

interface Origin {
  readonly images: readonly ImageReference[];
  readonly labels: ReadonlyMap<string, string>;
  /** Registries that the operator has agreed on: copies in others prove nothing. */
  readonly vouched: readonly string[];
}

function isFrom({ repositories, names, labels }: ReadRow, { images, labels: given, vouched }: Origin): boolean {
  if (images.every(({ repository }) => repositories.has(repository))) return true;
  for (const { path, repository } of images) {
    if (!names.has(lastStep(path)) || !vouched.some((registry) => isUnder(repository, registry))) return false;
  }
  for (const [key, values] of labels) if (values.includes(given.get(key) ?? '')) return true;
  return false;
}

function lastStep(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Registries and organisations that push only what a platform consists of, as their owners document them. */
const platformOrigins: readonly RegExp[] = [
  /^(?:registry\.k8s\.io|k8s\.gcr\.io|gcr\.io\/google[-_]containers)\//,
  /^(?:gke\.gcr\.io|gcr\.io\/gke-release|[a-z0-9-]{1,40}-artifactregistry\.gcr\.io\/gke-release)\//,
  /^mcr\.microsoft\.com\/(?:oss|aks|azuremonitor|containernetworking)\//,
  // The accounts from which Amazon serves the add-ons of EKS, by region.
  /^(?:602401143452|877085696533|800184023465|918309763551|961992271922|590381155156|558608220178|151742754352|013241004608)\.dkr\.ecr\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?\//,
  /^public\.ecr\.aws\/(?:eks|eks-distro|ebs-csi-driver|efs-csi-driver|csi-components)\//,
  /^quay\.io\/(?:calico|cilium|tigera|coreos\/flannel)(?:\/|$)/,
  /^docker\.io\/(?:calico|flannel|weaveworks|kindest|antrea|cloudnativelabs|coredns)\//,
  /^ghcr\.io\/(?:flannel-io|kube-vip)\//,
  /^docker\.io\/rancher\/(?:mirrored-|klipper-|local-path-provisioner$)/,
];

/** Whether an image is one of those that clusters themselves are made of, by who alone can push it. */
export function isPlatformImage({ repository }: ImageReference): boolean {
  return platformOrigins.some((origin) => origin.test(repository));
}

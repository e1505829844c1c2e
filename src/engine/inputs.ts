import type { KubeObject, SkippedInput, Snapshot } from '../model/snapshot.ts';

/** Where each object and each document that gave none ended up. Every one is in exactly one bucket. */
export interface InputCounts {
  readonly evaluated: number;
  readonly notApplicable: number;
  readonly unparsable: number;
  readonly unrendered: number;
  /** Custom resources of kinds that Bulwark does not know. */
  readonly unsupported: number;
  /** What was not judged, by kind, with the number of objects. */
  readonly notJudgedKinds: ReadonlyMap<
    string,
    { readonly bucket: 'not-applicable' | 'unsupported'; readonly count: number }
  >;
  readonly skipped: readonly SkippedInput[];
}

export function countInputs(snapshot: Snapshot, evaluated: ReadonlySet<KubeObject>): InputCounts {
  const counts = { evaluated: 0, notApplicable: 0, unparsable: 0, unrendered: 0, unsupported: 0 };
  const kinds = new Map<string, { bucket: 'not-applicable' | 'unsupported'; count: number }>();
  for (const object of snapshot.objects) {
    if (evaluated.has(object)) {
      continue;
    }
    const bucket = isBuiltIn(object.apiVersion) ? 'not-applicable' : 'unsupported';
    counts[bucket === 'not-applicable' ? 'notApplicable' : 'unsupported'] += 1;
    const key = `${object.apiVersion}/${object.kind}`;
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, { bucket, count: 1 });
    else kind.count += 1;
  }
  // Nodes and their components are no objects of the snapshot, and are counted with those that were judged.
  counts.evaluated = evaluated.size;
  for (const { bucket } of snapshot.inputs) {
    if (bucket === 'not-applicable') counts.notApplicable += 1;
    else counts[bucket] += 1;
  }
  return { ...counts, notJudgedKinds: kinds, skipped: snapshot.inputs };
}

/** Kubernetes' own API groups: without a dot, or the ones that it serves under `k8s.io`. */
function isBuiltIn(apiVersion: string): boolean {
  const slash = apiVersion.indexOf('/');
  if (slash === -1) return true;
  const group = apiVersion.slice(0, slash);
  return !group.includes('.') || ownGroups.has(group);
}

const ownGroups = new Set([
  ...['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io', 'apiserver.config.k8s.io'],
  ...['apiserver.k8s.io', 'apidiscovery.k8s.io', 'audit.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io'],
  ...['certificates.k8s.io', 'client.authentication.k8s.io', 'coordination.k8s.io', 'discovery.k8s.io'],
  ...['events.k8s.io', 'flowcontrol.apiserver.k8s.io', 'imagepolicy.k8s.io', 'internal.apiserver.k8s.io'],
  ...['kubeadm.k8s.io', 'kubelet.config.k8s.io', 'kubeproxy.config.k8s.io', 'kubescheduler.config.k8s.io'],
  ...['kustomize.config.k8s.io', 'metrics.k8s.io', 'networking.k8s.io', 'node.k8s.io', 'policy.k8s.io'],
  ...['rbac.authorization.k8s.io', 'resource.k8s.io', 'scheduling.k8s.io', 'settings.k8s.io', 'storage.k8s.io'],
  ...['storagemigration.k8s.io'],
]);

import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import type { KubeObject } from '../../model/snapshot.ts';

/** A mark that a vendor's machinery leaves on what it installs and keeps as it is. */
interface Mark {
  readonly field: 'labels' | 'annotations';
  readonly key: string;
  /** Undefined: any. */
  readonly values?: readonly string[];
  readonly maker: string;
}

/**
 * Sources: what the services themselves put on their objects (EKS, AKS and GKE), cluster/addons/addon-manager of
 * Kubernetes, the cluster version operator of OpenShift, and the deploy controller of K3s.
 */
const marks: readonly Mark[] = [
  { field: 'labels', key: 'eks.amazonaws.com/component', maker: 'Amazon EKS' },
  { field: 'labels', key: 'kubernetes.azure.com/managedby', values: ['aks'], maker: 'Azure AKS' },
  { field: 'annotations', key: 'components.gke.io/layer', values: ['addon'], maker: 'Google GKE' },
  {
    ...{ field: 'annotations', key: 'include.release.openshift.io/self-managed-high-availability' },
    ...{ values: ['true'], maker: 'OpenShift' },
  },
  {
    ...{ field: 'annotations', key: 'objectset.rio.cattle.io/owner-gvk' },
    ...{ values: ['k3s.cattle.io/v1, Kind=Addon'], maker: 'K3s' },
  },
  {
    ...{ field: 'labels', key: 'addonmanager.kubernetes.io/mode', values: ['Reconcile', 'EnsureExists'] },
    maker: 'the add-on manager of the cluster',
  },
];

/** Field managers by which such machinery writes; a cluster that is read live does not show them. */
const managers: ReadonlyMap<string, string> = new Map([
  ['eks', 'Amazon EKS'],
  ['cluster-version-operator', 'OpenShift'],
]);

/**
 * The vendor whose machinery made an object, by what it left on it: a label, an annotation, or the manager of its
 * fields. Never by a name, which anybody may choose. Whoever can write roles can forge the rest, too: a mark lowers a
 * finding and names the vendor, and hides nothing.
 */
export function vendorOf({ value }: KubeObject): string | undefined {
  const metadata = own(value, 'metadata');
  if (!isObject(metadata)) return undefined;
  for (const { field, key, values, maker } of marks) {
    const found = textAt(metadata, field, key);
    if (found !== undefined && (values === undefined || values.includes(found))) return maker;
  }
  for (const fields of objectsIn(own(metadata, 'managedFields'))) {
    const manager = own(fields, 'manager');
    const maker = typeof manager === 'string' ? managers.get(manager) : undefined;
    if (maker !== undefined) return maker;
  }
  return undefined;
}

function textAt(metadata: JsonObject, field: string, key: string): string | undefined {
  const entries = own(metadata, field);
  const value: Json | undefined = isObject(entries) ? own(entries, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}

import v20 from '../../../data/rbac/defaults-1.20.json' with { type: 'json' };
import type { KubeObject } from '../../model/snapshot.ts';
import { rbacGroup } from './role-book.ts';

/** The roles and bindings that the API server of one minor version makes for itself. */
export interface ShippedDefaults {
  readonly minor: number;
  /** As objects of the API, in a file of that name. */
  readonly objects: readonly KubeObject[];
}

/**
 * What a fresh API server of a minor version stores; undefined for versions without data. Since the server adds what is
 * missing at its start and leaves what is more, drift is what is there beyond this. Source: `data/rbac`.
 */
export function shippedDefaults(minor: number): ShippedDefaults | undefined {
  return minor === v20.minor ? defaultsOf20() : undefined;
}

/** The version that stands in where none is known, as for manifests that name the role `edit` and do not hold it. */
export const fallbackMinor: number = v20.minor;

let known: ShippedDefaults | undefined;

function defaultsOf20(): ShippedDefaults {
  known ??= {
    minor: v20.minor,
    objects: [...v20.roles, ...v20.bindings].map((each, index) => objectOf(each, index)),
  };
  return known;
}

function objectOf(shipped: (typeof v20.roles)[number] | (typeof v20.bindings)[number], document: number): KubeObject {
  const { kind, name, ...rest } = shipped;
  const namespace = 'namespace' in shipped ? shipped.namespace : undefined;
  const labels = { ...('labels' in shipped ? shipped.labels : {}), 'kubernetes.io/bootstrapping': 'rbac-defaults' };
  const metadata = { name, ...(namespace !== undefined && { namespace }), labels, uid: 'shipped' };
  const value = JSON.parse(JSON.stringify({ ...rest, apiVersion: `${rbacGroup}/v1`, kind, metadata }));
  const file = `Kubernetes v1.${v20.minor}`;
  return { apiVersion: `${rbacGroup}/v1`, kind, name, namespace, value, source: { file, document, base: [] } };
}

import type { AdmissionRequest, ClusterView } from '../../model/admission.ts';
import { own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { selectsLabels } from '../rbac/label-selector.ts';
import type { ParamKind, ParamRef } from './read-policy.ts';

export type Params =
  /** A policy is evaluated once for each; undefined is the null that a policy without parameters sees. */
  | { readonly kind: 'params'; readonly params: readonly (KubeObject | undefined)[] }
  | { readonly kind: 'error'; readonly message: string };

/**
 * The parameters of a binding, for a request. Messages are the API server's.
 * Source: apiserver pkg/admission/plugin/policy/generic/policy_dispatcher.go (CollectParams).
 */
export function collectParams(
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
  request: AdmissionRequest,
  view: ClusterView,
): Params {
  if (kind === undefined || ref === undefined) return { kind: 'params', params: [undefined] };
  const unread = view.unread.get(`${kind.group}/${kind.kind}`);
  if (unread !== undefined)
    return failed(`paramKind kind \`${kind.apiVersion}, Kind=${kind.kind}\` not known: ${unread}`);
  const all = view.objects(kind.group, kind.kind).filter(({ apiVersion }) => apiVersion === kind.apiVersion);
  const isNamespaced = all.some(({ namespace }) => namespace !== undefined);
  if (all.length > 0 && !isNamespaced && ref.namespace !== '') {
    return failed('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  }
  const namespace = ref.namespace === '' ? request.namespace : ref.namespace;
  if (isNamespaced && namespace === '') {
    return failed('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  }
  const params = all.filter((object) => {
    if (isNamespaced && object.namespace !== namespace) return false;
    if (ref.selector === undefined) return object.name === ref.name;
    return selectsLabels(ref.selector, valueAt(object.value, ['metadata', 'labels']) ?? {});
  });
  if (params.length === 0 && ref.whenNotFound === 'Deny') {
    return failed('no params found for policy binding with `Deny` parameterNotFoundAction');
  }
  return { kind: 'params', params };
}

function failed(message: string): Params {
  return { kind: 'error', message };
}

/** The object as expressions see it: the API server fills in the type where a stored object lacks it. */
export function paramValue({ value, apiVersion, kind }: KubeObject): KubeObject['value'] {
  return own(value, 'kind') === undefined ? { ...value, apiVersion, kind } : value;
}

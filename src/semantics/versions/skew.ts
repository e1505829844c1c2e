import type { Component } from '../../model/component.ts';

export type SkewProblem =
  /** It is newer than the API server. */
  | { readonly kind: 'newer' }
  /** It is `age` minor versions older, and may be `allowed`. */
  | { readonly kind: 'older'; readonly age: number; readonly allowed: number };

/**
 * How many minor versions a component may be older than the API server: kubelets and kube-proxies three from v1.25 of
 * theirs on and two before, controllers and the scheduler one, and API servers of one cluster one of each other. Source:
 * version skew policy (kubernetes.io/releases/version-skew-policy), KEP-3935.
 */
function allowedAge(component: Component, minor: number): number {
  if (component !== 'kubelet' && component !== 'kube-proxy') return 1;
  return minor >= 25 ? 3 : 2;
}

/** What is wrong with a component of a minor version beside the oldest API server of `server`; undefined for nothing. */
export function skewOf(component: Component, minor: number, server: number): SkewProblem | undefined {
  const age = server - minor;
  if (age < 0) return component === 'kube-apiserver' && age >= -1 ? undefined : { kind: 'newer' };
  const allowed = allowedAge(component, minor);
  return age > allowed ? { kind: 'older', age, allowed } : undefined;
}

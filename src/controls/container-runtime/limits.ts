import type { Facts } from '../../facts/facts.ts';
import { defaultsLimit } from '../../facts/limit-ranges.ts';
import type { Container, Resources } from '../../model/container.ts';
import type { Json } from '../../model/json.ts';
import type { ContainerSubject } from '../../model/subject.ts';
import { fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';

/**
 * Whether a container has a limit for `cpu` or `memory`: its own, one for the whole pod (v1.34 and later), or one that
 * a LimitRange of its namespace gives to new pods.
 */
export function judgeLimit(resource: 'cpu' | 'memory', subject: ContainerSubject, facts: Facts): Verdict {
  const { pod, container, object } = subject;
  if (hasLimit(container.resources, resource) || hasLimit(pod.resources, resource)) return pass;
  if (container.role === 'ephemeral') return ephemeral;
  if (container.role === 'init') return init;
  const set = container.resources.limits.get(resource);
  // A LimitRange fills in what is missing; a zero is not.
  if (set === undefined && facts.get(defaultsLimit)(object, resource)) return pass;
  const what = resource === 'cpu' ? 'CPU' : resource;
  const message =
    set === undefined
      ? `container ${container.name} has no ${what} limit`
      : `container ${container.name} sets a ${what} limit of ${set}, which limits nothing`;
  return fail(message, container.at('resources', 'limits', resource));
}

export function hasLimit({ limits }: Resources, resource: string): boolean {
  return limits.size > 0 && bounds(limits.get(resource));
}

/** Whether a quantity is a bound: the kubelet takes zero for none, and the API server refuses what is no quantity. */
export function bounds(quantity: Json | undefined): boolean {
  if (typeof quantity === 'number') return quantity > 0;
  return typeof quantity === 'string' && wellFormed.test(quantity) && !zero.test(quantity);
}

/** Whether admission may give the container limits, and it may have any: the API allows none for ephemeral containers. */
export function mayHaveLimits({ role }: Container): boolean {
  return role === 'container' || role === 'sidecar';
}

/** A positive resource.Quantity: apimachinery, pkg/api/resource. */
const wellFormed = /^\+?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;
const zero = /^[+-]?(?:0+\.?0*|\.0+)(?:[eE][+-]?\d+|[A-Za-z]{0,2})$/;
const ephemeral = notApplicable('the API allows no limits for ephemeral containers');
const init = notApplicable('init containers end before the pod serves anything');

import type { JsonObject } from '../../model/json.ts';
import { type PodSecurityPolicy, readPodSecurityPolicy } from './policy.ts';

const any = { rule: 'RunAsAny' };

/** A policy that leaves everything open but what it is told. */
export function policyObject(name: string, spec: JsonObject = {}, annotations: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'policy/v1beta1',
    kind: 'PodSecurityPolicy',
    metadata: { name, annotations },
    spec: { runAsUser: any, seLinux: any, fsGroup: any, supplementalGroups: any, volumes: ['*'], ...spec },
  };
}

export function policy(name: string, spec: JsonObject = {}, annotations: JsonObject = {}): PodSecurityPolicy {
  return readPodSecurityPolicy(policyObject(name, spec, annotations));
}

/** A pod with one container, `app`. */
export function podObject(
  parts: {
    readonly spec?: JsonObject;
    readonly container?: JsonObject;
    readonly context?: JsonObject;
    readonly annotations?: JsonObject;
  } = {},
): JsonObject {
  const { spec = {}, container = {}, context, annotations } = parts;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', ...(annotations && { annotations }) },
    spec: {
      securityContext: {},
      containers: [{ name: 'app', image: 'app:1', ...container, ...(context && { securityContext: context }) }],
      ...spec,
    },
  };
}

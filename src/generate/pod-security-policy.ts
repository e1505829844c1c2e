import type { JsonObject } from '../model/json.ts';
import { formatPath, valueAt } from '../model/path.ts';
import {
  admitPod,
  readPodSecurityPolicy,
  safeSysctls,
  seccompPodAnnotation,
  viewPod,
} from '../semantics/pod-security-policy/index.ts';
import { leastStrategies } from './pod-security-policy-strategies.ts';
import { usedBy } from './pod-security-policy-use.ts';

/** The versions of Kubernetes that have policy/v1beta1 PodSecurityPolicy. */
export const policyMinors = { first: 10, last: 24 } as const;

export interface PolicyTarget {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Of the API server: 20 for v1.20. */
  readonly minor: number;
}

export interface GeneratedPolicySet {
  /** PodSecurityPolicy, Role and RoleBinding, in the order in which to create them. */
  readonly objects: readonly JsonObject[];
  /** What the policy could not say as narrowly as the pods would let it. */
  readonly notes: readonly string[];
}

const label = { 'app.kubernetes.io/managed-by': 'bulwark' };

/**
 * The least policy under which the pods are created without a change, for one service account of a namespace, and the
 * Role and RoleBinding that let the account use it. Without pods, a policy as strict as the Pod Security level
 * `restricted`. The pods are as they come to the plugin: see `beforeAdmission`.
 */
export function generatePolicy(pods: readonly JsonObject[], target: PolicyTarget): GeneratedPolicySet {
  const name = `${target.namespace}-${target.serviceAccount}`;
  const { spec, annotations, notes } = pods.length === 0 ? restrictedPolicy(target) : leastPolicy(pods, target);
  const policy = {
    apiVersion: 'policy/v1beta1',
    kind: 'PodSecurityPolicy',
    metadata: { name, labels: label, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec,
  };
  return { objects: [policy, ...useOf(name, target)], notes: [...notes, ...unproven(policy, pods)] };
}

/** The Role that lets somebody use a policy, and its binding to a service account. */
function useOf(policy: string, { namespace, serviceAccount }: PolicyTarget): readonly JsonObject[] {
  const group = 'rbac.authorization.k8s.io';
  const metadata = { name: `use-psp-${policy}`, namespace, labels: label };
  return [
    {
      apiVersion: `${group}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: ['policy'], resources: ['podsecuritypolicies'], resourceNames: [policy], verbs: ['use'] }],
    },
    {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: group, kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: serviceAccount, namespace }],
    },
  ];
}

interface PolicyText {
  readonly spec: JsonObject;
  readonly annotations: JsonObject;
  readonly notes: readonly string[];
}

/** Groups other than root's. */
const anyGroupButRoot = { rule: 'MayRunAs', ranges: [{ min: 1, max: 65535 }] };

function restrictedPolicy({ minor }: PolicyTarget): PolicyText {
  const volumes = ['configMap', 'downwardAPI', 'emptyDir', 'persistentVolumeClaim', 'projected', 'secret'];
  return {
    spec: {
      privileged: false,
      allowPrivilegeEscalation: false,
      requiredDropCapabilities: ['ALL'],
      volumes: [...volumes, ...(minor >= 16 ? ['csi'] : []), ...(minor >= 19 ? ['ephemeral'] : [])].sort(),
      ...{ hostNetwork: false, hostPID: false, hostIPC: false },
      runAsUser: { rule: 'MustRunAsNonRoot' },
      seLinux: { rule: 'RunAsAny' },
      supplementalGroups: anyGroupButRoot,
      fsGroup: anyGroupButRoot,
      readOnlyRootFilesystem: false,
    },
    annotations: {
      'seccomp.security.alpha.kubernetes.io/allowedProfileNames': 'runtime/default',
      'seccomp.security.alpha.kubernetes.io/defaultProfileName': 'runtime/default',
    },
    notes: [
      'No pods were read: the policy is as strict as the Pod Security level restricted, and sets what pods leave open.',
    ],
  };
}

function leastPolicy(pods: readonly JsonObject[], { minor }: PolicyTarget): PolicyText {
  const views = pods.map(viewPod);
  const used = usedBy(views);
  const strategies = leastStrategies(views);
  const unsafe = used.sysctls.filter((name) => !safeSysctls.has(name));
  const spec = {
    privileged: used.privileged,
    allowPrivilegeEscalation: used.escalation,
    ...(used.dropped.length > 0 && { requiredDropCapabilities: used.dropped }),
    ...(used.added.length > 0 && { allowedCapabilities: used.added }),
    volumes: used.volumes,
    ...used.host,
    ...(used.hostPorts.length > 0 && { hostPorts: used.hostPorts.map(({ min, max }) => ({ min, max })) }),
    ...(used.hostPaths.length > 0 && { allowedHostPaths: used.hostPaths.map((path) => ({ ...path })) }),
    ...(used.flexDrivers.length > 0 && { allowedFlexVolumes: used.flexDrivers.map((driver) => ({ driver })) }),
    ...(used.csiDrivers.length > 0 && { allowedCSIDrivers: used.csiDrivers.map((driver) => ({ name: driver })) }),
    ...(used.procMounts.length > 0 && { allowedProcMountTypes: ['Default', ...used.procMounts] }),
    ...(unsafe.length > 0 && { allowedUnsafeSysctls: unsafe }),
    // Where pods set none, all are forbidden; a pattern must not meet one that is allowed.
    forbiddenSysctls: used.sysctls.length === 0 ? ['*'] : [...safeSysctls].filter((s) => !used.sysctls.includes(s)),
    readOnlyRootFilesystem: used.readOnly,
    ...(minor >= 14 && { runtimeClass: { allowedRuntimeClassNames: used.runtimeClasses } }),
    ...strategies.spec,
  };
  const procMount =
    used.procMounts.length === 0 ? [] : ['procMount other than Default needs the feature gate ProcMountType.'];
  return { spec, annotations: strategies.annotations, notes: [...strategies.notes, ...procMount] };
}

/** Pods that the policy does not let in as they are, which the plugin itself would then refuse or change. */
function unproven(policy: JsonObject, pods: readonly JsonObject[]): readonly string[] {
  const policies = [readPodSecurityPolicy(policy)];
  return pods.flatMap((pod) => {
    const decision = admitPod({ pod, operation: 'CREATE', policies, mayUse: () => true });
    const name = valueAt(pod, ['metadata', 'name']);
    const shown = typeof name === 'string' ? name : 'A pod';
    if (!decision.allowed) return [`${shown} is not let in by it: ${decision.message ?? ''}`];
    // The plugin repeats a seccomp profile of the field as an annotation, whatever the policy.
    const changes = decision.changes.filter(({ path }) => path.at(-1) !== seccompPodAnnotation);
    const where = changes.map(({ path }) => formatPath(path)).join(', ');
    return changes.length === 0 ? [] : [`${shown} is changed by it: ${where}.`];
  });
}

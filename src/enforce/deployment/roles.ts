import type { NeededKind } from '../../admission/webhook-rules.ts';
import type { JsonObject } from '../../model/json.ts';
import { authoritySecretName, firstWithNameLabel, tlsSecretName, type WebhookNames } from '../registration/names.ts';

type Labels = Readonly<Record<string, string>>;

const rbac = 'rbac.authorization.k8s.io';
const apiVersion = `${rbac}/v1`;
const registration = 'admissionregistration.k8s.io';
const configurations = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'];

/**
 * The keeper writes two Secrets and two configurations, each by its name, and creates nothing but events. Where servers
 * do not set the label that namespaces are exempt by, before 1.21, it sets that right.
 */
export function keeperRoles(
  { names, serverMinor }: { readonly names: WebhookNames; readonly serverMinor: number },
  labels: Labels,
): readonly JsonObject[] {
  const { name, namespace } = names;
  const namespaceVerbs = serverMinor < firstWithNameLabel ? ['get', 'list', 'patch'] : ['get'];
  const account = `${name}-keeper`;
  return [
    {
      apiVersion,
      kind: 'Role',
      metadata: { name: account, namespace, labels },
      rules: [
        {
          apiGroups: [''],
          resources: ['secrets'],
          resourceNames: [authoritySecretName(names), tlsSecretName(names)],
          verbs: ['get', 'update'],
        },
        { apiGroups: [''], resources: ['events'], verbs: ['create'] },
      ],
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name: account, namespace, labels },
      roleRef: { apiGroup: rbac, kind: 'Role', name: account },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: account, labels },
      rules: [
        { apiGroups: [registration], resources: configurations, resourceNames: [name], verbs: ['get', 'update'] },
        { apiGroups: [''], resources: ['namespaces'], verbs: namespaceVerbs },
      ],
    },
    binding(account, { namespace, labels }),
  ];
}

const resources: ReadonlyMap<string, string> = new Map([
  ['/Namespace', 'namespaces'],
  ['/LimitRange', 'limitranges'],
  ['apps/Deployment', 'deployments'],
  ['apps/ReplicaSet', 'replicasets'],
  ['batch/CronJob', 'cronjobs'],
  ['batch/Job', 'jobs'],
  ['gateway.networking.k8s.io/HTTPRoute', 'httproutes'],
  ['node.k8s.io/RuntimeClass', 'runtimeclasses'],
  ['policy/PodSecurityPolicy', 'podsecuritypolicies'],
  ['storage.k8s.io/StorageClass', 'storageclasses'],
  [`${rbac}/Role`, 'roles'],
  [`${rbac}/ClusterRole`, 'clusterroles'],
  [`${rbac}/RoleBinding`, 'rolebindings'],
  [`${rbac}/ClusterRoleBinding`, 'clusterrolebindings'],
]);

/** The servers read what their policies ask for, and write nothing; reports only where they are wanted. */
export function serverRoles(
  {
    names: { name, namespace },
    needs,
    reports,
  }: { readonly names: WebhookNames; readonly needs: readonly NeededKind[]; readonly reports: boolean },
  labels: Labels,
): readonly JsonObject[] {
  const byGroup = new Map<string, Set<string>>([['', new Set(['namespaces'])]]);
  for (const { group, kind } of needs) {
    const resource = resources.get(`${group}/${kind}`);
    if (resource === undefined) continue;
    byGroup.set(group, (byGroup.get(group) ?? new Set()).add(resource));
  }
  const reads = [...byGroup].map(([group, all]) => ({
    apiGroups: [group],
    resources: [...all].toSorted(),
    verbs: ['get', 'list', 'watch'],
  }));
  const reporting = {
    apiGroups: ['openreports.io', 'wgpolicyk8s.io'],
    resources: ['reports', 'policyreports'],
    verbs: ['get', 'create', 'update'],
  };
  return [
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: [
        { apiGroups: [registration], resources: configurations, resourceNames: [name], verbs: ['get'] },
        ...reads,
        // For the check of the pods of a namespace that is made stricter.
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        ...(reports ? [reporting] : []),
      ],
    },
    binding(name, { namespace, labels }),
  ];
}

function binding(
  name: string,
  { namespace, labels }: { readonly namespace: string; readonly labels: Labels },
): JsonObject {
  return {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  };
}

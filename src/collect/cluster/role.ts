import { customResource } from '../../model/custom-resource.ts';
import { customWorkloadKinds } from '../../model/custom-workloads/kinds.ts';
import { listedResources, wholeGroups } from './resources.ts';

export interface RoleOptions {
  /** `listed` adds Secrets, which the minimal role leaves out: who may list them may read every value. */
  readonly secrets?: 'listed' | 'left-out';
  /** Custom kinds to list as well, as `group/Kind`; those that are known to make pods unless told. */
  readonly customKinds?: Iterable<string>;
}

/** A type alias, so that it is JSON. */
export type ClusterRole = {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'ClusterRole';
  readonly metadata: { readonly name: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
};

export const roleName = 'bulwark-scan';
export const roleNamespace = 'bulwark';

/**
 * The least that lets a scan be complete: `list` on the resources of the table and the custom kinds that make
 * pods, and `get` on namespaces. A wildcard stands only for resources of a group that nobody can name beforehand.
 * Discovery needs no rule, since `system:discovery` gives it to every authenticated user.
 */
export function minimalRole(options: RoleOptions = {}): ClusterRole {
  const byGroup = new Map<string, Set<string>>();
  const add = (group: string, resource: string): void => {
    const resources = byGroup.get(group);
    if (resources === undefined) byGroup.set(group, new Set([resource]));
    else resources.add(resource);
  };
  for (const { resource, group, role } of listedResources) {
    if (role === 'extra' && options.secrets !== 'listed') continue;
    add(group, resource);
  }
  for (const group of wholeGroups) add(group, '*');
  for (const groupKind of options.customKinds ?? customWorkloadKinds()) {
    const { group, resource } = customResource(groupKind);
    add(group, resource);
  }
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: roleName },
    rules: [
      ...[...byGroup].map(([group, resources]) => ({
        apiGroups: [group],
        resources: [...resources].sort(),
        verbs: ['list'],
      })),
      ...listedResources
        .filter(({ byName }) => byName === true)
        .map(({ group, resource }) => ({ apiGroups: [group], resources: [resource], verbs: ['get'] })),
    ],
  };
}

/**
 * The minimal role with a service account that holds it, as YAML that can be applied as it is.
 * Source of the comments' claim on Secrets: kubernetes.io/docs/concepts/security/rbac-good-practices.
 */
export function minimalClusterRole(options: RoleOptions = {}): string {
  const secrets =
    options.secrets === 'listed'
      ? [
          '# This role may list Secrets, and so read the value of every one. Bulwark drops values as they arrive, but',
          '# whoever holds the token of this service account need not.',
        ]
      : [
          '# Secrets are left out: who may list them may read every value. A scan is complete without; add',
          '# --with-secrets to look for default passwords and certificates that expire.',
        ];
  return [
    '# What `bulwark scan` needs to read a whole cluster: list, and get of namespaces. Discovery (/version, /api,',
    '# /apis) needs no rule: the default role system:discovery gives it to every authenticated user.',
    ...secrets,
    'apiVersion: v1',
    'kind: Namespace',
    'metadata:',
    `  name: ${roleNamespace}`,
    '---',
    'apiVersion: v1',
    'kind: ServiceAccount',
    'metadata:',
    `  name: ${roleName}`,
    `  namespace: ${roleNamespace}`,
    '---',
    ...clusterRoleLines(minimalRole(options)),
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: ClusterRoleBinding',
    'metadata:',
    `  name: ${roleName}`,
    'roleRef:',
    '  apiGroup: rbac.authorization.k8s.io',
    '  kind: ClusterRole',
    `  name: ${roleName}`,
    'subjects:',
    '  - kind: ServiceAccount',
    `    name: ${roleName}`,
    `    namespace: ${roleNamespace}`,
    '',
  ].join('\n');
}

function clusterRoleLines({ apiVersion, kind, metadata, rules }: ClusterRole): readonly string[] {
  return [
    `apiVersion: ${apiVersion}`,
    `kind: ${kind}`,
    'metadata:',
    `  name: ${metadata.name}`,
    'rules:',
    ...rules.flatMap(({ apiGroups, resources, verbs }) => [
      `  - apiGroups: [${apiGroups.map((group) => `"${group}"`).join(', ')}]`,
      '    resources:',
      ...resources.map((resource) => `      - ${resource === '*' ? '"*"' : resource}`),
      `    verbs: [${verbs.join(', ')}]`,
    ]),
  ];
}

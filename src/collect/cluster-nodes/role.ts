import { dump } from 'js-yaml';
import type { JsonObject } from '../../model/json.ts';
import { roleName, roleNamespace } from '../cluster/role.ts';
import { podSecurityLabels } from './manifests.ts';

/** A type alias, so that it is JSON. */
type Rule = { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] };

/** What running collectors takes in their namespace, besides the `list` of nodes and `get` of namespaces of the scan. */
export const collectorRules: readonly Rule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['create', 'list', 'delete'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'list', 'delete'] },
  { apiGroups: [''], resources: ['events'], verbs: ['list'] },
];

const comment = `---
# What \`bulwark scan --nodes\` needs besides: a namespace that stays, and there alone the right to run collectors. Whoever
# may create pods in it can become root on every node: bind this only while nodes are read, or to whom that is true
# anyway.
`;

/** The role for collectors in a namespace of their own, for the service account of the scan, as YAML that can be applied. */
export function collectorRoleYaml(namespace: string): string {
  const metadata = { name: 'bulwark-collect', namespace };
  const objects: readonly JsonObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: podSecurityLabels } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules: [...collectorRules] },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: roleName, namespace: roleNamespace }],
    },
  ];
  return comment + objects.map((object) => dump(object, { lineWidth: -1, noRefs: true, flowLevel: 4 })).join('---\n');
}

import type { JsonObject } from '../../model/json.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { rbacGroup } from '../rbac/role-book.ts';
import type { RoleRule } from '../rbac/rule.ts';
import type { ProposedRole } from './propose.ts';

/** The role and the binding of a proposal, as objects of the API, in the order in which they are applied. */
export function proposedObjects(roles: readonly ProposedRole[]): readonly KubeObject[] {
  return roles.flatMap(({ subject, namespace, name, rules }) => {
    const isCluster = namespace === undefined;
    const metadata = { name, ...(!isCluster && { namespace }), labels: { 'app.kubernetes.io/managed-by': 'bulwark' } };
    const apiGroup = subject.kind === 'ServiceAccount' ? {} : { apiGroup: rbacGroup };
    return [
      object(isCluster ? 'ClusterRole' : 'Role', metadata, { rules: rules.map(plainRule) }),
      object(isCluster ? 'ClusterRoleBinding' : 'RoleBinding', metadata, {
        roleRef: { apiGroup: rbacGroup, kind: isCluster ? 'ClusterRole' : 'Role', name },
        subjects: [{ ...apiGroup, ...subject }],
      }),
    ];
  });
}

function object(
  kind: string,
  metadata: { readonly name: string; readonly namespace?: string },
  rest: object,
): KubeObject {
  const apiVersion = `${rbacGroup}/v1`;
  const value: JsonObject = JSON.parse(JSON.stringify({ apiVersion, kind, metadata, ...rest }));
  const { name, namespace } = metadata;
  return { apiVersion, kind, name, namespace, value, source: { file: 'proposed', document: 0, base: [] } };
}

/** Without the fields that are empty. */
function plainRule(rule: RoleRule): object {
  return Object.fromEntries(Object.entries(rule).filter(([, list]) => Array.isArray(list) && list.length > 0));
}

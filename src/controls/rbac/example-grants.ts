/** A ClusterRole with one rule, as YAML in braces, given everywhere to a service account. */
export function everywhere(rule: string): string {
  return `${clusterRole(rule)}---
${clusterBinding('example', '{kind: ServiceAccount, name: app, namespace: shop}')}`;
}

/** A Role with one rule, given to a service account. */
export function inNamespace(rule: string, namespace = 'shop'): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: example, namespace: ${namespace}}
rules:
  - ${rule}
---
${binding('{kind: Role, name: example}', namespace)}`;
}

export function clusterRole(rule: string, labels = '{}'): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: example, labels: ${labels}}
rules:
  - ${rule}
`;
}

/** A ClusterRoleBinding of a ClusterRole, by name, to subjects as YAML in braces. */
export function clusterBinding(role: string, ...subjects: readonly string[]): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: given}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${role}}
subjects:
${subjects.map((subject) => `  - ${subject}\n`).join('')}`;
}

/** A RoleBinding of a role, as YAML in braces, to a service account of namespace shop. */
export function binding(role: string, namespace = 'shop'): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: given, namespace: ${namespace}}
roleRef: ${role}
subjects:
  - {kind: ServiceAccount, name: app, namespace: shop}
`;
}

export const group = (name: string): string => `{kind: Group, name: "${name}", apiGroup: rbac.authorization.k8s.io}`;
export const user = (name: string): string => `{kind: User, name: "${name}", apiGroup: rbac.authorization.k8s.io}`;

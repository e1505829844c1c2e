/** ServiceAccount shop/app; `fields` are lines of YAML. */
export function accountWith(fields: string): string {
  return `apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: shop}
${fields}`;
}

/** A Pod of namespace shop; `fields` of its spec, as YAML between braces. */
export function podWith(fields: string): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: example, namespace: shop}
spec: {${fields}, containers: [{name: app, image: registry.example/app:1.0}]}
`;
}

/** A right for ServiceAccount shop/app. */
export const granted = `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: app, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: app}]
`;

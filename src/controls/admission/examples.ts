/** A configuration of webhooks with one webhook that checks pods; `fields` of it, as YAML between braces. */
export function webhook(fields: string, kind = 'Validating'): string {
  return `apiVersion: admissionregistration.k8s.io/v1
kind: ${kind}WebhookConfiguration
metadata: {name: guard}
webhooks: [{name: pods.guard.example, sideEffects: None, admissionReviewVersions: [v1], ${fields}}]
`;
}

/** Rules about pods that are made, and what is put into pods that run. */
export const podRules =
  'rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, pods/ephemeralcontainers]}]';

/** A webhook that a Service of the cluster serves. */
export const served = 'clientConfig: {service: {name: guard, namespace: guard}}';

/** A ValidatingAdmissionPolicy about pods; `fields` of its spec, as YAML between braces. */
export function policy(fields: string): string {
  return `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-privileged}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "true"}]
  ${fields}
`;
}

/** A binding of that policy; `fields` of its spec, as YAML between braces. */
export function binding(fields: string): string {
  return `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-privileged}
spec: {policyName: no-privileged, ${fields}}
`;
}

import { clusterBinding, clusterRole, everywhere, inNamespace } from './example-grants.ts';
import { lesserRows } from './lesser-rows.ts';
import { powerControls } from './power-control.ts';

const powersOf = (name: string) => lesserRows.get(name) ?? [];
const judges = 'own roles';

/** What changes how the cluster guards itself. */
export default powerControls([
  {
    name: 'bindings-write',
    title: 'Few can write bindings',
    severity: 'low',
    why: 'Nobody can give away more than they have, but what they have they can give to anyone, and it stays when they are gone.',
    remedy: 'Leave bindings to those who administer access.',
    coveredBy: ['rbac/all-resources', 'rbac/escalation-verbs'],
    judges,
    powers: powersOf('bindings-write'),
    examples: {
      fail: [
        everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create]}'),
        inNamespace('{apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [patch]}'),
      ],
      pass: [
        everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [get, list, delete]}'),
      ],
    },
  },
  {
    name: 'constrained-impersonation',
    title: 'Few can act as others, even for single actions',
    severity: 'high',
    why: 'The verbs of constrained impersonation let their holder act as somebody for whatever impersonate-on allows; together they are as strong as the target.',
    remedy: 'Name the users or accounts with resourceNames, and keep impersonate-on to what harms nobody.',
    coveredBy: ['rbac/all-resources', 'rbac/escalation-verbs'],
    judges,
    powers: powersOf('constrained-impersonation'),
    examples: {
      fail: [
        everywhere('{apiGroups: [authentication.k8s.io], resources: [users], verbs: ["impersonate:user-info"]}'),
        inNamespace(
          '{apiGroups: [authentication.k8s.io], resources: [serviceaccounts], verbs: ["impersonate:serviceaccount"]}',
        ),
        `${everywhere('{apiGroups: [authentication.k8s.io], resources: [users], verbs: ["impersonate:user-info"]}')}---
${inNamespace('{apiGroups: [""], resources: [secrets], verbs: ["impersonate-on:user-info:get"]}')}`,
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [users], verbs: ["impersonate:user-info"]}'),
        everywhere(
          '{apiGroups: [authentication.k8s.io], resources: [users], verbs: ["impersonate:user-info"], resourceNames: [viewer]}',
        ),
        // The other half alone is nothing.
        everywhere('{apiGroups: [""], resources: [secrets], verbs: ["impersonate-on:user-info:get"]}'),
      ],
    },
  },
  {
    name: 'certificate-signing',
    title: 'Nobody but the controllers signs certificates that the cluster trusts',
    severity: 'critical',
    why: 'Whoever may sign for a signer of the cluster makes client certificates for any name, which nobody can revoke.',
    remedy: 'Limit sign by resourceNames to signers of your own.',
    coveredBy: ['rbac/all-resources', 'rbac/certificate-approval'],
    judges,
    powers: powersOf('certificate-signing'),
    examples: {
      fail: [
        everywhere(
          '{apiGroups: [certificates.k8s.io], resources: [signers, certificatesigningrequests/status], verbs: [sign, update]}',
        ),
        everywhere(
          '{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [sign], resourceNames: [kubernetes.io/kube-apiserver-client]}',
        ),
      ],
      pass: [
        everywhere(
          '{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [sign], resourceNames: [issuers.example.com/own]}',
        ),
      ],
    },
  },
  {
    name: 'admission-policies',
    title: 'Few can change admission policies',
    severity: 'high',
    why: 'Who changes these takes away the guard before anything else, or changes every object on its way in.',
    remedy: 'Leave them to those who administer the cluster.',
    coveredBy: ['rbac/all-resources', 'rbac/webhook-configurations'],
    judges,
    powers: powersOf('admission-policies'),
    examples: {
      fail: [
        everywhere(
          '{apiGroups: [admissionregistration.k8s.io], resources: [validatingadmissionpolicybindings], verbs: [delete]}',
        ),
        everywhere('{apiGroups: [kyverno.io], resources: ["*"], verbs: [update]}'),
      ],
      pass: [
        everywhere(
          '{apiGroups: [admissionregistration.k8s.io], resources: [validatingadmissionpolicies], verbs: [get, list, watch]}',
        ),
      ],
    },
  },
  {
    name: 'nodes-write',
    title: 'Few can change nodes',
    severity: 'medium',
    why: 'Labels and taints decide where pods run: with them pods with strong tokens are drawn to a node that is already taken.',
    remedy: 'Leave nodes to the kubelets and to the controllers of the cloud.',
    coveredBy: ['rbac/all-resources', 'rbac/pods-relocate'],
    judges,
    powers: powersOf('nodes-write'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [nodes], verbs: [patch]}'),
        everywhere('{apiGroups: [""], resources: [nodes/status], verbs: [update]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [nodes], verbs: [get, list, watch]}'),
        everywhere('{apiGroups: [""], resources: [pods/eviction], verbs: [create]}'),
      ],
    },
  },
  {
    name: 'pods-relocate',
    title: 'Nobody can both change nodes and take pods off them',
    severity: 'high',
    why: 'Who closes all nodes but a taken one and evicts the pods of the system finds them there, with their tokens.',
    remedy: 'Give the right to evict or delete pods and the right to change nodes to different accounts.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('pods-relocate'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [nodes, pods/eviction], verbs: [patch, create]}'),
        `${clusterRole('{apiGroups: [""], resources: [nodes], verbs: [delete]}')}---
${clusterBinding('example', '{kind: ServiceAccount, name: app, namespace: shop}')}---
${inNamespace('{apiGroups: [""], resources: [pods], verbs: [delete]}', 'kube-system')}`,
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [pods/eviction], verbs: [create]}'),
        // Nodes are in no namespace: a Role gives no right to them.
        inNamespace('{apiGroups: [""], resources: [nodes, pods], verbs: [patch, delete]}', 'kube-system'),
        inNamespace('{apiGroups: [""], resources: [pods], verbs: [delete]}'),
      ],
    },
  },
  {
    name: 'namespaces-write',
    title: 'Few can change namespaces',
    severity: 'high',
    why: 'The labels of a namespace are its pod security level, and what network policies select: a patch takes both away, also by a RoleBinding.',
    remedy: 'Leave namespaces to those who administer the cluster.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('namespaces-write'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [namespaces], verbs: [patch]}'),
        inNamespace('{apiGroups: [""], resources: [namespaces], verbs: [update]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [namespaces], verbs: [get, list, watch, create]}'),
        everywhere('{apiGroups: [""], resources: [namespaces/status], verbs: [patch]}'),
      ],
    },
  },
  {
    name: 'service-accounts-write',
    title: 'Few can change service accounts',
    severity: 'medium',
    why: 'Annotations of a service account name the role of the cloud that its pods get, and its image pull secrets.',
    remedy: 'Leave it to those who deploy, in their own namespaces.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('service-accounts-write'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [serviceaccounts], verbs: [patch]}'),
        inNamespace('{apiGroups: [""], resources: [serviceaccounts], verbs: [update]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [serviceaccounts], verbs: [get, create]}'),
        everywhere('{apiGroups: [""], resources: [serviceaccounts], verbs: [patch], resourceNames: [own]}'),
      ],
    },
  },
  {
    name: 'api-extensions',
    title: 'Few can extend the API',
    severity: 'high',
    why: 'An APIService sends a whole API group, with the requests of everybody, to a server of its maker; a conversion webhook sees every custom resource.',
    remedy: 'Limit the rule by resourceNames to what the program keeps up to date.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('api-extensions'),
    examples: {
      fail: [
        everywhere('{apiGroups: [apiregistration.k8s.io], resources: [apiservices], verbs: [create]}'),
        everywhere('{apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [patch]}'),
      ],
      pass: [
        everywhere('{apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [get, create]}'),
        everywhere(
          '{apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions/status], verbs: [update]}',
        ),
      ],
    },
  },
]);

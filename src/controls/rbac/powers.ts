import { binding, clusterBinding, clusterRole, everywhere, group, inNamespace } from './example-grants.ts';
import { powerControls } from './power-control.ts';
import { powerRows } from './power-rows.ts';

const powersOf = (name: string) => powerRows.get(name) ?? [];

/** Source: CIS Kubernetes Benchmark 1.12, 5.1.2, 5.1.4, 5.1.8–5.1.10, 5.1.12, 5.1.13. */
export default powerControls([
  {
    name: 'secrets-read',
    title: 'Few can read Secrets',
    severity: 'critical',
    why: 'Secrets hold the tokens, keys and passwords of everything that runs. A list or a watch shows their values as a get does.',
    remedy: 'Take secrets out of the rule, or limit it to the names that are needed with get and resourceNames.',
    coveredBy: ['rbac/all-resources'],
    powers: powersOf('secrets-read'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [secrets], verbs: [list]}'),
        everywhere('{apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}'),
        inNamespace('{apiGroups: [""], resources: [secrets, pods], verbs: [get]}'),
        clusterRole('{apiGroups: [""], resources: [secrets], verbs: [watch]}'),
        inNamespace('{apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [database]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [secrets], verbs: [create]}'),
        // Not the core group.
        everywhere('{apiGroups: [example.com], resources: [secrets], verbs: [get]}'),
      ],
    },
  },
  {
    name: 'pods-create',
    title: 'Few can create pods',
    severity: 'critical',
    why: 'Whoever creates a pod, by itself or through a workload, acts as any service account of the namespace and reads all its Secrets; where pods are not restricted, they own a node.',
    remedy: 'Give it to those alone who deploy, in their own namespaces, and restrict pods there.',
    coveredBy: ['rbac/all-resources'],
    powers: powersOf('pods-create'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [pods], verbs: [create]}'),
        everywhere('{apiGroups: [apps], resources: [deployments], verbs: [get, create]}'),
        inNamespace('{apiGroups: [batch], resources: ["*"], verbs: ["*"]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [pods], verbs: [get, list, delete]}'),
        // A subresource is another matter, and deployments are not in the core group.
        everywhere('{apiGroups: [""], resources: [pods/binding, deployments], verbs: [create]}'),
      ],
    },
  },
  {
    name: 'escalation-verbs',
    title: 'Nobody can bind, escalate or impersonate at will',
    severity: 'critical',
    why: 'These verbs are the ways past the rule that nobody gives away rights that they do not have: their holder gets any right, or acts as anyone.',
    remedy: 'Take the verb out, or name the few roles or accounts that it is for with resourceNames.',
    powers: powersOf('escalation-verbs'),
    examples: {
      fail: [
        everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}'),
        everywhere(
          '{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, roles], verbs: [get, escalate]}',
        ),
        everywhere('{apiGroups: [""], resources: [users, groups, serviceaccounts], verbs: [impersonate]}'),
        inNamespace('{apiGroups: [""], resources: [serviceaccounts], verbs: ["*"]}'),
      ],
      pass: [
        everywhere(
          '{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, clusterrolebindings], verbs: [get, create, update]}',
        ),
        everywhere(
          '{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind], resourceNames: [shop-reader]}',
        ),
        // Asked for the binding instead of the role, the verb means nothing; nor do users of a namespace exist.
        everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [bind]}'),
        inNamespace('{apiGroups: [""], resources: [users], verbs: [impersonate]}'),
      ],
    },
  },
  {
    name: 'persistent-volumes-create',
    title: 'Few can create PersistentVolumes',
    severity: 'high',
    why: 'A PersistentVolume may be a folder of the node: a claim for it mounts the files of the node into a pod, whatever the pod security standards say.',
    remedy: 'Leave it to the provisioners of storage.',
    coveredBy: ['rbac/all-resources'],
    powers: powersOf('persistent-volumes-create'),
    examples: {
      fail: [everywhere('{apiGroups: [""], resources: [persistentvolumes], verbs: [create]}')],
      pass: [
        everywhere('{apiGroups: [""], resources: [persistentvolumeclaims], verbs: [create]}'),
        inNamespace('{apiGroups: [""], resources: [persistentvolumes], verbs: [create]}'),
      ],
    },
  },
  {
    name: 'nodes-proxy',
    title: 'Nobody has nodes/proxy',
    severity: 'critical',
    why: 'It reaches every endpoint of the kubelet. A get is enough to run commands in any container of the node, past admission and unseen by the audit log.',
    remedy:
      'Give nodes/metrics, nodes/stats or nodes/log instead, and from v1.33 on nodes/pods, nodes/healthz or nodes/configz.',
    coveredBy: ['rbac/all-resources'],
    powers: powersOf('nodes-proxy'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [nodes/proxy], verbs: [get]}'),
        everywhere('{apiGroups: [""], resources: ["*/proxy"], verbs: [create], resourceNames: [node-1]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [nodes, nodes/metrics, nodes/stats], verbs: [get]}'),
        // No wildcard that Kubernetes knows: it matches nothing.
        everywhere('{apiGroups: [""], resources: ["nodes/*"], verbs: ["*"]}'),
        inNamespace('{apiGroups: [""], resources: [nodes/proxy], verbs: [get]}'),
      ],
    },
  },
  {
    name: 'webhook-configurations',
    title: 'Few can change admission webhooks',
    severity: 'critical',
    why: 'Who changes these sees every object that is written, Secrets among them, and changes it as they like; or takes away the webhook that enforces the rules.',
    remedy: 'Limit the rule by resourceNames to the one webhook that the program keeps up to date.',
    coveredBy: ['rbac/all-resources'],
    powers: powersOf('webhook-configurations'),
    examples: {
      fail: [
        everywhere(
          '{apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [get, update]}',
        ),
        everywhere(
          '{apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], verbs: [delete]}',
        ),
        everywhere(
          '{apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], verbs: [patch], resourceNames: [own]}',
        ),
      ],
      pass: [
        everywhere(
          '{apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], verbs: [get, list, watch]}',
        ),
      ],
    },
  },
  {
    name: 'token-requests',
    title: 'Few can make tokens of service accounts',
    severity: 'critical',
    why: 'Who makes a token of a service account is that account, wherever they are and for as long as they ask.',
    remedy: 'Name the service accounts that it is for with resourceNames.',
    powers: powersOf('token-requests'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}'),
        inNamespace('{apiGroups: [""], resources: ["*/token"], verbs: [create]}'),
        binding('{kind: ClusterRole, name: edit}', 'kube-system'),
        clusterBinding('system:node', group('system:nodes')),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [serviceaccounts], verbs: [create]}'),
        inNamespace('{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create], resourceNames: [robot]}'),
        clusterBinding('view', group('ops')),
      ],
    },
  },
]);

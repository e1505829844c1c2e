import { everywhere, inNamespace } from './example-grants.ts';
import { lesserRows } from './lesser-rows.ts';
import { powerControls } from './power-control.ts';

const powersOf = (name: string) => lesserRows.get(name) ?? [];
const judges = 'own roles';

/** What reaches traffic, data and others' share of the cluster. */
export default powerControls([
  {
    name: 'network-policies-write',
    title: 'Few can change network policies',
    severity: 'medium',
    why: 'Who changes these opens a namespace to the rest of the cluster.',
    remedy: 'Leave them to those who administer the network.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('network-policies-write'),
    examples: {
      fail: [
        everywhere('{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [delete]}'),
        inNamespace('{apiGroups: [cilium.io], resources: [ciliumnetworkpolicies], verbs: [update]}'),
      ],
      pass: [
        everywhere('{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [get]}'),
        everywhere('{apiGroups: [extensions.example.com], resources: [networkpolicies], verbs: [patch]}'),
      ],
    },
  },
  {
    name: 'traffic-redirect',
    title: 'Few can send the traffic of Services elsewhere',
    severity: 'medium',
    why: 'Endpoints and external addresses of a Service take its traffic to whom they name (CVE-2020-8554).',
    remedy: 'Leave it to those who deploy, in their own namespaces.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('traffic-redirect'),
    examples: {
      fail: [
        everywhere('{apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [create]}'),
        inNamespace('{apiGroups: [""], resources: [services/status], verbs: [patch]}'),
        everywhere('{apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [update]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [services, endpoints], verbs: [get, list, watch]}'),
        everywhere('{apiGroups: [networking.k8s.io], resources: [ingresses/status], verbs: [update]}'),
      ],
    },
  },
  {
    name: 'control-config-maps',
    title: 'Few can change the ConfigMaps of kube-system',
    severity: 'high',
    why: 'Components obey ConfigMaps there: names are resolved by coredns, accounts of EKS come from aws-auth.',
    remedy: 'Name the ConfigMap that it is for with resourceNames.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('control-config-maps'),
    examples: {
      fail: [
        inNamespace('{apiGroups: [""], resources: [configmaps], verbs: [update]}', 'kube-system'),
        inNamespace(
          '{apiGroups: [""], resources: [configmaps], verbs: [patch], resourceNames: [aws-auth]}',
          'kube-system',
        ),
        everywhere('{apiGroups: [""], resources: [configmaps], verbs: [patch]}'),
      ],
      pass: [
        inNamespace('{apiGroups: [""], resources: [configmaps], verbs: [update], resourceNames: [own]}', 'kube-system'),
        inNamespace('{apiGroups: [""], resources: [configmaps], verbs: [update]}'),
      ],
    },
  },
  {
    name: 'deletion',
    title: 'Few can delete at large',
    severity: 'medium',
    why: 'Who deletes a namespace deletes all that is in it; without events nobody sees what happened.',
    remedy: 'Name what it is for with resourceNames.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('deletion'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [namespaces], verbs: [delete]}'),
        inNamespace('{apiGroups: [apps], resources: [deployments], verbs: [deletecollection]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [pods], verbs: [delete]}'),
        inNamespace('{apiGroups: [""], resources: [namespaces], verbs: [delete]}'),
      ],
    },
  },
  {
    name: 'cluster-limits',
    title: 'Few can change quotas and priorities',
    severity: 'low',
    why: 'Quotas, priorities and flow control are what keeps one tenant from starving all others.',
    remedy: 'Leave them to those who administer the cluster.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('cluster-limits'),
    examples: {
      fail: [
        everywhere('{apiGroups: [scheduling.k8s.io], resources: [priorityclasses], verbs: [create]}'),
        inNamespace('{apiGroups: [""], resources: [resourcequotas], verbs: [delete]}'),
      ],
      pass: [everywhere('{apiGroups: [""], resources: [resourcequotas, limitranges], verbs: [get, list, watch]}')],
    },
  },
  {
    name: 'reconnaissance',
    title: 'Few can look around in the whole cluster',
    severity: 'info',
    why: 'Roles and bindings tell an attacker whom to go for next, and reviews tell what a stolen token is worth.',
    remedy: 'Take out what the program does not need.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('reconnaissance'),
    examples: {
      fail: [
        everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [list]}'),
        everywhere('{apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]}'),
      ],
      pass: [everywhere('{apiGroups: [authorization.k8s.io], resources: [selfsubjectaccessreviews], verbs: [create]}')],
    },
  },
  {
    name: 'storage-write',
    title: 'Few can administer storage',
    severity: 'medium',
    why: 'A class, driver or snapshot content decides whose data a volume holds; a restored snapshot is a copy of it.',
    remedy: 'Leave it to the provisioners of storage and to those who administer them.',
    coveredBy: ['rbac/all-resources', 'rbac/persistent-volumes-create'],
    judges,
    powers: powersOf('storage-write'),
    examples: {
      fail: [
        everywhere('{apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [create]}'),
        everywhere('{apiGroups: [snapshot.storage.k8s.io], resources: [volumesnapshotcontents], verbs: [create]}'),
        inNamespace('{apiGroups: [""], resources: [persistentvolumeclaims], verbs: [create]}'),
      ],
      pass: [
        everywhere('{apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [get, list, watch]}'),
        inNamespace('{apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [create]}'),
      ],
    },
  },
]);

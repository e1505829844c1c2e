import { everywhere, inNamespace } from './example-grants.ts';
import { lesserRows } from './lesser-rows.ts';
import { powerControls } from './power-control.ts';

const powersOf = (name: string) => lesserRows.get(name) ?? [];
const judges = 'own roles';

/** What lets somebody into the programs that run. */
export default powerControls([
  {
    name: 'all-resources',
    title: 'Nobody but administrators has a right to every resource',
    severity: 'critical',
    why: 'Every resource is also the next one that an operator brings, and Secrets, roles and nodes/proxy are among them.',
    remedy: 'List the groups and resources that are needed.',
    coveredBy: [],
    judges,
    powers: powersOf('all-resources'),
    examples: {
      fail: [
        everywhere('{apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}'),
        inNamespace('{apiGroups: ["*"], resources: ["*"], verbs: [patch]}'),
      ],
      pass: [
        everywhere('{apiGroups: ["*"], resources: [deployments], verbs: [get]}'),
        everywhere('{apiGroups: [apps], resources: ["*"], verbs: [get]}'),
        everywhere('{apiGroups: ["*"], resources: ["*/status"], verbs: [patch]}'),
      ],
    },
  },
  {
    name: 'all-groups',
    title: 'Rights to sensitive resources name their API group',
    severity: 'low',
    why: 'A wildcard in the group also means the secrets, pods and roles of every group that an operator will bring.',
    remedy: 'Write the groups that are needed: an empty string for the core group.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('all-groups'),
    examples: {
      fail: [
        everywhere('{apiGroups: ["*"], resources: [configmaps], verbs: [get]}'),
        inNamespace('{apiGroups: ["", "*"], resources: [secrets], verbs: [get]}'),
      ],
      pass: [
        everywhere('{apiGroups: ["", apps, batch], resources: [configmaps, pods], verbs: [get]}'),
        everywhere('{apiGroups: ["*"], resources: [widgets], verbs: [get]}'),
      ],
    },
  },
  {
    name: 'secrets-write',
    title: 'Few can write Secrets',
    severity: 'high',
    why: 'A Secret of type service-account-token is filled with a token of the account that it names, which whoever wrote it reads back.',
    remedy: 'Limit the rule with resourceNames to update and patch of the Secrets that it is for.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('secrets-write'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [secrets], verbs: [create, get]}'),
        inNamespace('{apiGroups: [""], resources: [secrets], verbs: [update]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [secrets], verbs: [delete]}'),
        inNamespace('{apiGroups: [""], resources: [secrets], verbs: [patch], resourceNames: [own]}'),
      ],
    },
  },
  {
    name: 'workloads-modify',
    title: 'Few can change the pods of workloads',
    severity: 'critical',
    why: 'A changed template runs as any service account of the namespace, as creating a pod does.',
    remedy: 'Give it to those alone who deploy, in their own namespaces.',
    coveredBy: ['rbac/all-resources', 'rbac/pods-create'],
    judges,
    powers: powersOf('workloads-modify'),
    examples: {
      fail: [
        everywhere('{apiGroups: [apps], resources: [deployments], verbs: [patch]}'),
        inNamespace('{apiGroups: [batch], resources: [cronjobs], verbs: [update]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [deployments], verbs: [patch]}'),
        everywhere('{apiGroups: [apps], resources: [deployments/scale, deployments/status], verbs: [patch]}'),
      ],
    },
  },
  {
    name: 'pods-modify',
    title: 'Few can change running pods',
    severity: 'high',
    why: 'A new image, or a container that is added, runs beside the secrets and with the token of the pod.',
    remedy: 'Leave debugging to a role that people take for a time, in the namespaces that it is for.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('pods-modify'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [pods/ephemeralcontainers], verbs: [patch]}'),
        inNamespace('{apiGroups: [""], resources: [pods], verbs: [update]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [pods/status, pods/finalizers], verbs: [patch]}'),
        everywhere('{apiGroups: [""], resources: ["pods/*"], verbs: [patch]}'),
      ],
    },
  },
  {
    name: 'pods-exec',
    title: 'Few can run commands in containers',
    severity: 'high',
    why: 'Whoever runs a command in a container is the program in it, with its token, its secrets and its network.',
    remedy: 'Give it for single pods by resourceNames, or for a time.',
    coveredBy: ['rbac/all-resources'],
    judges,
    powers: powersOf('pods-exec'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [pods/exec], verbs: [create]}'),
        everywhere('{apiGroups: [""], resources: ["*/exec"], verbs: [get]}'),
        inNamespace('{apiGroups: [""], resources: [pods/attach], verbs: [create], resourceNames: [web-0]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: ["pods/*"], verbs: ["*"]}'),
        everywhere('{apiGroups: [""], resources: [pods], verbs: [get, list]}'),
        everywhere('{apiGroups: [""], resources: [pods/exec], verbs: [list]}'),
      ],
    },
  },
  {
    name: 'pods-port-forward',
    title: 'Few can reach pods past network policies',
    severity: 'medium',
    why: 'Such traffic comes from the node or the control plane, which network policies let in.',
    remedy: 'Give it for single pods or Services by resourceNames.',
    coveredBy: ['rbac/all-resources', 'rbac/pods-exec', 'rbac/nodes-proxy'],
    judges,
    powers: powersOf('pods-port-forward'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [pods/portforward], verbs: [create]}'),
        inNamespace('{apiGroups: [""], resources: [services/proxy], verbs: [get]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [services], verbs: [get]}'),
        everywhere('{apiGroups: [""], resources: [pods/proxy], verbs: [watch]}'),
      ],
    },
  },
  {
    name: 'kubelet-endpoints',
    title: 'Few can read what kubelets know',
    severity: 'medium',
    why: 'A checkpoint holds the memory of a container with all its keys; logs and configuration show how a node is set up.',
    remedy: 'Take these subresources out of the rule.',
    coveredBy: ['rbac/all-resources', 'rbac/nodes-proxy'],
    judges,
    powers: powersOf('kubelet-endpoints'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [nodes/checkpoint], verbs: [create]}'),
        everywhere('{apiGroups: [""], resources: [nodes/log], verbs: [get]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [nodes/metrics, nodes/stats, nodes/healthz], verbs: [get]}'),
        inNamespace('{apiGroups: [""], resources: [nodes/log], verbs: [get]}'),
      ],
    },
  },
  {
    name: 'logs-read',
    title: 'Few can read the logs of all pods',
    severity: 'low',
    why: 'Logs hold what programs did not mean to tell: tokens, addresses, data of customers.',
    remedy: 'Give it in the namespaces that it is for.',
    coveredBy: ['rbac/all-resources', 'rbac/pods-exec', 'rbac/pods-create'],
    judges,
    powers: powersOf('logs-read'),
    examples: {
      fail: [
        everywhere('{apiGroups: [""], resources: [pods/log], verbs: [get]}'),
        everywhere('{apiGroups: [""], resources: ["*/log"], verbs: ["*"]}'),
      ],
      pass: [
        everywhere('{apiGroups: [""], resources: [pods], verbs: [get]}'),
        everywhere('{apiGroups: [""], resources: [pods/log], verbs: [list]}'),
      ],
    },
  },
]);

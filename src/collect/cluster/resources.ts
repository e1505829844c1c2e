import { platformResources } from './platform-resources.ts';

/** A kind of object that a scan lists, and why. */
export interface ListedResource {
  /** Plural name, as RBAC writes it. */
  readonly resource: string;
  /** Its API group, which has been the same since v1.14; the version is the one that the server prefers. */
  readonly group: string;
  readonly why: string;
  /** `extra` is left out of the minimal role: a scan is complete without it. */
  readonly role: 'minimal' | 'extra';
  /** `get` as well as `list`: it is read by name where a scan is limited to some namespaces. */
  readonly byName?: true;
  /** Objects of this kind may be large: fewer of them a page. */
  readonly pageSize?: number;
  /** Another row (`group/resource`) that says the same: this one is asked for where the server does not have that. */
  readonly elseOf?: string;
}

const core = '';
const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';

const makesPods = 'makes pods: its template is judged';
const grants = 'grants rights: judged, and joined to the service accounts of workloads';
const leads = 'where Services lead, and where the API server is';
const admits = 'refuses or changes objects at admission: a control of its own, or a hole in one';

/**
 * Everything that a scan reads besides custom resources. The minimal role is derived from it, and nothing else is
 * ever asked for: no events, leases or controller revisions, which say nothing of how a cluster is set up.
 */
export const listedResources: readonly ListedResource[] = [
  {
    resource: 'namespaces',
    group: core,
    why: 'pod security labels; joined to every object',
    role: 'minimal',
    byName: true,
  },
  { resource: 'nodes', group: core, why: 'versions of kubelet, runtime and kernel; taints', role: 'minimal' },
  { resource: 'pods', group: core, why: 'judged: what runs, with what admission added', role: 'minimal' },
  { resource: 'podtemplates', group: core, why: makesPods, role: 'minimal' },
  { resource: 'replicationcontrollers', group: core, why: makesPods, role: 'minimal' },
  { resource: 'deployments', group: 'apps', why: makesPods, role: 'minimal' },
  { resource: 'statefulsets', group: 'apps', why: makesPods, role: 'minimal' },
  { resource: 'daemonsets', group: 'apps', why: makesPods, role: 'minimal' },
  { resource: 'replicasets', group: 'apps', why: `${makesPods}; joins pods to their Deployment`, role: 'minimal' },
  { resource: 'jobs', group: 'batch', why: `${makesPods}; joins pods to their CronJob`, role: 'minimal' },
  { resource: 'cronjobs', group: 'batch', why: makesPods, role: 'minimal' },
  { resource: 'serviceaccounts', group: core, why: 'token mounting; joined to pods and grants', role: 'minimal' },
  { resource: 'services', group: core, why: 'exposure; joined to pods by their selector', role: 'minimal' },
  { resource: 'endpointslices', group: 'discovery.k8s.io', why: leads, role: 'minimal' },
  { resource: 'endpoints', group: core, why: leads, role: 'minimal', elseOf: 'discovery.k8s.io/endpointslices' },
  { resource: 'ingresses', group: 'networking.k8s.io', why: 'exposure', role: 'minimal' },
  { resource: 'networkpolicies', group: 'networking.k8s.io', why: 'which pods may reach which', role: 'minimal' },
  {
    resource: 'configmaps',
    group: core,
    why: 'joined to volumes and environment; settings of components',
    role: 'minimal',
    pageSize: 100,
  },
  {
    resource: 'secrets',
    group: core,
    why: 'known default values, expiry, use: values are dropped as they arrive',
    role: 'extra',
    pageSize: 100,
  },
  { resource: 'limitranges', group: core, why: 'default limits of containers that set none', role: 'minimal' },
  { resource: 'resourcequotas', group: core, why: 'limits of a namespace', role: 'minimal' },
  { resource: 'persistentvolumes', group: core, why: 'host paths and other storage behind claims', role: 'minimal' },
  { resource: 'persistentvolumeclaims', group: core, why: 'joins pods to volumes', role: 'minimal' },
  { resource: 'storageclasses', group: 'storage.k8s.io', why: 'encryption and reclaiming of volumes', role: 'minimal' },
  { resource: 'roles', group: rbac, why: grants, role: 'minimal' },
  { resource: 'rolebindings', group: rbac, why: grants, role: 'minimal' },
  { resource: 'clusterroles', group: rbac, why: grants, role: 'minimal' },
  { resource: 'clusterrolebindings', group: rbac, why: grants, role: 'minimal' },
  { resource: 'validatingwebhookconfigurations', group: admission, why: admits, role: 'minimal' },
  { resource: 'mutatingwebhookconfigurations', group: admission, why: admits, role: 'minimal' },
  { resource: 'validatingadmissionpolicies', group: admission, why: admits, role: 'minimal' },
  { resource: 'validatingadmissionpolicybindings', group: admission, why: admits, role: 'minimal' },
  { resource: 'mutatingadmissionpolicies', group: admission, why: admits, role: 'minimal' },
  { resource: 'mutatingadmissionpolicybindings', group: admission, why: admits, role: 'minimal' },
  { resource: 'podsecuritypolicies', group: 'policy', why: admits, role: 'minimal' },
  { resource: 'poddisruptionbudgets', group: 'policy', why: 'which pods stay when nodes are drained', role: 'minimal' },
  {
    resource: 'horizontalpodautoscalers',
    group: 'autoscaling',
    why: 'how many pods a workload has at least',
    role: 'minimal',
  },
  ...['gateways', 'httproutes', 'grpcroutes', 'tlsroutes', 'tcproutes', 'udproutes'].map(
    (resource): ListedResource => ({ resource, group: 'gateway.networking.k8s.io', why: 'exposure', role: 'minimal' }),
  ),
  { resource: 'gateways', group: 'networking.istio.io', why: 'exposure', role: 'minimal' },
  { resource: 'appprojects', group: 'argoproj.io', why: 'what Argo CD deploys, and where', role: 'minimal' },
  {
    resource: 'securitycontextconstraints',
    group: 'security.openshift.io',
    why: admits,
    role: 'minimal',
  },
  { resource: 'runtimeclasses', group: 'node.k8s.io', why: 'sandboxed runtimes of pods', role: 'minimal' },
  { resource: 'priorityclasses', group: 'scheduling.k8s.io', why: 'which pods may push others out', role: 'minimal' },
  {
    resource: 'customresourcedefinitions',
    group: 'apiextensions.k8s.io',
    why: 'custom kinds that carry pod templates',
    role: 'minimal',
  },
  {
    resource: 'apiservices',
    group: 'apiregistration.k8s.io',
    why: 'servers that are trusted with API requests',
    role: 'minimal',
  },
  {
    resource: 'vulnerabilityreports',
    group: 'aquasecurity.github.io',
    why: 'known vulnerabilities of images, where the Trivy operator runs',
    role: 'minimal',
  },
  ...platformResources,
];

/**
 * Groups whose resources are made by others while the cluster runs, so that no table has them: all that a server has of
 * them is listed. Gatekeeper makes a kind of each ConstraintTemplate.
 */
export const wholeGroups: ReadonlySet<string> = new Set(['constraints.gatekeeper.sh']);

/** The groups of the table, and those that are listed whole. */
export const listedGroups: ReadonlySet<string> = new Set([
  ...listedResources.map(({ group }) => group),
  ...wholeGroups,
]);

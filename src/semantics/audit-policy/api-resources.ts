import { own } from '../../model/json.ts';

/** A resource that API servers have, without its versions. */
export interface ApiResource {
  readonly group: string;
  readonly resource: string;
  /** Empty for the resource itself. */
  readonly subresource: string;
  readonly isNamespaced: boolean;
  readonly verbs: readonly string[];
}

export const readVerbs: readonly string[] = ['get', 'list', 'watch'];
const writeVerbs: readonly string[] = ['create', 'update', 'patch', 'delete', 'deletecollection'];
/** Verbs of requests for resources, as RequestInfo gives them. */
export const resourceVerbs: readonly string[] = [...readVerbs, ...writeVerbs];
/** Verbs of requests for paths: HTTP methods in lower case. */
export const pathVerbs: readonly string[] = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];

/** Subresources through which a client talks with a container, a node or a service: no bodies are ever logged. */
export const connectSubresources: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);

/**
 * Requests that log ResponseStarted too: those that stay open. Source: BasicLongRunningRequestCheck as kube-apiserver
 * sets it up (pkg/controlplane/apiserver/config.go).
 */
export function isLongRunning(verb: string, subresource: string): boolean {
  return verb === 'watch' || verb === 'proxy' || connectSubresources.has(subresource) || subresource === 'log';
}

/**
 * Resources of kube-apiserver v1.19 to v1.36 and of API groups that policies often name; `resource/subresource …` in a
 * line, `!` for one without a namespace. Source: the groups' API documentation.
 */
const catalogue: Readonly<Record<string, string>> = {
  '': `pods/attach/binding/ephemeralcontainers/eviction/exec/log/portforward/proxy/resize/status
    services/proxy/status serviceaccounts/token replicationcontrollers/scale/status
    secrets configmaps endpoints events bindings limitranges persistentvolumeclaims/status podtemplates
    resourcequotas/status !namespaces/finalize/status !nodes/proxy/status !persistentvolumes/status !componentstatuses`,
  apps: 'deployments/scale/status daemonsets/status statefulsets/scale/status replicasets/scale/status controllerrevisions',
  batch: 'jobs/status cronjobs/status',
  extensions: 'ingresses/status',
  autoscaling: 'horizontalpodautoscalers/status',
  policy: 'poddisruptionbudgets/status !podsecuritypolicies',
  'rbac.authorization.k8s.io': 'roles rolebindings !clusterroles !clusterrolebindings',
  'networking.k8s.io': 'networkpolicies/status ingresses/status !ingressclasses !ipaddresses !servicecidrs/status',
  'authentication.k8s.io': '!tokenreviews !selfsubjectreviews',
  'authorization.k8s.io':
    'localsubjectaccessreviews !subjectaccessreviews !selfsubjectaccessreviews !selfsubjectrulesreviews',
  'certificates.k8s.io':
    '!certificatesigningrequests/approval/status !clustertrustbundles podcertificaterequests/status',
  'coordination.k8s.io': 'leases leasecandidates',
  'discovery.k8s.io': 'endpointslices',
  'events.k8s.io': 'events',
  'node.k8s.io': '!runtimeclasses',
  'scheduling.k8s.io': '!priorityclasses workloads podgroups/status',
  'storage.k8s.io':
    '!storageclasses !volumeattachments/status !csidrivers !csinodes csistoragecapacities !volumeattributesclasses',
  'storagemigration.k8s.io': '!storageversionmigrations/status',
  'admissionregistration.k8s.io': `!mutatingwebhookconfigurations !validatingwebhookconfigurations
    !validatingadmissionpolicies/status !validatingadmissionpolicybindings !mutatingadmissionpolicies
    !mutatingadmissionpolicybindings`,
  'apiextensions.k8s.io': '!customresourcedefinitions/status',
  'apiregistration.k8s.io': '!apiservices/status',
  'flowcontrol.apiserver.k8s.io': '!flowschemas/status !prioritylevelconfigurations/status',
  'internal.apiserver.k8s.io': '!storageversions/status',
  'resource.k8s.io': `resourceclaims/binding/driver/status resourceclaimtemplates !resourceslices !deviceclasses
    !devicetaintrules/status !resourcepoolstatusrequests/status`,
};

/** Groups that kube-apiserver serves itself and whose resources are all known; others may have any. */
const builtIn: ReadonlySet<string> = new Set(Object.keys(catalogue));

/** Resources of other projects that policies and detections name. */
const others: Readonly<Record<string, string>> = {
  'metrics.k8s.io': 'pods !nodes',
  'snapshot.storage.k8s.io': 'volumesnapshots/status !volumesnapshotcontents/status !volumesnapshotclasses',
  'gateway.networking.k8s.io':
    'gateways/status httproutes/status grpcroutes/status referencegrants !gatewayclasses/status',
  'config.openshift.io': '!apiservers/status',
};

const verbsOfSubresources: Readonly<Record<string, readonly string[]>> = {
  exec: ['get', 'create'],
  attach: ['get', 'create'],
  portforward: ['get', 'create'],
  proxy: ['get', 'create', 'update', 'patch', 'delete'],
  log: ['get'],
  binding: ['create'],
  eviction: ['create'],
  token: ['create'],
  finalize: ['update'],
};

const oneWay: readonly string[] = ['create'];
const objectVerbs: readonly string[] = ['get', 'update', 'patch'];

function readCatalogue(lines: Readonly<Record<string, string>>): ApiResource[] {
  const resources: ApiResource[] = [];
  for (const [group, text] of Object.entries(lines)) {
    for (const word of text.split(/\s+/)) {
      const isNamespaced = !word.startsWith('!');
      const [resource = '', ...subresources] = word.slice(isNamespaced ? 0 : 1).split('/');
      const isReview = resource.endsWith('reviews') || resource === 'bindings';
      const ownVerbs = isReview ? oneWay : resource === 'componentstatuses' ? ['get', 'list'] : resourceVerbs;
      const metrics = group === 'metrics.k8s.io';
      resources.push({ group, resource, subresource: '', isNamespaced, verbs: metrics ? readVerbs : ownVerbs });
      for (const subresource of subresources) {
        const given = verbsOfSubresources[subresource];
        const verbs = resource === 'resourceclaims' && subresource === 'binding' ? objectVerbs : (given ?? objectVerbs);
        resources.push({ group, resource, subresource, isNamespaced, verbs });
      }
    }
  }
  return resources;
}

export const apiResources: readonly ApiResource[] = readCatalogue({ ...catalogue, ...others });

const byResource: ReadonlyMap<string, readonly ApiResource[]> = indexed(apiResources);

function indexed(resources: readonly ApiResource[]): Map<string, ApiResource[]> {
  const index = new Map<string, ApiResource[]>();
  for (const entry of resources) {
    const known = index.get(entry.resource);
    if (known === undefined) index.set(entry.resource, [entry]);
    else known.push(entry);
  }
  return index;
}

/** The groups that have a resource of this plural name. */
export function groupsOf(resource: string): readonly string[] {
  return [...new Set((byResource.get(resource) ?? []).map(({ group }) => group))];
}

/** Subresources of a resource, as `exec`. */
export function subresourcesOf(group: string, resource: string): readonly string[] {
  return (byResource.get(resource) ?? [])
    .filter((entry) => entry.group === group && entry.subresource !== '')
    .map(({ subresource }) => subresource);
}

/** Whether objects of a resource have a namespace; undefined where it is not known. */
export function isNamespaced(group: string, resource: string): boolean | undefined {
  return (byResource.get(resource) ?? []).find((entry) => entry.group === group)?.isNamespaced;
}

/** Whether the API server itself has the group, and with it no other resources than those known here. */
export function isBuiltInGroup(group: string): boolean {
  return builtIn.has(group);
}

/** Every group that is known. */
export function knownGroups(): readonly string[] {
  return [...new Set(apiResources.map(({ group }) => group))];
}

/** Kinds and short names as people write them, and the resource that is meant. */
export function resourceMeant(word: string): string | undefined {
  const lower = word.toLowerCase();
  const short = own(shortNames, lower);
  if (typeof short === 'string') return short;
  const plurals = [`${lower}s`, `${lower}es`, lower.replace(/y$/, 'ies'), lower];
  return plurals.find((plural) => plural !== word && byResource.has(plural));
}

const shortNames = {
  po: 'pods',
  svc: 'services',
  cm: 'configmaps',
  sa: 'serviceaccounts',
  ns: 'namespaces',
  no: 'nodes',
  ep: 'endpoints',
  ev: 'events',
  pv: 'persistentvolumes',
  pvc: 'persistentvolumeclaims',
  deploy: 'deployments',
  ds: 'daemonsets',
  sts: 'statefulsets',
  rs: 'replicasets',
  rc: 'replicationcontrollers',
  cj: 'cronjobs',
  ing: 'ingresses',
  netpol: 'networkpolicies',
  crd: 'customresourcedefinitions',
  crds: 'customresourcedefinitions',
  csr: 'certificatesigningrequests',
  hpa: 'horizontalpodautoscalers',
  pdb: 'poddisruptionbudgets',
  psp: 'podsecuritypolicies',
  tokenrequests: 'serviceaccounts/token',
} as const;

/** Built-in resources that are stored below their plural alone, by the group that configurations name them with. */
const resources: Readonly<Record<string, string>> = {
  'admissionregistration.k8s.io':
    'mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations',
  apps: 'controllerrevisions daemonsets deployments replicasets statefulsets',
  autoscaling: 'horizontalpodautoscalers',
  batch: 'cronjobs jobs',
  'certificates.k8s.io': 'certificatesigningrequests clustertrustbundles podcertificaterequests',
  'coordination.k8s.io': 'leasecandidates leases',
  'discovery.k8s.io': 'endpointslices',
  'flowcontrol.apiserver.k8s.io': 'flowschemas prioritylevelconfigurations',
  'internal.apiserver.k8s.io': 'storageversions',
  'networking.k8s.io': 'ingressclasses ingresses ipaddresses networkpolicies servicecidrs',
  'node.k8s.io': 'runtimeclasses',
  policy: 'poddisruptionbudgets podsecuritypolicies',
  'rbac.authorization.k8s.io': 'clusterrolebindings clusterroles rolebindings roles',
  'resource.k8s.io': 'deviceclasses devicetaintrules resourceclaims resourceclaimtemplates resourceslices',
  'scheduling.k8s.io': 'priorityclasses',
  'storage.k8s.io': 'csidrivers csinodes csistoragecapacities storageclasses volumeattachments volumeattributesclasses',
  'storagemigration.k8s.io': 'storageversionmigrations',
  '': 'configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services',
};

const groups: ReadonlyMap<string, string> = new Map(
  Object.entries(resources).flatMap(([group, names]) => names.split(' ').map((name) => [name, group] as const)),
);

export interface NamedResource {
  readonly resource: string;
  readonly group: string;
}

/**
 * The resource that a configuration of encryption must name for what is stored under `stored`, such as `secrets` or
 * `example.com/widgets`. Undefined for what the API server never encrypts: its allocations of addresses and ports, its
 * own leases, and before v1.26 custom resources.
 */
export function namedResource(stored: string, minor: number | undefined): NamedResource | undefined {
  const slash = stored.indexOf('/');
  if (slash === -1) {
    const group = groups.get(stored);
    return group === undefined ? undefined : { resource: stored, group };
  }
  if (minor !== undefined && minor < customResourcesSince) return undefined;
  return { resource: stored.slice(slash + 1), group: stored.slice(0, slash) };
}

/** KEP-3299 came with v1.27's wildcards; custom resources could be named one minor version earlier. */
const customResourcesSince = 26;

const oldServer = 'it depends on the version, and the lab is of v1.20';
const notListed = 'a scan of a cluster does not list the kind';
const newerRoles = 'the roles that v1.20 ships have other rules';

/** Controls with an example of which the lab, a live cluster of v1.20, shows otherwise than a file does; each with why. */
export const seenOtherwise: ReadonlyMap<string, string> = new Map([
  ['admission/webhook-subresources', `${oldServer}, which has no ephemeral containers`],
  ['api-lifecycle/served-version', 'a live object is in every version that the server has'],
  ['container-runtime/image-signature', notListed],
  ['container-runtime/seccomp-annotation', oldServer],
  ['meshes/consul-and-kuma', notListed],
  ['meshes/istio-mtls', 'a live cluster lists its workloads, so that what applies to none of them is nothing'],
  ['namespaces/pod-security', oldServer],
  ['network-policies/unselected-pod', 'a live cluster has its namespaces, which are judged instead'],
  [
    'observability/metrics',
    'the lab serves kinds of Prometheus for other examples, which says that something collects',
  ],
  ['pods/host-users', oldServer],
  ['pods/supplemental-groups-policy', oldServer],
  ['rbac/constrained-impersonation', oldServer],
  ['rbac/control-plane-grants', newerRoles],
  ['rbac/default-roles', newerRoles],
  ['rbac/everyone', newerRoles],
  ['rbac/token-requests', newerRoles],
  ['reliability/service-account-missing', 'the server refuses a pod without its account, so that the test makes it'],
  ['secrets/plain-manifest', 'it is about files'],
  ['service-accounts/deprecated-field', 'the server writes the field and its successor'],
  ['service-accounts/pod-token', 'a live cluster has the default account, which is judged instead'],
  ['storage/removed-provisioner', oldServer],
  ['versions/cluster-version', 'the server says its version itself'],
  ['versions/image-vulnerabilities', 'a live cluster answers conditions that a file leaves open'],
  ['versions/server-vulnerabilities', 'a live cluster answers conditions that a file leaves open'],
]);

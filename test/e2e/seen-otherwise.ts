const oldServer = 'it depends on the version, and the lab is of v1.20';
const notListed = 'a scan of a cluster does not list the kind';
const newerRoles = 'the roles that v1.20 ships have other rules';

/** Controls with an example of which the lab, a live cluster of v1.20, shows otherwise than a file does; each with why. */
export const seenOtherwise: ReadonlyMap<string, string> = new Map([
  ['admission/repository-prefix', notListed],
  ['admission/webhook-subresources', `${oldServer}, which has no ephemeral containers`],
  ['api-lifecycle/served-version', 'a live object is in every version that the server has'],
  ['container-runtime/image-signature', notListed],
  ['container-runtime/seccomp-annotation', oldServer],
  ['meshes/consul-and-kuma', notListed],
  ['meshes/istio-bypass', 'the Pod that was read is named, and not its Deployment'],
  ['meshes/istio-mtls', 'the ReplicaSet that was made is named, and not its Deployment'],
  ['namespaces/pod-security', oldServer],
  ['network-policies/admin-network-policy', notListed],
  ['network-policies/enforced-kind', notListed],
  ['network-policies/equal-priority', notListed],
  ['network-policies/shadowed-rule', notListed],
  ['network-policies/unselected-pod', 'a live cluster has its namespaces, which are judged instead'],
  ['pods/host-users', oldServer],
  ['pods/supplemental-groups-policy', oldServer],
  ['rbac/constrained-impersonation', oldServer],
  ['rbac/control-plane-grants', newerRoles],
  ['rbac/default-roles', newerRoles],
  ['rbac/duplicate-binding', 'of two that are the same, the one is told that the server lists last'],
  ['rbac/everyone', newerRoles],
  ['rbac/token-requests', newerRoles],
  ['reliability/service-account-missing', 'the server refuses a pod without its account, so that the test makes it'],
  ['secrets/external-store', notListed],
  ['secrets/plain-manifest', 'it is about files'],
  ['service-accounts/deprecated-field', 'the server writes the field and its successor'],
  ['service-accounts/pod-token', 'a live cluster has the default account, which is judged instead'],
  ['storage/removed-provisioner', oldServer],
  ['storage/shared-claim', 'pods are told in the order in which the server lists them'],
  ['versions/cluster-version', 'the server says its version itself'],
  ['versions/image-vulnerabilities', 'a live cluster answers conditions that a file leaves open'],
  ['versions/server-vulnerabilities', 'a live cluster answers conditions that a file leaves open'],
]);

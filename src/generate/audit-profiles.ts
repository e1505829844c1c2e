import { credentialBodies, credentialName } from '../semantics/audit-policy/index.ts';
import type { AuditProfile } from './audit-choices.ts';
import { type PolicyEntryText, type PolicyRuleText, ruleOf } from './audit-policy-text.ts';

/** What a profile is, for the head of the policy. */
export const profileTexts: Readonly<Record<AuditProfile, string>> = {
  cis: 'Records what the CIS Kubernetes Benchmark asks for (3.2.1 and 3.2.2): all requests at Metadata, changes of workloads and of rights with their bodies, credentials never.',
  nsa: 'Records what the Kubernetes Hardening Guide of NSA and CISA asks for: every request with its bodies, but for credentials, and noise of the control plane.',
  'low-cost':
    'Records what tells of an attack and little else: changes, connections, access to credentials and refused logins at Metadata; the routine reads of the control plane are left out.',
};

const reads = ['get', 'list', 'watch'];
const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** Everything whose body holds credentials: before every rule that logs bodies. */
export function credentialRule(): PolicyRuleText {
  const byGroup = new Map<string, string[]>();
  for (const each of credentialBodies) {
    byGroup.set(each.group, [...(byGroup.get(each.group) ?? []), credentialName(each)]);
  }
  const resources = [...byGroup].map(([group, names]) => ({ group, resources: names }));
  return ruleOf({
    level: 'Metadata',
    resources,
    comment: ['Credentials: who reads and changes them, and never what they are.'],
  });
}

const eventEntries: readonly PolicyEntryText[] = [
  { group: '', resources: ['events'] },
  { group: 'events.k8s.io', resources: ['events'] },
];

/** Who deletes events covers tracks; that they are written says nothing. */
const events: readonly PolicyRuleText[] = [
  ruleOf({
    level: 'Metadata',
    verbs: ['delete', 'deletecollection'],
    resources: eventEntries,
    comment: ['Deleting events covers tracks.'],
  }),
  ruleOf({ level: 'None', resources: eventEntries, comment: ['Events are written all the time, and kept elsewhere.'] }),
];

const probePaths = ['/healthz*', '/livez*', '/readyz*', '/version', '/openapi/*'];

/** Refused logins have no groups: they are still logged, whatever path they are for. */
const probes = ruleOf({
  level: 'None',
  userGroups: ['system:authenticated', 'system:unauthenticated'],
  nonResourceURLs: probePaths,
  comment: ['Health checks and discovery of who is known, or anonymous. Wrong credentials are logged here too.'],
});

const discovery = ruleOf({
  level: 'None',
  userGroups: ['system:authenticated'],
  verbs: ['get'],
  nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*'],
  comment: ['Discovery: most of the requests of a quiet cluster.'],
});

const components = ['system:kube-scheduler', 'system:kube-controller-manager', 'system:kube-proxy', 'system:apiserver'];

/** Renewed every few seconds by every component, node and operator. */
const leases = ruleOf({
  level: 'None',
  userGroups: ['system:nodes', 'system:serviceaccounts:kube-system'],
  verbs: ['get', 'list', 'watch', 'update', 'patch'],
  resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }],
  comment: ['Leases of nodes and of components: renewed every few seconds.'],
});

const componentLeases = ruleOf({
  level: 'None',
  users: components,
  verbs: ['get', 'list', 'watch', 'update', 'patch'],
  resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }],
  comment: ['The same, of components with a certificate.'],
});

const secretsFirst = ruleOf({
  level: 'Metadata',
  resources: [
    { group: '', resources: ['secrets', 'serviceaccounts/token'] },
    { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
  ],
  comment: ['Credentials: every access, by components too.'],
});

const routineReads: readonly PolicyRuleText[] = [
  ruleOf({
    level: 'None',
    users: components,
    verbs: reads,
    comment: ['What the control plane reads to do its work. A proxy that uses a service account is in the next rule.'],
  }),
  ruleOf({
    level: 'None',
    userGroups: ['system:nodes', 'system:serviceaccounts:kube-system'],
    verbs: reads,
    resources: [
      {
        group: '',
        resources: ['pods', 'nodes', 'services', 'endpoints', 'configmaps', 'namespaces', 'serviceaccounts'],
      },
      { group: 'discovery.k8s.io', resources: ['endpointslices'] },
      { group: 'apps', resources: ['*'] },
      { group: 'batch', resources: ['*'] },
      { group: 'storage.k8s.io', resources: ['*'] },
      { group: 'node.k8s.io', resources: ['*'] },
    ],
    comment: ['What nodes and the controllers in kube-system watch.'],
  }),
  ruleOf({
    level: 'None',
    users: components,
    verbs: ['update', 'patch'],
    resources: [
      { group: '', resources: ['pods/status', 'nodes/status'] },
      { group: 'apps', resources: ['*/status'] },
    ],
    comment: ['Statuses that the control plane writes about what it did.'],
  }),
  ruleOf({
    level: 'None',
    userGroups: ['system:nodes', 'system:serviceaccounts:kube-system'],
    verbs: ['update', 'patch'],
    resources: [
      { group: '', resources: ['pods/status', 'nodes/status'] },
      { group: 'apps', resources: ['*/status'] },
      { group: 'batch', resources: ['*/status'] },
    ],
    comment: ['Statuses that nodes and controllers write.'],
  }),
];

const rest = ruleOf({
  level: 'Metadata',
  comment: ['Everything else, with refused logins: no users, no groups here.'],
});

/** The rules of a profile, in order. */
export function profileRules(profile: AuditProfile): readonly PolicyRuleText[] {
  switch (profile) {
    case 'cis':
      return [credentialRule(), changes, ...events, probes, rest];
    case 'nsa':
      return [credentialRule(), ...events, probes, leases, componentLeases, everyBody, rest];
    case 'low-cost':
      return [secretsFirst, ...events, probes, discovery, leases, componentLeases, ...routineReads, rest];
  }
}

const changes = ruleOf({
  level: 'RequestResponse',
  verbs: writes,
  resources: [
    { group: '', resources: ['pods', 'pods/ephemeralcontainers', 'serviceaccounts', 'namespaces', 'nodes'] },
    { group: 'apps', resources: ['deployments', 'daemonsets', 'statefulsets', 'replicasets'] },
    { group: 'batch', resources: ['jobs', 'cronjobs'] },
    { group: 'rbac.authorization.k8s.io', resources: ['*'] },
    { group: 'admissionregistration.k8s.io', resources: ['*'] },
    { group: 'networking.k8s.io', resources: ['*'] },
  ],
  comment: ['Changes of workloads, rights, admission and network policies, with what they became.'],
});

const everyBody = ruleOf({
  level: 'RequestResponse',
  verbs: [...writes, 'get', 'list'],
  resources: [],
  namespaces: [],
  comment: ['Every other request with its bodies.'],
});

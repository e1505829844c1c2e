import fc from 'fast-check';
import type { JsonObject } from '../../src/model/json.ts';

/*
 * Policies, pods and grants from a small alphabet, so that they meet. Each part of a policy is open more often than not
 * and each part of a pod unset more often than not: else nothing would get in.
 */

export interface Grant {
  readonly roles: readonly object[];
  readonly bindings: readonly object[];
}

export interface Case {
  readonly namespace: string;
  /** Undefined is the administrator, who may use every policy. */
  readonly user: { readonly name: string; readonly groups: readonly string[] } | undefined;
  readonly pod: JsonObject;
}

export const namespaces = ['psp-0', 'psp-1', 'psp-2', 'psp-3'] as const;
export const accounts = ['default', 'one', 'two'] as const;
export const runtimeClasses = ['ra', 'rb'] as const;
export const makers = 'makers';
const people = ['anne', 'bob', 'carl'] as const;
const teams = ['red', 'blue'] as const;

type Draft = fc.Arbitrary<JsonObject>;
type Value = JsonObject[string];

/** A record whose parts are each there with a chance of one in `of`. */
function sparse(parts: Readonly<Record<string, fc.Arbitrary<Value>>>, of: number): Draft {
  const options = Object.entries(parts).map(([key, arbitrary]) =>
    fc.oneof(
      { weight: of - 1, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: arbitrary.map((value) => [[key, value] as const]) },
    ),
  );
  return fc.tuple(...options).map((entries) => Object.fromEntries(entries.flat()));
}

const oneOf = <T extends Value>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const some = (values: readonly string[], { from = 1, to = 3 } = {}): fc.Arbitrary<readonly string[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: from, maxLength: to });

const ids = [0, 1, 5, 7, 100, 1000, 65534];
const id = oneOf(...ids);
const capability = ['SYS_TIME', 'SYS_BOOT', 'NET_ADMIN', 'CHOWN', 'CAP_SYS_ADMIN'];
const profiles = ['runtime/default', 'docker/default', 'unconfined', 'localhost/x'];
const appArmor = ['runtime/default', 'unconfined', 'localhost/p'];
const levels = ['s0:c1,c2', 's0:c2,c1', 's0:c1', 's0', ''];
const sysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.tcp_syncookies',
  'kernel.msgmax',
  'net.core.somaxconn',
  'net.core.x',
];
const drivers = ['a.example', 'b.example'];
const hostPaths = ['/var', '/var/', '/var/log', '/var/log/pods', '/variable', '/', '/var/../etc', '/etc'];
const volumeTypes = [
  ...['emptyDir', 'configMap', 'secret', 'hostPath', 'projected', 'downwardAPI', 'persistentVolumeClaim', 'nfs', 'csi'],
  ...['flexVolume', 'cephFS', 'ephemeral', 'gcePersistentDisk'],
];

const selinux = sparse(
  {
    level: oneOf(...levels),
    type: oneOf('container_t', 'spc_t'),
    user: oneOf('system_u', ''),
    role: oneOf('system_r'),
  },
  2,
);

const range = fc.tuple(id, id).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
const ranges = fc.array(range, { minLength: 1, maxLength: 2 });

const groupStrategy: Draft = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ rule: 'RunAsAny' }) },
  { weight: 2, arbitrary: fc.record({ rule: oneOf('MustRunAs', 'MayRunAs'), ranges }) },
);
// One in many lacks its ranges: the server takes it, and the plugin leaves it out.
const bareGroupStrategy: Draft = fc.oneof(
  { weight: 40, arbitrary: groupStrategy },
  { weight: 1, arbitrary: fc.record({ rule: oneOf('MustRunAs', 'MayRunAs') }) },
);
const userStrategy: Draft = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ rule: 'RunAsAny' }) },
  { weight: 2, arbitrary: fc.record({ rule: oneOf('MustRunAs'), ranges }) },
  { weight: 2, arbitrary: fc.constant({ rule: 'MustRunAsNonRoot' }) },
);
const selinuxStrategy: Draft = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ rule: 'RunAsAny' }) },
  { weight: 2, arbitrary: fc.record({ rule: oneOf('MustRunAs'), seLinuxOptions: selinux }) },
  { weight: 1, arbitrary: fc.constant({ rule: 'RunAsAny', seLinuxOptions: { level: 's0' } }) },
);

/** Drops and adds that do not contradict each other: the server refuses those that do. */
const capabilities: Draft = fc
  .record({
    order: fc.shuffledSubarray([...capability, 'ALL'], { minLength: 4 }),
    all: fc.integer({ min: 0, max: 5 }),
    counts: fc.tuple(...[2, 2, 2].map((max) => fc.integer({ min: 0, max }))),
  })
  .map(({ order, all, counts: [drops = 0, adds = 0, allows = 0] }) => {
    const at = [0, drops, drops + adds, drops + adds + allows];
    const slice = (index: number): string[] => order.slice(at[index], at[index + 1]);
    if (all === 0) return { allowedCapabilities: ['*'], defaultAddCapabilities: slice(1) };
    return {
      requiredDropCapabilities: slice(0),
      defaultAddCapabilities: slice(1),
      allowedCapabilities: [...slice(2), ...slice(1).slice(0, 1)],
    };
  });

const policyAnnotations = sparse(
  {
    'seccomp.security.alpha.kubernetes.io/allowedProfileNames': fc.oneof(
      oneOf('*', 'runtime/default', 'docker/default,unconfined', '*,localhost/x', ''),
      some(profiles).map((names) => names.join(',')),
    ),
    'seccomp.security.alpha.kubernetes.io/defaultProfileName': oneOf(...profiles),
    'apparmor.security.beta.kubernetes.io/allowedProfileNames': fc.oneof(
      oneOf(''),
      some(appArmor).map((names) => names.join(',')),
    ),
    'apparmor.security.beta.kubernetes.io/defaultProfileName': oneOf(...appArmor),
  },
  4,
);

const policySpec: Draft = fc
  .tuple(
    fc.record({
      runAsUser: userStrategy,
      seLinux: selinuxStrategy,
      fsGroup: bareGroupStrategy,
      supplementalGroups: groupStrategy,
      volumes: fc.oneof(
        { weight: 3, arbitrary: oneOf<Value>(['*']) },
        { weight: 4, arbitrary: some(volumeTypes, { from: 4, to: 9 }).map((types) => [...types, 'secret']) },
        { weight: 1, arbitrary: some(volumeTypes, { from: 0, to: 6 }) },
      ),
      privileged: oneOf(true, false),
      allowPrivilegeEscalation: oneOf(true, true, true, false),
    }),
    fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: capabilities }),
    sparse(
      {
        hostNetwork: fc.constant(true),
        hostPID: fc.constant(true),
        hostIPC: fc.constant(true),
        hostPorts: fc.array(
          fc
            .tuple(oneOf(0, 80, 443), oneOf(80, 443, 8080))
            .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })),
          { maxLength: 2 },
        ),
        allowedProcMountTypes: some(['Default', 'Unmasked']),
      },
      2,
    ),
    sparse(
      {
        runAsGroup: groupStrategy.filter((strategy) => 'ranges' in strategy),
        readOnlyRootFilesystem: fc.constant(true),
        defaultAllowPrivilegeEscalation: fc.constant(false),
        allowedHostPaths: fc.array(
          sparse({ readOnly: oneOf(true, false) }, 2).chain((rest) =>
            oneOf('/var', '/var/log/', '/', '/etc').map((pathPrefix) => ({ pathPrefix, ...rest })),
          ),
          { maxLength: 2 },
        ),
        allowedFlexVolumes: some(drivers).map((names) => names.map((driver) => ({ driver }))),
        allowedCSIDrivers: some(drivers).map((names) => names.map((name) => ({ name }))),
        runtimeClass: fc
          .record({ allowed: some([...runtimeClasses]), every: fc.boolean(), sets: fc.boolean() })
          .map(({ allowed, every, sets }) => ({
            allowedRuntimeClassNames: every ? ['*'] : allowed,
            ...(sets && { defaultRuntimeClassName: allowed[0] ?? 'ra' }),
          })),
      },
      5,
    ),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant({}) },
      {
        weight: 3,
        arbitrary: oneOf<JsonObject>(
          { allowedUnsafeSysctls: ['*'] },
          { allowedUnsafeSysctls: ['kernel.*'], forbiddenSysctls: ['net.ipv4.*'] },
          { forbiddenSysctls: ['kernel.shm_rmid_forced', 'net.core.*'] },
          { allowedUnsafeSysctls: ['net.core.somaxconn', 'kernel.msg*'] },
        ),
      },
    ),
  )
  .map((parts) => Object.assign({}, ...parts));

export function policiesOf(seed: number, count: number): readonly JsonObject[] {
  const specs = fc.sample(fc.tuple(policySpec, policyAnnotations, fc.integer({ min: 100, max: 999 })), {
    seed,
    numRuns: count,
  });
  return specs.map(([spec, annotations, number], index) => ({
    apiVersion: 'policy/v1beta1',
    kind: 'PodSecurityPolicy',
    metadata: { name: `p${number}-${index}`, annotations },
    spec,
  }));
}

const rbac = 'rbac.authorization.k8s.io';

const grant = fc.record({
  verbs: oneOf<Value>(['use'], ['use'], ['use'], ['*'], ['get', 'use'], ['get']),
  apiGroups: oneOf<Value>(['policy'], ['policy'], ['extensions'], ['*'], ['apps']),
  resources: oneOf<Value>(['podsecuritypolicies'], ['podsecuritypolicies'], ['*'], ['podsecuritypolicies/x']),
  scope: fc.constantFrom('cluster', 'namespace', 'namespace', 'namespace', 'role', 'role'),
  namespace: fc.constantFrom(...namespaces),
  subject: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...people).map((name) => ({ kind: 'User', apiGroup: rbac, name })) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(...teams, 'system:serviceaccounts', 'system:serviceaccounts:psp-1', 'system:authenticated')
        .map((name) => ({ kind: 'Group', apiGroup: rbac, name })),
    },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...accounts), fc.constantFrom(...namespaces))
        .map(([name, namespace]) => ({ kind: 'ServiceAccount', name, namespace })),
    },
  ),
});

/** Who may use which policy: a few grants each, most of them for one namespace. */
export function grantsOf(seed: number, policies: readonly string[]): Grant {
  const grants = fc.sample(fc.array(grant, { minLength: 1, maxLength: 5 }), { seed, numRuns: policies.length });
  const roles: object[] = [];
  const bindings: object[] = [];
  for (const [index, policy] of policies.entries()) {
    for (const [number, { verbs, apiGroups, resources, scope, namespace, subject }] of (
      grants[index] ?? []
    ).entries()) {
      const name = `use-${index}-${number}`;
      const [roleKind, bindingKind] = {
        cluster: ['ClusterRole', 'ClusterRoleBinding'],
        namespace: ['ClusterRole', 'RoleBinding'],
        role: ['Role', 'RoleBinding'],
      }[scope] as [string, string];
      const at = (kind: string): object => (kind.startsWith('Cluster') ? { name } : { name, namespace });
      const rules = [{ verbs, apiGroups, resources, resourceNames: [policy] }];
      roles.push({ apiVersion: `${rbac}/v1`, kind: roleKind, metadata: at(roleKind), rules });
      bindings.push({
        ...{ apiVersion: `${rbac}/v1`, kind: bindingKind, metadata: at(bindingKind) },
        roleRef: { apiGroup: rbac, kind: roleKind, name },
        subjects: [subject],
      });
    }
  }
  return { roles, bindings };
}

const volumeSource: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom<JsonObject>(
    {},
    { emptyDir: {} },
    { configMap: { name: 'c' } },
    { secret: { secretName: 's' } },
    { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } },
    { persistentVolumeClaim: { claimName: 'd' } },
    { nfs: { server: 'n', path: '/' } },
    { cephfs: { monitors: ['m'] } },
    { gcePersistentDisk: { pdName: 'g' } },
  ),
  oneOf(...hostPaths).map((path) => ({ hostPath: { path } })),
  oneOf(...drivers).map((driver) => ({ csi: { driver } })),
  oneOf(...drivers).map((driver) => ({ flexVolume: { driver } })),
  fc
    .uniqueArray(
      fc.constantFrom<JsonObject>(
        { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
        { serviceAccountToken: { path: 'token', audience: 'vault' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { configMap: { name: 'other' } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
        { secret: { name: 's' } },
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((sources) => ({ projected: { sources } })),
);

const seccompProfile = oneOf<JsonObject>(
  { type: 'RuntimeDefault' },
  { type: 'Unconfined' },
  { type: 'Localhost', localhostProfile: 'x' },
);

const containerContext = sparse(
  {
    privileged: oneOf(true, false),
    allowPrivilegeEscalation: oneOf(true, false),
    readOnlyRootFilesystem: oneOf(true, false),
    runAsUser: id,
    runAsGroup: id,
    runAsNonRoot: oneOf(true, true, false),
    procMount: oneOf('Default', 'Unmasked'),
    seLinuxOptions: selinux,
    seccompProfile,
    capabilities: fc.oneof(
      sparse({ add: some(capability), drop: some([...capability, 'ALL']) }, 2),
      oneOf<JsonObject>({}, { add: [], drop: [] }, { add: ['CHOWN', 'CHOWN'] }),
    ),
  },
  7,
);

const podContext = sparse(
  {
    fsGroup: id,
    supplementalGroups: fc.uniqueArray(id, { maxLength: 2 }),
    runAsUser: id,
    runAsGroup: id,
    runAsNonRoot: oneOf(true, true, false),
    seLinuxOptions: selinux,
    seccompProfile,
    sysctls: some(sysctls, { to: 2 }).map((names) => names.map((name) => ({ name, value: '1' }))),
  },
  6,
);

const container = fc.record({
  context: fc.option(containerContext, { nil: undefined }),
  ports: fc.array(sparse({ hostPort: oneOf(80, 443, 8080, 22) }, 3), { maxLength: 1 }),
  mount: oneOf('none', 'none', 'read', 'write'),
  token: fc.integer({ min: 0, max: 15 }),
});

const podParts = fc.record({
  containers: fc.array(container, { minLength: 1, maxLength: 2 }),
  initContainers: fc.oneof(
    { weight: 2, arbitrary: fc.array(container, { maxLength: 0 }) },
    { weight: 1, arbitrary: fc.array(container, { minLength: 1, maxLength: 1 }) },
  ),
  ephemeral: fc.integer({ min: 0, max: 25 }),
  volumes: fc.oneof(
    { weight: 2, arbitrary: fc.array(volumeSource, { maxLength: 0 }) },
    { weight: 1, arbitrary: fc.array(volumeSource, { minLength: 1, maxLength: 2 }) },
  ),
  context: fc.option(podContext, { nil: undefined, freq: 4 }),
  host: sparse({ hostNetwork: oneOf(true), hostPID: oneOf(true), hostIPC: oneOf(true) }, 14),
  rest: sparse({ runtimeClassName: oneOf(...runtimeClasses), automountServiceAccountToken: oneOf(true, false) }, 8),
  account: sparse({ serviceAccountName: oneOf(...accounts), serviceAccount: oneOf(...accounts) }, 2),
  annotations: sparse(
    {
      'seccomp.security.alpha.kubernetes.io/pod': oneOf(...profiles),
      'container.seccomp.security.alpha.kubernetes.io/c0': oneOf(...profiles),
      'container.apparmor.security.beta.kubernetes.io/c0': oneOf(...appArmor, ''),
      'kubernetes.io/psp': oneOf('p1', 'other'),
      note: oneOf('a'),
    },
    9,
  ),
  generated: fc.boolean(),
});

type Parts = typeof podParts extends fc.Arbitrary<infer T> ? T : never;

const tokenMount = { name: 'v0', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };

function podOf(parts: Parts): JsonObject {
  const hasVolume = parts.volumes.length > 0;
  const list = (prefix: string, containers: Parts['containers']): readonly JsonObject[] =>
    containers.map(({ context, ports, mount, token }, index) => ({
      name: `${prefix}${index}`,
      image: 'registry.example/app:1',
      ...(context && { securityContext: context }),
      // Each its own, as ports of one pod must not meet; on the host's network both have to be the same.
      ...(ports.length > 0 && { ports: ports.map((port) => portOf(port, parts.host)) }),
      ...(hasVolume && {
        volumeMounts: [
          ...(mount === 'none' ? [] : [{ name: 'v0', mountPath: '/v', ...(mount === 'read' && { readOnly: true }) }]),
          ...(token === 0 ? [tokenMount] : []),
        ],
      }),
    }));
  const ephemeral = { name: 'e', image: 'registry.example/debug:1', securityContext: { privileged: true } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(parts.generated ? { generateName: 'web-' } : { name: 'web' }),
      ...(Object.keys(parts.annotations).length > 0 && { annotations: parts.annotations }),
    },
    spec: {
      ...parts.host,
      ...parts.rest,
      ...parts.account,
      ...(parts.context && { securityContext: parts.context }),
      ...(hasVolume && { volumes: parts.volumes.map((source, index) => ({ name: `v${index}`, ...source })) }),
      ...(parts.initContainers.length > 0 && { initContainers: list('i', parts.initContainers) }),
      containers: list('c', parts.containers),
      ...(parts.ephemeral === 0 && { ephemeralContainers: [ephemeral] }),
    },
  };
}

function portOf({ hostPort }: JsonObject, host: JsonObject): JsonObject {
  if (hostPort === undefined) return { containerPort: 9000 };
  return { containerPort: host['hostNetwork'] === true ? hostPort : 9000, hostPort };
}

const asker: fc.Arbitrary<Case['user']> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...people), fc.subarray([...teams]))
      .map(([name, groups]) => ({ name, groups: [makers, ...groups] })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...namespaces), fc.constantFrom(...accounts)).map(([namespace, name]) => ({
      name: `system:serviceaccount:${namespace}:${name}`,
      groups: [makers, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    })),
  },
  { weight: 2, arbitrary: fc.constant(undefined) },
);

export function casesOf(seed: number, count: number): readonly Case[] {
  return fc
    .sample(fc.tuple(fc.constantFrom(...namespaces), asker, podParts), { seed, numRuns: count })
    .map(([namespace, user, parts]) => ({ namespace, user, pod: podOf(parts) }));
}

const wrong: readonly JsonObject[] = [
  { runAsUser: { rule: 'MustRunAs', ranges: [{ min: 5, max: 1 }] } },
  { runAsUser: { rule: 'Must' } },
  { runAsGroup: { rule: 'MayRunAs' } },
  { runAsGroup: { rule: 'RunAsAny', ranges: [{ min: 1, max: 2 }] } },
  { seLinux: { rule: 'MustRunAsNonRoot' } },
  { fsGroup: { rule: 'MustRunAs', ranges: [{ min: -1, max: 1 }] } },
  { supplementalGroups: {} },
  { volumes: ['cephfs', 'emptyDir', ''] },
  { requiredDropCapabilities: ['A', 'B'], defaultAddCapabilities: ['A'], allowedCapabilities: ['B', 'C'] },
  { requiredDropCapabilities: ['A'], allowedCapabilities: ['*'] },
  { allowPrivilegeEscalation: false, defaultAllowPrivilegeEscalation: true },
  { allowedHostPaths: [{ pathPrefix: '../a' }, {}, { pathPrefix: '..' }] },
  { allowedFlexVolumes: [{ driver: 'a' }, { driver: '' }] },
  { allowedCSIDrivers: [{ name: 'A.b' }, { name: '-' }, { name: '' }] },
  { allowedCSIDrivers: [{ name: 'a'.repeat(64) }] },
  { allowedUnsafeSysctls: ['a.*', 'b.c'], forbiddenSysctls: ['a.b', 'b.*', 'a.*'] },
  { allowedUnsafeSysctls: ['*', 'a'], forbiddenSysctls: ['', 'a*b', 'A'] },
  { runtimeClass: { allowedRuntimeClassNames: ['a', 'a', ''], defaultRuntimeClassName: 'b' } },
  { runtimeClass: { allowedRuntimeClassNames: ['*', 'a'], defaultRuntimeClassName: 'B' } },
  { allowedProcMountTypes: ['Masked'] },
];

/** Policies of which many are not taken, each for a few reasons; and one in some is sound. */
export function wrongPoliciesOf(seed: number, count: number): readonly JsonObject[] {
  const spoil = fc.tuple(
    policySpec,
    fc.subarray([...wrong], { maxLength: 4 }),
    sparse(
      {
        'apparmor.security.beta.kubernetes.io/allowedProfileNames': oneOf('runtime/default,,x', 'localhost/,y'),
        'apparmor.security.beta.kubernetes.io/defaultProfileName': oneOf('x'),
        'seccomp.security.alpha.kubernetes.io/allowedProfileNames': oneOf('runtime/default,', '*,x', 'localhost/'),
        'seccomp.security.alpha.kubernetes.io/defaultProfileName': oneOf('*', 'localhost/../x', 'localhost//a/..'),
      },
      4,
    ),
  );
  return fc.sample(spoil, { seed, numRuns: count }).map(([spec, spoilt, annotations], index) => ({
    ...{ apiVersion: 'policy/v1beta1', kind: 'PodSecurityPolicy' },
    metadata: { name: `wrong-${index}`, annotations },
    spec: Object.assign({}, spec, ...spoilt),
  }));
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../model/json.ts';
import { formatPath } from '../../model/path.ts';
import { evaluatePod, podFromJson, podSecurityChecks } from './index.ts';
import { type PodSecurityLevel, parsePolicyVersion } from './policy.ts';

interface Case {
  readonly level?: PodSecurityLevel;
  readonly version?: string;
  readonly server?: number;
}

function evaluate(object: JsonObject, { level = 'baseline', version = 'latest', server }: Case = {}) {
  const parsed = parsePolicyVersion(version);
  if (parsed === undefined) throw new Error(`${version} is not a policy version`);
  const options = server === undefined ? {} : { serverMinor: server };
  return evaluatePod(podFromJson(object).pod, { level, version: parsed }, options);
}

function failedChecks(object: JsonObject, at?: Case): readonly string[] {
  return evaluate(object, at).map(({ check }) => check);
}

/** A container that restricted admits at every version. */
const hardened: JsonObject = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

function podWith(spec: JsonObject, container: JsonObject = {}): JsonObject {
  const securityContext = { ...hardened, ...(container.securityContext as JsonObject | undefined) };
  return { spec: { containers: [{ name: 'a', ...container, securityContext }], ...spec } };
}

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Container fields, each with the one check that they break at restricted, v1.37. */
const badContainers: readonly { fields: JsonObject; check: string }[] = [
  { fields: { securityContext: { appArmorProfile: { type: 'Unconfined' } } }, check: 'appArmorProfile' },
  { fields: { securityContext: { privileged: true } }, check: 'privileged' },
  { fields: { securityContext: { procMount: 'Unmasked' } }, check: 'procMount_restricted' },
  { fields: { securityContext: { seLinuxOptions: { type: 'spc_t' } } }, check: 'seLinuxOptions' },
  { fields: { securityContext: { windowsOptions: { hostProcess: true } } }, check: 'windowsHostProcess' },
  { fields: { securityContext: { allowPrivilegeEscalation: true } }, check: 'allowPrivilegeEscalation' },
  { fields: { securityContext: { capabilities: { drop: ['all'] } } }, check: 'capabilities_restricted' },
  { fields: { securityContext: { runAsNonRoot: false } }, check: 'runAsNonRoot' },
  { fields: { securityContext: { runAsUser: 0 } }, check: 'runAsUser' },
  { fields: { securityContext: { seccompProfile: { type: 'Unconfined' } } }, check: 'seccompProfile_restricted' },
  { fields: { ports: [{ containerPort: 80, hostPort: 80 }] }, check: 'hostPorts' },
  { fields: { livenessProbe: { httpGet: { host: '127.0.0.1' } } }, check: 'hostProbesAndHostLifecycle' },
];

describe('the table of checks', () => {
  it('is in the order in which the API server reports', () => {
    const keys = podSecurityChecks.map(({ level, id }) => `${level}/${id}`);
    expect(keys).toEqual([...keys].sort());
    expect(new Set(keys).size).toBe(19);
  });

  it('has versions in increasing order, and overrides that exist', () => {
    const ids = new Set(podSecurityChecks.map(({ id }) => id));
    for (const { id, versions, overrides } of podSecurityChecks) {
      const minors = versions.map(({ since }) => since);
      expect(minors, id).toEqual([...new Set(minors)].sort((a, b) => a - b));
      for (const overridden of overrides) expect(ids, id).toContain(overridden);
    }
  });
});

describe('levels', () => {
  const worst = podWith({ hostPID: true }, { securityContext: { privileged: true, runAsUser: 0 } });

  it.each([
    ['privileged', []],
    ['baseline', ['hostNamespaces', 'privileged']],
    ['restricted', ['hostNamespaces', 'privileged', 'runAsUser']],
  ] as const)('%s', (level, expected) => {
    expect(failedChecks(worst, { level })).toEqual(expected);
  });

  it('admit a hardened pod', () => {
    expect(failedChecks(podWith({}), { level: 'restricted' })).toEqual([]);
  });
});

describe('containers of every list are judged', () => {
  it.each(badContainers.flatMap(({ fields, check }) => lists.map((list) => ({ check, list, fields }))))(
    '$check in $list',
    ({ check, list, fields }) => {
      const bad = {
        name: 'bad',
        ...fields,
        securityContext: { ...hardened, ...(fields.securityContext as JsonObject) },
      };
      const good = { name: 'good', securityContext: hardened };
      const spec = list === 'containers' ? { containers: [good, bad] } : { containers: [good], [list]: [good, bad] };
      const [result, ...others] = evaluate({ spec }, { level: 'restricted' });
      expect(others).toEqual([]);
      expect(result?.check).toBe(check);
      const [violation] = result?.violations ?? [];
      expect(violation?.container?.name).toBe('bad');
      expect(formatPath(violation?.path ?? [])).toContain(formatPath(['spec', list, 1]));
    },
  );
});

const windows = {
  spec: { os: { name: 'windows' }, securityContext: { runAsNonRoot: true }, containers: [{ name: 'a' }] },
};
const image = podWith({ volumes: [{ name: 'v', image: { reference: 'registry.example/data:1' } }] });
const unconfined = podWith({}, { securityContext: { appArmorProfile: { type: 'Unconfined' } } });
const userNamespace = podWith({ hostUsers: false }, { securityContext: { runAsNonRoot: false, runAsUser: 0 } });
const unmasked = podWith({ hostUsers: false }, { securityContext: { procMount: 'Unmasked' } });
const engine = podWith({ securityContext: { seLinuxOptions: { type: 'container_engine_t' } } });
const handler = podWith({}, { lifecycle: { preStop: { tcpSocket: { host: 'db', port: 1 } } } });
const bare = { spec: { containers: [{ name: 'a' }] } };
const all = { spec: { containers: [{ name: 'a', securityContext: { capabilities: { add: ['ALL'] } } }] } };
const hostPath = podWith({ volumes: [{ name: 'v', hostPath: { path: '/' } }] });
const restricted = { level: 'restricted' } as const;

describe('time', () => {
  it.each<Case & { name: string; pod: JsonObject; fails: readonly string[] }>([
    {
      name: 'a Windows pod before its exemption',
      pod: windows,
      ...restricted,
      version: 'v1.24',
      fails: ['allowPrivilegeEscalation', 'capabilities_restricted', 'seccompProfile_restricted'],
    },
    { name: 'a Windows pod after it', pod: windows, ...restricted, version: 'v1.25', fails: [] },
    { name: 'container_engine_t, v1.30', pod: engine, version: 'v1.30', fails: ['seLinuxOptions'] },
    { name: 'container_engine_t, v1.31', pod: engine, version: 'v1.31', fails: [] },
    { name: 'container_engine_t, latest of a 1.30 server', pod: engine, server: 30, fails: ['seLinuxOptions'] },
    {
      name: 'container_engine_t, v1.31 on a 1.30 server',
      pod: engine,
      version: 'v1.31',
      server: 30,
      fails: ['seLinuxOptions'],
    },
    { name: 'handler host, v1.33', pod: handler, version: 'v1.33', fails: [] },
    { name: 'handler host, v1.34', pod: handler, version: 'v1.34', fails: ['hostProbesAndHostLifecycle'] },
    { name: 'handler host, v1.34 on a 1.33 server', pod: handler, version: 'v1.34', server: 33, fails: [] },
    { name: 'image volume, v1.0 on the newest server', pod: image, ...restricted, version: 'v1.0', fails: [] },
    { name: 'image volume, 1.33 server', pod: image, ...restricted, server: 33, fails: [] },
    { name: 'image volume, 1.32 server', pod: image, ...restricted, server: 32, fails: ['restrictedVolumes'] },
    { name: 'image volume, 1.31 server', pod: image, ...restricted, server: 31, fails: ['restrictedVolumes'] },
    { name: 'image volume, a server that drops the field', pod: image, ...restricted, server: 30, fails: [] },
    { name: 'AppArmor field, v1.0 on the newest server', pod: unconfined, version: 'v1.0', fails: ['appArmorProfile'] },
    { name: 'AppArmor field, 1.30 server', pod: unconfined, server: 30, fails: ['appArmorProfile'] },
    { name: 'AppArmor field, 1.29 server', pod: unconfined, server: 29, fails: [] },
    {
      name: 'root in a user namespace, v1.34',
      pod: userNamespace,
      ...restricted,
      version: 'v1.34',
      fails: ['runAsNonRoot', 'runAsUser'],
    },
    { name: 'root in a user namespace, v1.35', pod: userNamespace, ...restricted, version: 'v1.35', fails: [] },
    {
      name: 'root in a user namespace, 1.34 server',
      pod: userNamespace,
      ...restricted,
      server: 34,
      fails: ['runAsNonRoot', 'runAsUser'],
    },
    { name: 'procMount in a user namespace, v1.34', pod: unmasked, version: 'v1.34', fails: ['procMount'] },
    { name: 'procMount in a user namespace, v1.35', pod: unmasked, version: 'v1.35', fails: [] },
    {
      name: 'procMount in a user namespace, restricted v1.34',
      pod: unmasked,
      ...restricted,
      version: 'v1.34',
      fails: ['procMount'],
    },
    {
      name: 'procMount in a user namespace, restricted v1.35',
      pod: unmasked,
      ...restricted,
      version: 'v1.35',
      fails: ['procMount_restricted'],
    },
    { name: 'a bare pod, v1.7', pod: bare, ...restricted, version: 'v1.7', fails: ['runAsNonRoot'] },
    {
      name: 'a bare pod, v1.8',
      pod: bare,
      ...restricted,
      version: 'v1.8',
      fails: ['allowPrivilegeEscalation', 'runAsNonRoot'],
    },
    {
      name: 'a bare pod, v1.19',
      pod: bare,
      ...restricted,
      version: 'v1.19',
      fails: ['allowPrivilegeEscalation', 'runAsNonRoot', 'seccompProfile_restricted'],
    },
    {
      name: 'added capabilities, v1.21',
      pod: all,
      ...restricted,
      version: 'v1.21',
      fails: ['capabilities_baseline', 'allowPrivilegeEscalation', 'runAsNonRoot', 'seccompProfile_restricted'],
    },
    {
      name: 'added capabilities, v1.22',
      pod: all,
      ...restricted,
      version: 'v1.22',
      fails: ['allowPrivilegeEscalation', 'capabilities_restricted', 'runAsNonRoot', 'seccompProfile_restricted'],
    },
    {
      name: 'added capabilities on a server that reports twice',
      pod: all,
      ...restricted,
      server: 23,
      fails: [
        ...['capabilities_baseline', 'allowPrivilegeEscalation', 'capabilities_restricted', 'runAsNonRoot'],
        'seccompProfile_restricted',
      ],
    },
    { name: 'hostPath, 1.24 server', pod: hostPath, ...restricted, server: 24, fails: ['restrictedVolumes'] },
    {
      name: 'hostPath, 1.23 server',
      pod: hostPath,
      ...restricted,
      server: 23,
      fails: ['hostPathVolumes', 'restrictedVolumes'],
    },
    {
      name: 'root user, v1.22',
      pod: podWith({}, { securityContext: { runAsUser: 0 } }),
      ...restricted,
      version: 'v1.22',
      fails: [],
    },
    {
      name: 'root user, v1.23',
      pod: podWith({}, { securityContext: { runAsUser: 0 } }),
      ...restricted,
      version: 'v1.23',
      fails: ['runAsUser'],
    },
    {
      name: 'a policy version of the far future',
      pod: handler,
      version: 'v1.999',
      fails: ['hostProbesAndHostLifecycle'],
    },
    { name: 'a server of the far future', pod: handler, server: 99, fails: ['hostProbesAndHostLifecycle'] },
    {
      name: 'a server before Pod Security admission is taken for the first with it',
      pod: bare,
      ...restricted,
      server: 20,
      fails: ['allowPrivilegeEscalation', 'capabilities_restricted', 'runAsNonRoot', 'seccompProfile_restricted'],
    },
    {
      name: 'a server before Pod Security admission, v1.23',
      pod: podWith({}, { securityContext: { runAsUser: 0 } }),
      ...restricted,
      version: 'v1.23',
      server: 20,
      fails: [],
    },
  ])('$name', (row) => {
    expect(failedChecks(row.pod, row)).toEqual(row.fails);
  });

  it('lets a restricted Windows pod add capabilities, as upstream does: the overriding check exempts it', () => {
    const securityContext = { capabilities: { add: ['SYS_ADMIN'] }, runAsNonRoot: true };
    const pod = { spec: { os: { name: 'windows' }, containers: [{ name: 'a', securityContext }] } };
    expect(failedChecks(pod, restricted)).toEqual([]);
    expect(failedChecks(pod)).toEqual(['capabilities_baseline']);
  });
});

describe('sysctls', () => {
  const since: readonly (readonly [name: string, minor: number])[] = [
    ['kernel.shm_rmid_forced', 0],
    ['net.ipv4.ip_local_port_range', 0],
    ['net.ipv4.tcp_syncookies', 0],
    ['net.ipv4.ping_group_range', 0],
    ['net.ipv4.ip_unprivileged_port_start', 0],
    ['net.ipv4.ip_local_reserved_ports', 27],
    ['net.ipv4.tcp_keepalive_time', 29],
    ['net.ipv4.tcp_fin_timeout', 29],
    ['net.ipv4.tcp_keepalive_intvl', 29],
    ['net.ipv4.tcp_keepalive_probes', 29],
    ['net.ipv4.tcp_rmem', 32],
    ['net.ipv4.tcp_wmem', 32],
    ['net.ipv4.tcp_slow_start_after_idle', 37],
    ['net.ipv4.tcp_notsent_lowat', 37],
  ];

  it.each(since)('%s is allowed from v1.%i', (name, minor) => {
    const pod = podWith({ securityContext: { sysctls: [{ name, value: '1' }] } });
    expect(failedChecks(pod, { version: `v1.${minor}` })).toEqual([]);
    if (minor > 0) expect(failedChecks(pod, { version: `v1.${minor - 1}` })).toEqual(['sysctls']);
  });
});

describe('seccomp annotations', () => {
  const podKey = 'seccomp.security.alpha.kubernetes.io/pod';
  const keyOf = (name: string) => `container.seccomp.security.alpha.kubernetes.io/${name}`;
  const annotated = (annotations: JsonObject) => ({ metadata: { annotations }, spec: { containers: [{ name: 'a' }] } });

  it.each([
    ['on the pod', { [podKey]: 'unconfined' }, true],
    ['empty', { [podKey]: '' }, true],
    ['on a container', { [keyOf('a')]: 'unconfined' }, true],
    ['on a container that is not there', { [keyOf('b')]: 'unconfined' }, false],
    ['runtime/default', { [podKey]: 'runtime/default', [keyOf('a')]: 'docker/default' }, false],
    ['localhost', { [podKey]: 'localhost/a.json' }, false],
  ] as const)('%s', (_, annotations, fails) => {
    expect(failedChecks(annotated(annotations), { version: 'v1.18' })).toEqual(
      fails ? ['seccompProfile_baseline'] : [],
    );
    expect(failedChecks(annotated(annotations), { version: 'v1.19' })).toEqual([]);
  });
});

describe('violations', () => {
  const paths = (object: JsonObject, at?: Case) =>
    evaluate(object, at).flatMap(({ violations }) => violations.map(({ path, value }) => [path.join('.'), value]));

  it.each<[string, JsonObject, Case, readonly (readonly [string, Json | undefined])[]]>([
    ['what is set', podWith({ hostIPC: true }), {}, [['spec.hostIPC', true]]],
    [
      'each capability',
      podWith({}, { securityContext: { capabilities: { add: ['NET_ADMIN', 'KILL', 'BPF'] } } }),
      {},
      [
        ['spec.containers.0.securityContext.capabilities.add.0', 'NET_ADMIN'],
        ['spec.containers.0.securityContext.capabilities.add.2', 'BPF'],
      ],
    ],
    [
      'what is missing',
      podWith({}, { securityContext: { allowPrivilegeEscalation: null } }),
      restricted,
      [['spec.containers.0.securityContext.allowPrivilegeEscalation', undefined]],
    ],
    [
      'annotations',
      { metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' } } },
      {},
      [['metadata.annotations.container.apparmor.security.beta.kubernetes.io/a', 'unconfined']],
    ],
    ['volumes', podWith({ volumes: [{ name: 'v', nfs: {} }] }), restricted, [['spec.volumes.0.nfs', undefined]]],
    [
      'sysctls',
      podWith({ securityContext: { sysctls: [{ name: 'kernel.msgmax' }] } }),
      {},
      [['spec.securityContext.sysctls.0.name', 'kernel.msgmax']],
    ],
  ])('point at %s', (_, object, at, expected) => {
    expect(paths(object, at)).toEqual(expected);
  });
});

const versions = fc.oneof(
  fc.constant('latest'),
  fc.nat(40).map((minor) => `v1.${minor}`),
);
const levels = fc.constantFrom<PodSecurityLevel>('baseline', 'restricted');
const servers = fc.integer({ min: 22, max: 40 });

describe('properties', () => {
  it('the list that a container is in does not change which checks fail', () => {
    const container = fc.subarray([...badContainers], { maxLength: 3 }).map((faults) => {
      const fields: Record<string, Json> = {};
      let securityContext: JsonObject = hardened;
      for (const fault of faults) {
        Object.assign(fields, fault.fields);
        securityContext = { ...securityContext, ...(fault.fields.securityContext as JsonObject | undefined) };
      }
      return { ...fields, name: 'a', securityContext };
    });
    fc.assert(
      fc.property(container, levels, versions, servers, (a, level, version, server) => {
        const [inInit, ...others] = lists.map((list) =>
          failedChecks({ spec: { [list]: [a] } }, { level, version, server }),
        );
        for (const other of others) expect(other).toEqual(inInit);
      }),
      { numRuns: 200 },
    );
  });

  it('restricted admits nothing that baseline refuses, but what upstream exempts', () => {
    const pod = fc.subarray([...badContainers]).map((faults) => ({
      spec: { containers: faults.map(({ fields }, index) => ({ name: `c${index}`, ...fields })) },
    }));
    fc.assert(
      fc.property(pod, versions, servers, (object, version, server) => {
        if (failedChecks(object, { version, server }).length === 0) return;
        expect(failedChecks(object, { ...restricted, version, server })).not.toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('no JSON throws', () => {
    const keys = fc.constantFrom(
      ...['securityContext', 'capabilities', 'add', 'seccompProfile', 'type', 'ports', 'volumes', 'name', '__proto__'],
      ...['hostPath', 'constructor', 'sysctls', 'lifecycle', 'preStop', 'httpGet', 'host', 'annotations'],
    );
    const json = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<Json>(null, true, 0, -1, 1.5, '', 'ALL', 'unconfined', '\ud800'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    const list = fc.oneof(json, fc.array(fc.dictionary(keys, json), { maxLength: 2 }));
    const spec = fc.record({ containers: list, initContainers: list, volumes: list, securityContext: json });
    const object = fc.record({ metadata: json, spec: fc.oneof(json, spec) });
    fc.assert(
      fc.property(object, levels, versions, servers, (value, level, version, server) => {
        for (const { reason, detail } of evaluate(value, { level, version, server })) {
          expect(`${reason} ${detail}`).not.toContain('undefined');
        }
      }),
      { numRuns: 300 },
    );
  });
});

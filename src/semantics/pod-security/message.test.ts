import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { evaluatePod, formatDenial, formatWarning, latestVersion, podFromJson } from './index.ts';
import type { PodSecurityLevel } from './policy.ts';
import { parsePolicyVersion } from './policy.ts';

interface Case {
  readonly check: string;
  readonly pod: JsonObject;
  readonly reason: string;
  readonly detail: string;
  readonly level?: PodSecurityLevel;
  readonly version?: string;
  readonly server?: number;
}

const container = (name: string, securityContext: JsonObject = {}) => ({ name, securityContext });
const containers = (...items: readonly JsonObject[]): JsonObject => ({ spec: { containers: items } });
const appArmor = 'container.apparmor.security.beta.kubernetes.io/';
const seccomp = 'seccomp.security.alpha.kubernetes.io/pod';
const containerSeccomp = 'container.seccomp.security.alpha.kubernetes.io/';
const unconfined = { type: 'Unconfined' };
const restricted = { level: 'restricted' } as const;

const cases: readonly Case[] = [
  {
    check: 'appArmorProfile',
    pod: containers(container('a', { appArmorProfile: unconfined })),
    reason: 'forbidden AppArmor profile',
    detail: 'container "a" must not set AppArmor profile type to "Unconfined"',
  },
  {
    check: 'appArmorProfile',
    pod: {
      metadata: {
        annotations: { [`${appArmor}b`]: 'unconfined', [`${appArmor}a`]: 'x', [`${appArmor}c`]: 'localhost/' },
      },
      spec: {
        securityContext: { appArmorProfile: { type: 'bogus' } },
        containers: [container('a', { appArmorProfile: unconfined }), container('b', { appArmorProfile: unconfined })],
      },
    },
    reason: 'forbidden AppArmor profiles',
    detail:
      'pod and containers "a", "b" and annotations must not set AppArmor profile type to "Unconfined", "bogus", ' +
      `"${appArmor}a="x"", "${appArmor}b="unconfined""`,
  },
  {
    check: 'appArmorProfile',
    pod: { metadata: { annotations: { [`${appArmor}b`]: 'unconfined', [`${appArmor}a`]: 'a\n' } } },
    server: 29,
    reason: 'forbidden AppArmor profiles',
    detail: `${appArmor}a="a\\n", ${appArmor}b="unconfined"`,
  },
  {
    check: 'capabilities_baseline',
    pod: containers(
      container('a', { capabilities: { add: ['SYS_ADMIN', 'KILL', 'CAP_KILL'] } }),
      container('b', { capabilities: { add: ['BPF', 'SYS_ADMIN'] } }),
    ),
    reason: 'non-default capabilities',
    detail: 'containers "a", "b" must not include "BPF", "CAP_KILL", "SYS_ADMIN" in securityContext.capabilities.add',
  },
  {
    check: 'hostNamespaces',
    pod: { spec: { hostPID: true, hostIPC: true, hostNetwork: true } },
    reason: 'host namespaces',
    detail: 'hostNetwork=true, hostPID=true, hostIPC=true',
  },
  {
    check: 'hostPathVolumes',
    pod: { spec: { volumes: [{ name: 'b', hostPath: {} }, { name: 'c' }, { name: 'a', hostPath: {} }] } },
    reason: 'hostPath volumes',
    detail: 'volumes "b", "a"',
  },
  {
    check: 'hostPorts',
    pod: containers(
      { name: 'a', ports: [{ hostPort: 80 }, { hostPort: 443 }, { hostPort: 0 }] },
      { name: 'b', ports: [{ hostPort: 80 }] },
    ),
    reason: 'hostPort',
    detail: 'containers "a", "b" use hostPorts 443, 80',
  },
  {
    check: 'hostPorts',
    pod: containers({ name: 'a', ports: [{ hostPort: 80 }] }),
    reason: 'hostPort',
    detail: 'container "a" uses hostPort 80',
  },
  {
    check: 'hostPorts',
    pod: {
      spec: {
        hostNetwork: true,
        containers: [{ name: 'a', ports: [{ containerPort: 8080 }] }],
        ephemeralContainers: [{ name: 'not-defaulted', ports: [{ containerPort: 9090 }] }],
      },
    },
    reason: 'hostPort',
    detail: 'container "a" uses hostPort 8080',
  },
  {
    check: 'hostProbesAndHostLifecycle',
    pod: containers(
      { name: 'b', livenessProbe: { httpGet: { host: 'z' } }, lifecycle: { postStart: { tcpSocket: { host: 'y' } } } },
      { name: 'a', startupProbe: { tcpSocket: { host: 'z' } }, readinessProbe: { httpGet: { host: '' } } },
    ),
    reason: 'probe or lifecycle host',
    detail: 'containers "a", "b" use probe or lifecycle hosts "y", "z"',
  },
  {
    check: 'privileged',
    pod: containers(container('a', { privileged: true }), container('b'), container('c', { privileged: true })),
    reason: 'privileged',
    detail: 'containers "a", "c" must not set securityContext.privileged=true',
  },
  {
    check: 'procMount',
    pod: containers(container('a', { procMount: 'Unmasked' }), container('b', { procMount: '' })),
    reason: 'procMount',
    detail: 'containers "a", "b" must not set securityContext.procMount to "", "Unmasked"',
  },
  {
    check: 'seLinuxOptions',
    pod: {
      spec: {
        securityContext: { seLinuxOptions: { type: 'foo', level: 's0' } },
        containers: [
          container('a', { seLinuxOptions: { type: 'bar' } }),
          container('b', { seLinuxOptions: { user: 'u' } }),
          container('c', { seLinuxOptions: { role: 'r', type: 'container_t' } }),
        ],
      },
    },
    reason: 'seLinuxOptions',
    detail:
      'pod and containers "a", "b", "c" set forbidden securityContext.seLinuxOptions: types "bar", "foo"; ' +
      'user may not be set; role may not be set',
  },
  {
    check: 'seLinuxOptions',
    pod: { spec: { securityContext: { seLinuxOptions: { user: 'u' } } } },
    server: 26,
    reason: 'seLinuxOptions',
    detail: 'pod set forbidden securityContext.seLinuxOptions: user may not be set',
  },
  {
    check: 'seLinuxOptions',
    pod: { spec: { securityContext: { seLinuxOptions: { user: 'u' } } } },
    server: 25,
    reason: 'seLinuxOptions',
    detail: 'pod set forbidden securityContext.seLinuxOptions: ',
  },
  {
    check: 'seLinuxOptions',
    pod: { spec: { securityContext: { seLinuxOptions: { type: 'foo', role: 'r' } } } },
    server: 25,
    reason: 'seLinuxOptions',
    detail: 'pod set forbidden securityContext.seLinuxOptions: type "foo"; role may not be set',
  },
  {
    check: 'seccompProfile_baseline',
    pod: {
      metadata: {
        annotations: { [seccomp]: 'unconfined', [`${containerSeccomp}a`]: '', [`${containerSeccomp}x`]: '' },
      },
      ...containers(container('a')),
    },
    version: 'v1.18',
    reason: 'seccompProfile',
    detail: `forbidden annotations ${containerSeccomp}a="", ${seccomp}="unconfined"`,
  },
  {
    check: 'seccompProfile_baseline',
    pod: {
      spec: {
        securityContext: { seccompProfile: unconfined },
        containers: [container('a', { seccompProfile: {} }), container('b', { seccompProfile: { type: 'Localhost' } })],
      },
    },
    reason: 'seccompProfile',
    detail: 'pod and container "a" must not set securityContext.seccompProfile.type to "", "Unconfined"',
  },
  {
    check: 'sysctls',
    pod: { spec: { securityContext: { sysctls: [{ name: 'b' }, { name: 'kernel.shm_rmid_forced' }, { name: 'a' }] } } },
    reason: 'forbidden sysctls',
    detail: 'b, a',
  },
  {
    check: 'windowsHostProcess',
    pod: {
      spec: {
        securityContext: { windowsOptions: { hostProcess: true } },
        containers: [container('a', { windowsOptions: { hostProcess: true } }), container('b', { windowsOptions: {} })],
      },
    },
    reason: 'hostProcess',
    detail: 'pod and container "a" must not set securityContext.windowsOptions.hostProcess=true',
  },
  {
    check: 'allowPrivilegeEscalation',
    pod: containers(container('a'), container('b', { allowPrivilegeEscalation: true })),
    ...restricted,
    reason: 'allowPrivilegeEscalation != false',
    detail: 'containers "a", "b" must set securityContext.allowPrivilegeEscalation=false',
  },
  {
    check: 'capabilities_restricted',
    pod: containers(
      container('a', { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'CHOWN'] } }),
      container('b', { capabilities: { drop: ['NET_RAW'] } }),
    ),
    ...restricted,
    reason: 'unrestricted capabilities',
    detail:
      'container "b" must set securityContext.capabilities.drop=["ALL"]; ' +
      'container "a" must not include "CHOWN" in securityContext.capabilities.add',
  },
  {
    check: 'procMount_restricted',
    pod: containers(container('a', { procMount: 'Unmasked' })),
    ...restricted,
    reason: 'procMount',
    detail: 'container "a" must not set securityContext.procMount to "Unmasked"',
  },
  {
    check: 'restrictedVolumes',
    pod: {
      spec: {
        volumes: [
          { name: 'z', nfs: {} },
          { name: 'y', cephfs: {} },
          { name: 'x', notYetInvented: {} },
          { name: 'w', hostPath: {} },
          { name: 'v', emptyDir: {} },
        ],
      },
    },
    ...restricted,
    reason: 'restricted volume types',
    detail: 'volumes "z", "y", "x", "w" use restricted volume types "cephfs", "hostPath", "nfs", "unknown"',
  },
  {
    check: 'restrictedVolumes',
    pod: { spec: { volumes: [{ name: 'v', image: {} }] } },
    ...restricted,
    server: 32,
    reason: 'restricted volume types',
    detail: 'volume "v" uses restricted volume type "unknown"',
  },
  {
    check: 'runAsNonRoot',
    pod: { spec: { securityContext: { runAsNonRoot: false }, containers: [container('a', { runAsNonRoot: true })] } },
    ...restricted,
    reason: 'runAsNonRoot != true',
    detail: 'pod must not set securityContext.runAsNonRoot=false',
  },
  {
    check: 'runAsNonRoot',
    pod: containers(container('a', { runAsNonRoot: false }), container('b')),
    ...restricted,
    reason: 'runAsNonRoot != true',
    detail: 'container "a" must not set securityContext.runAsNonRoot=false',
  },
  {
    check: 'runAsNonRoot',
    pod: containers(container('a', { runAsNonRoot: true }), container('b')),
    ...restricted,
    reason: 'runAsNonRoot != true',
    detail: 'pod or container "b" must set securityContext.runAsNonRoot=true',
  },
  {
    check: 'runAsUser',
    pod: { spec: { securityContext: { runAsUser: 0 }, containers: [container('a', { runAsUser: 0 })] } },
    ...restricted,
    reason: 'runAsUser=0',
    detail: 'pod and container "a" must not set runAsUser=0',
  },
  {
    check: 'seccompProfile_restricted',
    pod: containers(container('a', { seccompProfile: unconfined }), container('b')),
    ...restricted,
    reason: 'seccompProfile',
    detail: 'container "a" must not set securityContext.seccompProfile.type to "Unconfined"',
  },
  {
    check: 'seccompProfile_restricted',
    pod: containers(container('a'), container('b'), container('c', { seccompProfile: { type: 'RuntimeDefault' } })),
    ...restricted,
    reason: 'seccompProfile',
    detail:
      'pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
  },
];

function evaluate({ pod, level = 'baseline', version = 'latest', server }: Omit<Case, 'check' | 'reason' | 'detail'>) {
  const policy = { level, version: parsePolicyVersion(version) ?? latestVersion };
  return evaluatePod(podFromJson(pod).pod, policy, server === undefined ? {} : { serverMinor: server });
}

describe('what a check says', () => {
  it.each(cases)('$check: $detail', ({ check, reason, detail, ...given }) => {
    const result = evaluate(given).find((candidate) => candidate.check === check);
    expect(result).toMatchObject({ reason, detail });
  });
});

describe('what the API server says', () => {
  const pausePod = {
    spec: {
      initContainers: [{ name: 'initcontainer1', image: 'registry.k8s.io/pause' }],
      containers: [{ name: 'container1', image: 'registry.k8s.io/pause' }],
    },
  };
  const policy = { level: 'restricted', version: latestVersion } as const;
  const results = evaluate({ pod: pausePod, ...restricted });
  const both = 'containers "initcontainer1", "container1" must set';
  const text =
    `allowPrivilegeEscalation != false (${both} securityContext.allowPrivilegeEscalation=false), ` +
    `unrestricted capabilities (${both} securityContext.capabilities.drop=["ALL"]), ` +
    `runAsNonRoot != true (pod or ${both} securityContext.runAsNonRoot=true), ` +
    `seccompProfile (pod or ${both} securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`;

  it('when it refuses', () => {
    expect(formatDenial('web-0', policy, results)).toBe(
      `pods "web-0" is forbidden: violates PodSecurity "restricted:latest": ${text}`,
    );
  });

  it('when it refuses a pod without a name', () => {
    expect(formatDenial('', policy, [{ reason: 'privileged', detail: '' }])).toBe(
      'pods is forbidden: violates PodSecurity "restricted:latest": privileged',
    );
  });

  it('when it warns, with the version as the label has it', () => {
    const version = parsePolicyVersion('v1.999') ?? latestVersion;
    expect(formatWarning({ level: 'restricted', version }, results)).toBe(
      `would violate PodSecurity "restricted:v1.999": ${text}`,
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { viewPod } from './pod-view.ts';
import { readPodSecurityPolicy } from './policy.ts';
import { policyAnnotations } from './profiles.ts';
import { podObject, policyObject } from './test-objects.ts';
import { validatePod } from './validate-pod.ts';

const { allowedSeccomp, allowedAppArmor } = policyAnnotations;
const ranges = [
  { min: 5, max: 10 },
  { min: 20, max: 30 },
];
const must = { rule: 'MustRunAs', ranges };
const may = { rule: 'MayRunAs', ranges };
const pod = (securityContext: JsonObject): JsonObject => podObject({ spec: { securityContext } });
const context = (fields: JsonObject): JsonObject => podObject({ context: fields });
const volume = (source: JsonObject, container: JsonObject = {}): JsonObject =>
  podObject({ spec: { volumes: [{ name: 'v', ...source }] }, container });
const annotated = (annotations: JsonObject): JsonObject => podObject({ annotations });
const at = 'spec.containers[0].securityContext';
const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompApp = 'container.seccomp.security.alpha.kubernetes.io/app';
const armorApp = 'container.apparmor.security.beta.kubernetes.io/app';
const token = { serviceAccountToken: { path: 'token' } };

type Row = readonly [what: string, spec: JsonObject, pod: JsonObject, errors: readonly string[]];

const rows: readonly Row[] = [
  ['fsGroup in range', { fsGroup: must }, pod({ fsGroup: 20 }), []],
  [
    'fsGroup out of range',
    { fsGroup: may },
    pod({ fsGroup: 11 }),
    ['spec.securityContext.fsGroup: Invalid value: []int64{11}: group 11 must be in the ranges: [{5 10} {20 30}]'],
  ],
  [
    'no fsGroup',
    { fsGroup: must },
    podObject(),
    [
      'spec.securityContext.fsGroup: Invalid value: []int64(nil): unable to validate empty groups against required ranges',
    ],
  ],
  ['no fsGroup where it may', { fsGroup: may }, podObject(), []],
  [
    'empty groups',
    { supplementalGroups: must },
    pod({ supplementalGroups: [] }),
    [
      'spec.securityContext.supplementalGroups: Invalid value: []int64{}: unable to validate empty groups against required ranges',
    ],
  ],
  [
    'each group',
    { supplementalGroups: may },
    pod({ supplementalGroups: [5, 0, 99] }),
    [0, 99].map(
      (group) =>
        `spec.securityContext.supplementalGroups: Invalid value: []int64{5, 0, 99}: group ${group} must be in the ranges: [{5 10} {20 30}]`,
    ),
  ],
  ['user in range', { runAsUser: must }, context({ runAsUser: 30 }), []],
  ['user of the pod', { runAsUser: must }, pod({ runAsUser: 30 }), []],
  [
    'user out of range',
    { runAsUser: must },
    context({ runAsUser: 0 }),
    [`${at}.runAsUser: Invalid value: 0: must be in the ranges: [{5 10} {20 30}]`],
  ],
  ['no user', { runAsUser: must }, podObject(), [`${at}.runAsUser: Required value`]],
  [
    'nothing against root',
    { runAsUser: { rule: 'MustRunAsNonRoot' } },
    podObject(),
    [`${at}.runAsNonRoot: Required value: must be true`],
  ],
  [
    'root allowed',
    { runAsUser: { rule: 'MustRunAsNonRoot' } },
    context({ runAsNonRoot: false, runAsUser: 0 }),
    [`${at}.runAsNonRoot: Invalid value: false: must be true`],
  ],
  [
    'root named',
    { runAsUser: { rule: 'MustRunAsNonRoot' } },
    context({ runAsUser: 0 }),
    [`${at}.runAsUser: Invalid value: 0: running with the root UID is forbidden`],
  ],
  ['a user is enough', { runAsUser: { rule: 'MustRunAsNonRoot' } }, context({ runAsUser: 7 }), []],
  [
    'group of a container, at the path of its context',
    { runAsGroup: must },
    context({ runAsGroup: 3 }),
    [`${at}: Invalid value: []int64{3}: group 3 must be in the ranges: [{5 10} {20 30}]`],
  ],
  ['groups are left alone', {}, context({ runAsGroup: 0 }), []],
  [
    'SELinux, where none is set',
    { seLinux: { rule: 'MustRunAs', seLinuxOptions: {} } },
    podObject(),
    ['spec.securityContext.seLinuxOptions: Required value', `${at}.seLinuxOptions: Required value`],
  ],
  [
    'SELinux, field by field',
    { seLinux: { rule: 'MustRunAs', seLinuxOptions: { level: 's0:c1,c2', user: 'u' } } },
    podObject({
      spec: { securityContext: { seLinuxOptions: { level: 's0:c2,c1', user: 'u' } } },
      context: { seLinuxOptions: { level: 's1', role: 'r', type: 't', user: 'v' } },
    }),
    [
      `${at}.seLinuxOptions.level: Invalid value: "s1": must be s0:c1,c2`,
      `${at}.seLinuxOptions.role: Invalid value: "r": must be `,
      `${at}.seLinuxOptions.type: Invalid value: "t": must be `,
      `${at}.seLinuxOptions.user: Invalid value: "v": must be u`,
    ],
  ],
  [
    'the host',
    {},
    podObject({ spec: { hostNetwork: true, hostPID: true, hostIPC: true } }),
    [
      'spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used',
      'spec.securityContext.hostPID: Invalid value: true: Host PID is not allowed to be used',
      'spec.securityContext.hostIPC: Invalid value: true: Host IPC is not allowed to be used',
    ],
  ],
  [
    'host ports',
    {
      hostPorts: [
        { min: 80, max: 80 },
        { min: 8000, max: 9000 },
      ],
    },
    podObject({ container: { ports: [80, 0, 8001, 443].map((hostPort) => ({ containerPort: 1, hostPort })) } }),
    [
      'spec.containers[0].hostPort: Invalid value: 443: Host port 443 is not allowed to be used. Allowed ports: [80,8000-9000]',
    ],
  ],
  [
    'a host port that the network of the host implies',
    { hostNetwork: true },
    podObject({ spec: { hostNetwork: true }, container: { ports: [{ containerPort: 8080 }] } }),
    ['spec.containers[0].hostPort: Invalid value: 8080: Host port 8080 is not allowed to be used. Allowed ports: []'],
  ],
  [
    'sysctls',
    { allowedUnsafeSysctls: ['net.core.*'], forbiddenSysctls: ['kernel.*', 'net.core.x'] },
    pod({
      sysctls: ['kernel.shm_rmid_forced', 'net.ipv4.tcp_syncookies', 'net.core.y', 'net.core.x', 'fs.a'].map(
        (name) => ({
          name,
          value: '1',
        }),
      ),
    }),
    [
      'pod.spec.securityContext.sysctls[0]: Forbidden: sysctl "kernel.shm_rmid_forced" is not allowed',
      'pod.spec.securityContext.sysctls[3]: Forbidden: sysctl "net.core.x" is not allowed',
      'pod.spec.securityContext.sysctls[4]: Forbidden: unsafe sysctl "fs.a" is not allowed',
    ],
  ],
  [
    'no volumes at all',
    { volumes: [] },
    volume({}),
    ['spec.volumes[0]: Invalid value: "emptyDir": emptyDir volumes are not allowed to be used'],
  ],
  [
    'a type by the name of policies',
    { volumes: ['nfs'] },
    volume({ cephfs: {} }),
    ['spec.volumes[0]: Invalid value: "cephFS": cephFS volumes are not allowed to be used'],
  ],
  ['a token in place of a secret', { volumes: ['secret'] }, volume({ projected: { sources: [token] } }), []],
  [
    'another projection',
    { volumes: ['secret'] },
    volume({ projected: { sources: [token, { configMap: { name: 'x' } }] } }),
    ['spec.volumes[0]: Invalid value: "projected": projected volumes are not allowed to be used'],
  ],
  [
    'a token for somebody else',
    { volumes: ['secret'] },
    volume({ projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault' } }] } }),
    ['spec.volumes[0]: Invalid value: "projected": projected volumes are not allowed to be used'],
  ],
  ['any host path', {}, volume({ hostPath: { path: '/' } }), []],
  [
    'a host path elsewhere',
    { allowedHostPaths: [{ pathPrefix: '/var' }] },
    volume({ hostPath: { path: '/variable' } }),
    ['spec.volumes[0].hostPath.pathPrefix: Invalid value: "/variable": is not allowed to be used'],
  ],
  [
    'the way around by ..',
    { allowedHostPaths: [{ pathPrefix: '/var/' }] },
    volume({ hostPath: { path: '/var/../etc' } }),
    [],
  ],
  [
    'a host path to read',
    { allowedHostPaths: [{ pathPrefix: '/var', readOnly: true }] },
    volume(
      { hostPath: { path: '/var/log' } },
      {
        volumeMounts: [
          { name: 'v', mountPath: '/a', readOnly: true },
          { name: 'v', mountPath: '/b' },
        ],
      },
    ),
    ['spec.containers[0].volumeMounts[1].readOnly: Invalid value: false: must be read-only'],
  ],
  [
    'a wider prefix that may be written to',
    { allowedHostPaths: [{ pathPrefix: '/var/log', readOnly: true }, { pathPrefix: '/var' }] },
    volume({ hostPath: { path: '/var/log' } }, { volumeMounts: [{ name: 'v', mountPath: '/b' }] }),
    [],
  ],
  [
    'drivers',
    { allowedFlexVolumes: [{ driver: 'a' }], allowedCSIDrivers: [{ name: 'a' }] },
    podObject({
      spec: {
        volumes: [
          { name: 'f', flexVolume: { driver: 'b' } },
          { name: 'c', csi: { driver: 'c' } },
          { name: 'g', csi: { driver: 'a' } },
        ],
      },
    }),
    [
      'spec.volumes[0].driver: Invalid value: "b": Flexvolume driver is not allowed to be used',
      'spec.volumes[1].csi.driver: Invalid value: "c": Inline CSI driver is not allowed to be used',
    ],
  ],
  [
    'runtime classes',
    { runtimeClass: { allowedRuntimeClassNames: ['a'] } },
    podObject({ spec: { runtimeClassName: 'b' } }),
    ['spec.runtimeClassName: Invalid value: "b"'],
  ],
  ['no runtime class', { runtimeClass: { allowedRuntimeClassNames: [] } }, podObject(), []],
  [
    'privileged',
    {},
    context({ privileged: true }),
    [`${at}.privileged: Invalid value: true: Privileged containers are not allowed`],
  ],
  [
    'procMount, whatever a manifest allows',
    { allowedProcMountTypes: ['Unmasked'] },
    context({ procMount: 'Unmasked' }),
    [`${at}.procMount: Invalid value: "Unmasked": ProcMountType is not allowed`],
  ],
  [
    'capabilities',
    { allowedCapabilities: ['A'], defaultAddCapabilities: ['B'], requiredDropCapabilities: ['C', 'D'] },
    context({ capabilities: { add: ['A', 'B', 'E'], drop: ['D'] } }),
    [
      `${at}.capabilities.add: Invalid value: "E": capability may not be added`,
      `${at}.capabilities.drop: Invalid value: []core.Capability{"D"}: C is required to be dropped but was not found`,
    ],
  ],
  [
    'a drop where nothing is said of drops',
    { requiredDropCapabilities: ['C'], allowedCapabilities: ['A'] },
    context({ capabilities: { add: ['A'] } }),
    [`${at}.capabilities.drop: Invalid value: []core.Capability(nil): C is required to be dropped but was not found`],
  ],
  [
    'no capabilities',
    { requiredDropCapabilities: ['C'] },
    podObject(),
    [`${at}.capabilities: Invalid value: "null": required capabilities are not set on the securityContext`],
  ],
  [
    'every capability, and then no drops either',
    { allowedCapabilities: ['*'], requiredDropCapabilities: ['C'] },
    context({ capabilities: { add: ['E'] } }),
    [],
  ],
  [
    'a root filesystem',
    { readOnlyRootFilesystem: true },
    context({ readOnlyRootFilesystem: false }),
    [`${at}.readOnlyRootFilesystem: Invalid value: false: ReadOnlyRootFilesystem must be set to true`],
  ],
  [
    'an unsaid root filesystem',
    { readOnlyRootFilesystem: true },
    podObject(),
    [
      `${at}.readOnlyRootFilesystem: Invalid value: "null": ReadOnlyRootFilesystem may not be nil and must be set to true`,
    ],
  ],
  [
    'escalation',
    { allowPrivilegeEscalation: false },
    context({ allowPrivilegeEscalation: true }),
    [
      `${at}.allowPrivilegeEscalation: Invalid value: true: Allowing privilege escalation for containers is not allowed`,
    ],
  ],
  [
    'unsaid escalation',
    { allowPrivilegeEscalation: false },
    podObject(),
    [
      `${at}.allowPrivilegeEscalation: Invalid value: "null": Allowing privilege escalation for containers is not allowed`,
    ],
  ],
];

type ProfileRow = readonly [what: string, annotations: JsonObject, pod: JsonObject, errors: readonly string[]];

const profileRows: readonly ProfileRow[] = [
  ['no profile, none allowed', {}, podObject(), []],
  [
    'a profile, none allowed',
    {},
    annotated({ [seccompPod]: 'runtime/default' }),
    [
      `pod.metadata.annotations[${seccompPod}]: Forbidden: seccomp may not be set`,
      `pod.metadata.annotations[${seccompApp}]: Forbidden: seccomp may not be set`,
    ],
  ],
  [
    'no profile where one is asked for',
    { [allowedSeccomp]: 'runtime/default' },
    podObject(),
    [
      `pod.metadata.annotations[${seccompPod}]: Forbidden:  is not an allowed seccomp profile. Valid values are runtime/default`,
      `pod.metadata.annotations[${seccompApp}]: Forbidden:  is not an allowed seccomp profile. Valid values are runtime/default`,
    ],
  ],
  ['either name', { [allowedSeccomp]: 'docker/default' }, pod({ seccompProfile: { type: 'RuntimeDefault' } }), []],
  ['any profile', { [allowedSeccomp]: '*,localhost/x' }, pod({ seccompProfile: { type: 'Unconfined' } }), []],
  [
    'a container of its own mind',
    { [allowedSeccomp]: 'runtime/default' },
    podObject({
      annotations: { [seccompPod]: 'runtime/default', [seccompApp]: 'runtime/default' },
      context: { seccompProfile: { type: 'Localhost', localhostProfile: 'x' } },
    }),
    [
      `pod.metadata.annotations[${seccompApp}]: Forbidden: localhost/x is not an allowed seccomp profile. Valid values are runtime/default`,
    ],
  ],
  [
    'the annotation of a pod goes before its field, and the field goes to the containers',
    { [allowedSeccomp]: 'runtime/default' },
    podObject({
      annotations: { [seccompPod]: 'runtime/default' },
      spec: { securityContext: { seccompProfile: { type: 'Unconfined' } } },
    }),
    [
      `pod.metadata.annotations[${seccompApp}]: Forbidden: unconfined is not an allowed seccomp profile. Valid values are runtime/default`,
    ],
  ],
  ['any AppArmor profile', {}, annotated({ [armorApp]: 'unconfined' }), []],
  [
    'no AppArmor profile',
    { [allowedAppArmor]: 'runtime/default' },
    podObject(),
    [`pod.metadata.annotations[${armorApp}]: Forbidden: AppArmor profile must be set`],
  ],
  [
    'another AppArmor profile',
    { [allowedAppArmor]: 'runtime/default,localhost/p' },
    annotated({ [armorApp]: 'unconfined' }),
    [
      `pod.metadata.annotations[${armorApp}]: Forbidden: unconfined is not an allowed profile. Allowed values: "runtime/default,localhost/p"`,
    ],
  ],
];

describe('validatePod', () => {
  it.each(rows)('%s', (_what, spec, object, errors) => {
    const policy = readPodSecurityPolicy(policyObject('p', spec));
    expect(validatePod(policy, viewPod(object)).map(({ text }) => text)).toEqual(errors);
  });

  it.each(profileRows)('profiles: %s', (_what, annotations, object, errors) => {
    const policy = readPodSecurityPolicy(policyObject('p', {}, annotations));
    expect(validatePod(policy, viewPod(object)).map(({ text }) => text)).toEqual(errors);
  });

  it('takes procMount types of a stored policy, as the feature is on then', () => {
    const { metadata, ...rest } = policyObject('p', { allowedProcMountTypes: ['Unmasked'] });
    const policy = readPodSecurityPolicy({ ...rest, metadata: { ...(metadata as JsonObject), uid: '1' } });
    expect(validatePod(policy, viewPod(context({ procMount: 'Unmasked' })))).toEqual([]);
    expect(validatePod(policy, viewPod(podObject())).map(({ text }) => text)).toEqual([
      `${at}.procMount: Invalid value: "Default": ProcMountType is not allowed`,
    ]);
  });
});

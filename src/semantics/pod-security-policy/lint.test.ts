import { describe, expect, it } from 'vitest';
import { lintPodSecurityPolicy } from './lint.ts';
import { policyAnnotations } from './profiles.ts';
import { policy } from './test-objects.ts';

const foo = { rule: 'Foo' };

describe('lintPodSecurityPolicy', () => {
  it('has nothing against what the API server takes, though the plugin cannot use it', () => {
    const bare = { rule: 'MustRunAs' };
    const taken = policy('p', { runAsUser: bare, seLinux: bare, fsGroup: bare, hostPorts: [{ min: 5, max: 1 }] });
    expect(lintPodSecurityPolicy(taken)).toEqual([]);
    expect(taken.unusable).toEqual([
      'runAsUser: MustRunAs requires at least one range',
      'seLinux: MustRunAs requires SELinuxOptions',
      'FSGroup: ranges must be supplied for MustRunAs',
    ]);
  });

  it('says what an API server of v1.20 says, in its order', () => {
    const bad = policy(
      'bad',
      {
        volumes: ['ephemeral', 'foo'],
        requiredDropCapabilities: ['A', 'ALL'],
        allowedCapabilities: ['A', '*'],
        defaultAddCapabilities: ['A'],
        runAsUser: {
          rule: 'Foo',
          ranges: [
            { min: 5, max: 1 },
            { min: -1, max: -3 },
          ],
        },
        ...{ runAsGroup: foo, seLinux: foo, fsGroup: foo, supplementalGroups: foo },
        allowPrivilegeEscalation: false,
        defaultAllowPrivilegeEscalation: true,
        allowedHostPaths: [{ pathPrefix: '/a/../b' }, { pathPrefix: '' }],
        allowedFlexVolumes: [{ driver: '' }],
        allowedCSIDrivers: [{ name: '' }],
        allowedUnsafeSysctls: ['', 'kernel.*', '*', 'A!'],
        forbiddenSysctls: ['kernel.a*', 'kernel.b'],
        allowedProcMountTypes: ['Foo'],
        runtimeClass: { allowedRuntimeClassNames: ['*', 'a', 'a'], defaultRuntimeClassName: 'B_' },
      },
      { [policyAnnotations.defaultAppArmor]: 'foo', [policyAnnotations.allowedSeccomp]: 'runtime/default,,x' },
    );
    const name =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    // As `kubectl create --dry-run=server` printed it.
    expect(lintPodSecurityPolicy(bad).map(({ text }) => text)).toEqual([
      'metadata.annotations[apparmor.security.beta.kubernetes.io/defaultProfileName]: Invalid value: "foo": invalid AppArmor profile name: "foo"',
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/allowedProfileNames]: Invalid value: "": must be a valid seccomp profile',
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/allowedProfileNames]: Invalid value: "x": must be a valid seccomp profile',
      'spec.runAsUser.rule: Unsupported value: "Foo": supported values: "MustRunAs", "MustRunAsNonRoot", "RunAsAny"',
      'spec.runAsUser.ranges[0].min: Invalid value: 5: min cannot be greater than max',
      'spec.runAsUser.ranges[1].min: Invalid value: -1: min cannot be negative',
      'spec.runAsUser.ranges[1].max: Invalid value: -3: max cannot be negative',
      'spec.runAsUser.ranges[1].min: Invalid value: -1: min cannot be greater than max',
      'spec.runAsGroup.rule: Unsupported value: "Foo": supported values: "MustRunAs", "RunAsAny", "MayRunAs"',
      'spec.seLinux.rule: Unsupported value: "Foo": supported values: "MustRunAs", "RunAsAny"',
      'spec.supplementalGroups.rule: Unsupported value: "Foo": supported values: "MayRunAs", "MustRunAs", "RunAsAny"',
      'spec.fsGroup.rule: Unsupported value: "Foo": supported values: "MayRunAs", "MustRunAs", "RunAsAny"',
      'spec.volumes: Unsupported value: "foo": supported values: "*", "awsElasticBlockStore", "azureDisk", "azureFile", "cephFS", "cinder", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd", "scaleIO", "secret", "storageos", "vsphereVolume"',
      'requiredDropCapabilities: Invalid value: []core.Capability{"A", "ALL"}: must be empty when all capabilities are allowed by a wildcard',
      'defaultAddCapabilities: Invalid value: "A": capability is listed in defaultAddCapabilities and requiredDropCapabilities',
      'allowedCapabilities: Invalid value: "A": capability is listed in allowedCapabilities and requiredDropCapabilities',
      'spec.defaultAllowPrivilegeEscalation: Invalid value: true: Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true',
      'spec.allowedHostPaths[0]: Invalid value: "/a/../b": must not contain \'..\'',
      'spec.allowedHostPaths[1]: Required value: is required',
      'spec.allowedFlexVolumes.allowedFlexVolumes[0].driver: Required value: must specify a driver',
      'spec.allowedCSIDrivers.allowedCSIDriver[0].name: Required value',
      `spec.allowedCSIDrivers.allowedCSIDriver[0].name: Invalid value: "": ${name}`,
      'spec.allowedUnsafeSysctls[0]: Invalid value: "": empty sysctl not allowed',
      'spec.allowedUnsafeSysctls[3]: Invalid value: "A!": must have at most 253 characters and match regex ([a-z0-9]([-_a-z0-9]*[a-z0-9])?\\.)*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]',
      "spec.allowedUnsafeSysctls.items: Forbidden: if '*' is present, must not specify other sysctls",
      'spec.forbiddenSysctls[0]: Invalid value: "kernel.a*": sysctl overlaps with kernel.*',
      'spec.forbiddenSysctls[1]: Invalid value: "kernel.b": sysctl overlaps with kernel.*',
      'spec.forbiddenSysctls[0]: Invalid value: "kernel.a*": sysctl overlaps with *',
      'spec.forbiddenSysctls[1]: Invalid value: "kernel.b": sysctl overlaps with *',
      'spec.runtimeClass.allowedRuntimeClassNames[2]: Duplicate value: "a"',
      `spec.runtimeClass.defaultRuntimeClassName: Invalid value: "B_": ${name}`,
      'spec.runtimeClass.allowedRuntimeClassNames: Invalid value: []string{"*", "a", "a"}: if \'*\' is present, must not specify other RuntimeClass names',
    ]);
  });

  it.each([
    [
      { runAsGroup: { rule: 'MustRunAs' } },
      'spec.runAsGroup.ranges: Invalid value: []policy.IDRange(nil): must provide at least one range',
    ],
    [
      { runAsGroup: { rule: 'RunAsAny', ranges: [{ min: 1, max: 2 }] } },
      'spec.runAsGroup.ranges: Invalid value: []policy.IDRange{policy.IDRange{Min:1, Max:2}}: Ranges must be empty',
    ],
    [
      { runtimeClass: { allowedRuntimeClassNames: ['a'], defaultRuntimeClassName: 'b' } },
      'spec.runtimeClass.allowedRuntimeClassNames: Required value: default "b" must be allowed',
    ],
    [
      { allowedUnsafeSysctls: ['a.b'], forbiddenSysctls: ['a.*'] },
      'spec.allowedUnsafeSysctls[0]: Invalid value: "a.b": sysctl overlaps with a.*',
    ],
  ])('%j', (spec, error) => {
    expect(lintPodSecurityPolicy(policy('p', spec)).map(({ text }) => text)).toEqual([error]);
  });
});

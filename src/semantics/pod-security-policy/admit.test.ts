import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { formatPath } from '../../model/path.ts';
import { admitPod, type PolicyRequest } from './admit.ts';
import type { PodSecurityPolicy } from './policy.ts';
import { policyAnnotations } from './profiles.ts';
import { podObject, policy } from './test-objects.ts';

const everyone = (): boolean => true;

function admit(pod: JsonObject, policies: readonly PodSecurityPolicy[], more: Partial<PolicyRequest> = {}) {
  return admitPod({ pod, policies, operation: 'CREATE', mayUse: everyone, ...more });
}

function changesOf({ changes }: ReturnType<typeof admit>): readonly (readonly [string, unknown])[] {
  return changes.map(({ path, is }) => [formatPath(path), is]);
}

const readOnly = { readOnlyRootFilesystem: true };
const privileged = podObject({ context: { privileged: true } });

describe('admitPod, on CREATE', () => {
  it.each([
    ['the first by name that changes nothing', ['b', 'a'], [], 'a'],
    ['one that changes nothing before one that does', ['z'], ['a'], 'z'],
    ['the first by name of those that change something', [], ['c', 'b'], 'b'],
  ] as const)('takes %s', (_what, open, changing, expected) => {
    const policies = [...open.map((name) => policy(name)), ...changing.map((name) => policy(name, readOnly))];
    expect(admit(podObject(), policies)).toMatchObject({ allowed: true, policy: expected, validatedBy: expected });
  });

  it('takes none that may not be used, and does not tell what those have against the pod', () => {
    const policies = [policy('a'), policy('b', readOnly), policy('c', { volumes: [] })];
    expect(admit(podObject(), policies, { mayUse: (name) => name === 'b' }).policy).toBe('b');
    expect(admit(privileged, policies, { mayUse: () => false }).message).toBe(
      'PodSecurityPolicy: unable to admit pod: []',
    );
    const { allowed, refusals, message, pod } = admit(privileged, policies, { mayUse: (name) => name !== 'b' });
    const error =
      'spec.containers[0].securityContext.privileged: Invalid value: true: Privileged containers are not allowed';
    expect(allowed).toBe(false);
    expect(refusals.map(({ policy: name, errors }) => [name, errors.map(({ text }) => text)])).toEqual([
      ['a', [error]],
      ['c', [error]],
    ]);
    expect(message).toBe(`PodSecurityPolicy: unable to admit pod: [${error} ${error}]`);
    expect(pod).toBe(privileged);
  });

  it('leaves out policies that it cannot use, and knows nothing to do without any', () => {
    const unusable = policy('a', { runAsUser: { rule: 'MustRunAs' } });
    expect(unusable.unusable).toEqual(['runAsUser: MustRunAs requires at least one range']);
    expect(admit(podObject(), [unusable, policy('b')]).policy).toBe('b');
    for (const policies of [[], [unusable]]) {
      const { allowed, message } = admit(podObject(), policies);
      expect([allowed, message]).toEqual([false, 'PodSecurityPolicy: no providers available to validate pod request']);
    }
  });

  it('drops CAP_SYS_BOOT and adds CAP_SYS_TIME, as the guide shows', () => {
    const guide = policy('restricted', {
      privileged: false,
      runAsUser: { rule: 'MustRunAsNonRoot' },
      requiredDropCapabilities: ['CAP_SYS_BOOT'],
      defaultAddCapabilities: ['CAP_SYS_TIME'],
      volumes: ['persistentVolumeClaim', 'secret'],
    });
    const refused = admit(
      podObject({
        context: { privileged: true, runAsUser: 0, capabilities: { add: ['CAP_SYS_BOOT'] } },
        spec: { volumes: [{ name: 'data', hostPath: { path: '/data' } }] },
      }),
      [guide],
    );
    expect(refused.refusals[0]?.errors.map(({ text }) => text)).toEqual([
      'spec.volumes[0]: Invalid value: "hostPath": hostPath volumes are not allowed to be used',
      'spec.containers[0].securityContext.runAsUser: Invalid value: 0: running with the root UID is forbidden',
      'spec.containers[0].securityContext.privileged: Invalid value: true: Privileged containers are not allowed',
      'spec.containers[0].securityContext.capabilities.add: Invalid value: "CAP_SYS_BOOT": capability may not be added',
    ]);
    const admitted = admit(podObject(), [guide]);
    expect(changesOf(admitted)).toEqual([
      ['spec.containers[0].securityContext.runAsNonRoot', true],
      ['spec.containers[0].securityContext.capabilities', { add: ['CAP_SYS_TIME'], drop: ['CAP_SYS_BOOT'] }],
    ]);
    expect(admitted.pod).toEqual({
      ...podObject({
        context: { runAsNonRoot: true, capabilities: { add: ['CAP_SYS_TIME'], drop: ['CAP_SYS_BOOT'] } },
      }),
      metadata: { name: 'web', annotations: { 'kubernetes.io/psp': 'restricted' } },
    });
    expect([...admitted.auditAnnotations]).toEqual([
      ['podsecuritypolicy.policy.k8s.io/admit-policy', 'restricted'],
      ['podsecuritypolicy.policy.k8s.io/validate-policy', 'restricted'],
    ]);
  });

  const must = { rule: 'MustRunAs', ranges: [{ min: 7, max: 9 }] };
  it.each<readonly [string, JsonObject, JsonObject, JsonObject, readonly (readonly [string, unknown])[]]>([
    [
      'ids, each at the level where the plugin sets it',
      { runAsUser: must, runAsGroup: must, fsGroup: must, supplementalGroups: must },
      {},
      podObject(),
      [
        ['spec.securityContext.supplementalGroups', [7]],
        ['spec.securityContext.fsGroup', 7],
        ['spec.containers[0].securityContext.runAsUser', 7],
        ['spec.containers[0].securityContext.runAsGroup', 7],
      ],
    ],
    [
      'nothing that the pod says for its containers',
      { runAsUser: must },
      {},
      podObject({ spec: { securityContext: { runAsUser: 8 } } }),
      [],
    ],
    [
      'the SELinux context of the pod, which its containers inherit',
      { seLinux: { rule: 'MustRunAs', seLinuxOptions: { level: 's0', user: '' } } },
      {},
      podObject(),
      [['spec.securityContext.seLinuxOptions', { level: 's0' }]],
    ],
    [
      'no user for a container that only has to be no root',
      { runAsUser: { rule: 'MustRunAsNonRoot' } },
      {},
      podObject({ context: { runAsUser: 5 } }),
      [],
    ],
    [
      'no capability that the container drops',
      { defaultAddCapabilities: ['A', 'B'] },
      {},
      podObject({ context: { capabilities: { drop: ['A'] } } }),
      [['spec.containers[0].securityContext.capabilities', { add: ['B'], drop: ['A'] }]],
    ],
    [
      'no capabilities anew that are there, twice even',
      { defaultAddCapabilities: ['A'] },
      {},
      podObject({ context: { capabilities: { add: ['A', 'A'] } } }),
      [],
    ],
    [
      'its default of privilege escalation before what it allows',
      { defaultAllowPrivilegeEscalation: false, allowPrivilegeEscalation: true },
      {},
      podObject(),
      [['spec.containers[0].securityContext.allowPrivilegeEscalation', false]],
    ],
    [
      'profiles',
      {},
      {
        [policyAnnotations.allowedSeccomp]: '*',
        [policyAnnotations.defaultSeccomp]: 'runtime/default',
        [policyAnnotations.defaultAppArmor]: 'localhost/p',
      },
      podObject(),
      [
        ['metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"]', 'runtime/default'],
        ['metadata.annotations["container.apparmor.security.beta.kubernetes.io/app"]', 'localhost/p'],
      ],
    ],
    [
      'a runtime class',
      { runtimeClass: { allowedRuntimeClassNames: ['*'], defaultRuntimeClassName: 'kata' } },
      {},
      podObject(),
      [['spec.runtimeClassName', 'kata']],
    ],
  ])('sets %s', (_what, spec, annotations, pod, changes) => {
    expect(changesOf(admit(pod, [policy('p', spec, annotations)]))).toEqual(changes);
  });

  it('judges a second time what the API server makes of the pod', () => {
    const stored = { ...policy('p', { allowedProcMountTypes: ['Unmasked'] }), isStored: true };
    const unmasked = podObject({ context: { procMount: 'Unmasked' } });
    expect(admit(unmasked, [stored]).allowed).toBe(true);
    // With the feature off, the field of the policy is gone as well.
    expect(admit(unmasked, [policy('p', { allowedProcMountTypes: ['Unmasked'] })]).message).toContain(
      'unable to admit',
    );
    const profile = podObject({ context: { seccompProfile: { type: 'RuntimeDefault' } } });
    const any = policy('p', {}, { [policyAnnotations.allowedSeccomp]: '*' });
    expect(admit(profile, [any]).pod['metadata']).toEqual({
      name: 'web',
      annotations: {
        'kubernetes.io/psp': 'p',
        'container.seccomp.security.alpha.kubernetes.io/app': 'runtime/default',
      },
    });
  });

  it('sets an AppArmor profile for an ephemeral container that the API server then drops', () => {
    const object = podObject({
      spec: { ephemeralContainers: [{ name: 'debug', securityContext: { privileged: true } }] },
    });
    const decision = admit(object, [policy('p', {}, { [policyAnnotations.defaultAppArmor]: 'localhost/p' })]);
    expect(decision.changes).toHaveLength(2);
    expect(decision.pod['spec']).toEqual(podObject()['spec']);
  });
});

describe('admitPod, on UPDATE', () => {
  const update = { operation: 'UPDATE', oldPod: podObject() } as const;
  const labelled = { ...podObject(), metadata: { name: 'web', labels: { a: 'b' } } };

  it('changes nothing, and so takes only a policy that has nothing to change', () => {
    expect(admit(labelled, [policy('a', readOnly)], update).message).toBe(
      'PodSecurityPolicy: unable to validate pod: []',
    );
    const decision = admit(labelled, [policy('a', readOnly), policy('b')], update);
    expect(decision).toMatchObject({ allowed: true, policy: undefined, validatedBy: 'b', pod: labelled });
    expect([...decision.auditAnnotations]).toEqual([['podsecuritypolicy.policy.k8s.io/validate-policy', 'b']]);
  });

  it('asks the policy of the annotation first', () => {
    const hinted = podObject({ annotations: { 'kubernetes.io/psp': 'b' } });
    expect(admit(hinted, [policy('a'), policy('b')], update).validatedBy).toBe('b');
    expect(admit(hinted, [policy('a'), policy('b')]).policy).toBe('a');
  });

  it('lets owners and finalizers change whatever the policies say', () => {
    const kept = { ...privileged, metadata: { name: 'web', finalizers: ['a'], ownerReferences: [] } };
    expect(admit(kept, [], { operation: 'UPDATE', oldPod: privileged }).allowed).toBe(true);
    expect(admit(kept, [], { operation: 'UPDATE' }).allowed).toBe(false);
  });
});

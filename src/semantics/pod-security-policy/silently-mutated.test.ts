import { describe, expect, it } from 'vitest';
import { admitPod } from './admit.ts';
import { policyAnnotations } from './profiles.ts';
import { silentlyMutated } from './silently-mutated.ts';
import { podObject, policy } from './test-objects.ts';

describe('silentlyMutated', () => {
  it('finds just what a policy set', () => {
    const template = podObject({ context: { seccompProfile: { type: 'RuntimeDefault' } } });
    const must = { rule: 'MustRunAs', ranges: [{ min: 7, max: 9 }] };
    const setting = policy(
      'p',
      { runAsUser: must, fsGroup: must, defaultAddCapabilities: ['A'] },
      { [policyAnnotations.allowedSeccomp]: '*', [policyAnnotations.defaultAppArmor]: 'localhost/p' },
    );
    const decision = admitPod({ pod: template, operation: 'CREATE', policies: [setting], mayUse: () => true });
    expect(silentlyMutated(decision.pod, template)).toEqual([
      { path: ['spec', 'securityContext', 'fsGroup'], was: undefined, is: 7 },
      { path: ['spec', 'containers', 0, 'securityContext', 'capabilities'], was: undefined, is: { add: ['A'] } },
      { path: ['spec', 'containers', 0, 'securityContext', 'runAsUser'], was: undefined, is: 7 },
      {
        path: ['metadata', 'annotations', 'container.apparmor.security.beta.kubernetes.io/app'],
        was: undefined,
        is: 'localhost/p',
      },
    ]);
    expect(silentlyMutated(template, template)).toEqual([]);
  });
});

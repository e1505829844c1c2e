import { describe, expect, it } from 'vitest';
import { explainAdmission, explanationLines } from './explain.ts';
import { podObject, policy } from './test-objects.ts';

describe('explainAdmission', () => {
  const request = { pod: podObject(), operation: 'CREATE' } as const;

  it('tells the trap from what is wrong with the pod', () => {
    const policies = [policy('a'), policy('b', { readOnlyRootFilesystem: true })];
    expect(explanationLines(explainAdmission({ ...request, policies, mayUse: () => false }))).toEqual([
      'forbidden: PodSecurityPolicy: unable to admit pod: []',
      'the plugin is on and this account may use no policy: every pod is rejected',
      'policy a would let the pod in, and neither the service account of the pod nor the user may use it',
      'policy b would let the pod in, and neither the service account of the pod nor the user may use it',
    ]);
    expect(explanationLines(explainAdmission({ ...request, policies, mayUse: (name) => name === 'b' }))).toEqual([
      'allowed',
      'policy a would let the pod in, and neither the service account of the pod nor the user may use it',
      'policy b lets the pod in, and sets what it leaves open',
      '  spec.containers[0].securityContext.readOnlyRootFilesystem: unset becomes true',
    ]);
    const { trap } = explainAdmission({ ...request, policies: [], mayUse: () => true });
    expect(trap).toBe('the plugin is on and there is no PodSecurityPolicy: every pod is rejected');
  });

  it('tells what each policy has against the pod, and which are left out', () => {
    const policies = [policy('a', { runAsUser: { rule: 'MustRunAs' } }), policy('b', { volumes: [] }), policy('c')];
    const pod = podObject({ spec: { volumes: [{ name: 'v' }] } });
    const { policies: explained } = explainAdmission({ ...request, pod, policies, mayUse: () => true });
    expect(explained.map(({ name, outcome, problems }) => [name, outcome, problems])).toEqual([
      ['a', 'unusable', ['runAsUser: MustRunAs requires at least one range']],
      ['b', 'refuses', ['spec.volumes[0]: Invalid value: "emptyDir": emptyDir volumes are not allowed to be used']],
      ['c', 'chosen', []],
    ]);
  });
});

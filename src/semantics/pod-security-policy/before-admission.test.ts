import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { admitPod } from './admit.ts';
import { beforeAdmission } from './before-admission.ts';
import { podObject, policy } from './test-objects.ts';

const tokenMount = {
  name: 'default-token',
  readOnly: true,
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
};
const tokenVolume = { name: 'default-token', secret: { secretName: 'default-token' } };

describe('beforeAdmission', () => {
  it('adds the account and its token, once', () => {
    const { securityContext: _s, ...bare } = podObject()['spec'] as JsonObject;
    const made = beforeAdmission({ ...podObject(), spec: bare });
    expect(made).toEqual(
      podObject({
        spec: { serviceAccountName: 'default', serviceAccount: 'default', volumes: [tokenVolume] },
        container: { volumeMounts: [tokenMount] },
      }),
    );
    expect(beforeAdmission(made)).toEqual(made);
    // The trap of the plugin's users: the secret is a volume like any other.
    const decision = admitPod({
      ...{ pod: made, operation: 'CREATE', mayUse: () => true },
      policies: [policy('p', { volumes: ['configMap'] })],
    });
    expect(decision.message).toContain('secret volumes are not allowed to be used');
  });

  it.each<readonly [string, JsonObject, object, boolean]>([
    ['the pod says so', { automountServiceAccountToken: false }, {}, false],
    ['the account says so', {}, { automount: false }, false],
    ['the pod knows better than its account', { automountServiceAccountToken: true }, { automount: false }, true],
    ['neither says so', {}, {}, true],
  ])('mounts or not: %s', (_what, spec, account, mounts) => {
    const { volumes } = beforeAdmission(podObject({ spec }), account)['spec'] as JsonObject;
    expect(volumes !== undefined).toBe(mounts);
  });

  it('leaves mirror pods without an account, and gives ports and volumes what they leave open', () => {
    const mirror = podObject({
      annotations: { 'kubernetes.io/config.mirror': 'x' },
      spec: { hostNetwork: true, volumes: [{ name: 'v' }] },
      container: { ports: [{ containerPort: 80 }] },
    });
    const spec = beforeAdmission(mirror)['spec'];
    expect(spec).toMatchObject({
      containers: [{ ports: [{ containerPort: 80, hostPort: 80 }] }],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    expect(spec).not.toHaveProperty('serviceAccountName');
  });
});

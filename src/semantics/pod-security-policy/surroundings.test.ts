import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import type { JsonObject } from '../../model/json.ts';
import { accessOf } from '../rbac/access.ts';
import { identityOf } from '../rbac/identity.ts';
import { admitPod } from './admit.ts';
import { beforeAdmission } from './before-admission.ts';
import { explainAdmission, explanationLines } from './explain.ts';
import { fitsPodSecurity } from './fits.ts';
import { goQuote } from './go-syntax.ts';
import { lintPodSecurityPolicy } from './lint.ts';
import { readPodSecurityPolicy } from './policy.ts';
import { policyAnnotations } from './profiles.ts';
import { silentlyMutated } from './silently-mutated.ts';
import { podObject, policy } from './test-objects.ts';
import { policyUse } from './use.ts';

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
    ['a static pod has none', {}, {}, true],
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

describe('policyUse', () => {
  const rbac = 'rbac.authorization.k8s.io/v1';
  const yaml = [
    {
      kind: 'Role',
      metadata: { name: 'use', namespace: 'shop' },
      rules: [rule('policy', 'a'), rule('extensions', 'b')],
    },
    {
      ...{ kind: 'RoleBinding', metadata: { name: 'use', namespace: 'shop' } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'use' },
      subjects: [
        { kind: 'ServiceAccount', name: 'web', namespace: 'shop' },
        { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'anne' },
      ],
    },
  ].map((object) => JSON.stringify({ apiVersion: rbac, ...object }));
  const objects = yaml.flatMap((text) => decodeManifest(text, 'x.json').objects);
  const access = accessOf({ objects, minor: 20, evidence: 'complete' });

  function rule(apiGroup: string, name: string): JsonObject {
    return { apiGroups: [apiGroup], resources: ['podsecuritypolicies'], resourceNames: [name], verbs: ['use'] };
  }

  it.each([
    ['shop', 'web', 'anne', ['service account', 'service account', undefined]],
    ['shop', 'default', 'anne', ['user', 'user', undefined]],
    ['shop', '', 'bob', [undefined, undefined, undefined]],
    ['other', 'web', 'anne', [undefined, undefined, undefined]],
  ])('in %s, as %s, asked by %s', (namespace, serviceAccountName, user, by) => {
    const use = policyUse(access, { namespace, serviceAccountName, user: identityOf(user) });
    expect(['a', 'b', 'c'].map((name) => use(name).by)).toEqual(by);
  });
});

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

const strict = {
  allowPrivilegeEscalation: false,
  requiredDropCapabilities: ['ALL'],
  volumes: ['configMap', 'secret'],
  runAsUser: { rule: 'MustRunAsNonRoot' },
  seLinux: { rule: 'MustRunAs', seLinuxOptions: { type: 'container_t' } },
};
const profiles = {
  [policyAnnotations.allowedSeccomp]: 'runtime/default,localhost/x',
  [policyAnnotations.allowedAppArmor]: 'runtime/default',
};

describe('fitsPodSecurity', () => {
  it.each<readonly [string, JsonObject, JsonObject, string, readonly string[]]>([
    ['nothing', {}, {}, 'restricted', []],
    [
      'a sysctl that both allow',
      { allowedUnsafeSysctls: ['net.ipv4.ip_unprivileged_port_start'] },
      {},
      'restricted',
      [],
    ],
    ['NET_BIND_SERVICE', { allowedCapabilities: ['NET_BIND_SERVICE'] }, {}, 'restricted', []],
    ['CHOWN', { allowedCapabilities: ['CHOWN'] }, {}, 'baseline', ['allowedCapabilities lets containers add CHOWN']],
    ['nfs', { volumes: ['nfs'] }, {}, 'baseline', ['volumes allows nfs']],
    ['a user', { runAsUser: { rule: 'MustRunAs', ranges: [{ min: 1, max: 2 }] } }, {}, 'restricted', []],
    [
      'root',
      { runAsUser: { rule: 'MustRunAs', ranges: [{ min: 0, max: 2 }] } },
      {},
      'baseline',
      ['runAsUser has a range with 0 in it'],
    ],
    ['the host', { hostPID: true }, {}, 'privileged', ['hostPID allows the processes of the host']],
    ['any volume', { volumes: ['*'] }, {}, 'privileged', ['volumes allows every type']],
    ['a sysctl', { allowedUnsafeSysctls: ['kernel.*'] }, {}, 'privileged', ['allowedUnsafeSysctls allows kernel.*']],
    ['SELinux', { seLinux: { rule: 'RunAsAny' } }, {}, 'privileged', ['seLinux lets pods choose any SELinux context']],
    [
      'unconfined',
      {},
      { [policyAnnotations.allowedSeccomp]: 'unconfined' },
      'privileged',
      [`${policyAnnotations.allowedSeccomp} allows seccomp profiles unconfined`],
    ],
  ])('with %s', (_what, spec, annotations, level, blockers) => {
    const fit = fitsPodSecurity(policy('p', { ...strict, ...spec }, { ...profiles, ...annotations }));
    expect(fit.level).toBe(level);
    expect(fit.blockers.map(({ field, message }) => `${field} ${message}`)).toEqual(blockers);
  });

  it('tells what is lost, and what the level asks for all the same', () => {
    const { lost, traps } = fitsPodSecurity(
      policy(
        'p',
        { ...strict, fsGroup: { rule: 'MayRunAs', ranges: [{ min: 1, max: 9 }] }, allowedCSIDrivers: [{ name: 'a' }] },
        profiles,
      ),
    );
    expect(lost.map(({ field }) => field)).toEqual([
      ...['allowedCSIDrivers', 'requiredDropCapabilities', 'fsGroup', 'seLinux', 'allowPrivilegeEscalation'],
    ]);
    expect(traps).toHaveLength(2);
    expect(fitsPodSecurity(policy('open')).level).toBe('privileged');
  });
});

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

describe('whatever comes in', () => {
  it('is read without an exception', () => {
    const keys = fc.constantFrom(
      ...['metadata', 'spec', 'annotations', 'containers', 'securityContext', 'capabilities', 'add', 'volumes', 'name'],
      ...[
        'runAsUser',
        'rule',
        'ranges',
        'min',
        '__proto__',
        'constructor',
        'hostPath',
        'projected',
        'sources',
        'ports',
      ],
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium', withCrossShrink: true },
        fc.constantFrom(null, 0, -1, 1.5, '', 'MustRunAs', '*', true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(keys, tie('value')), { maxLength: 4 }).map((entries) => JSON.parse(jsonOf(entries))),
      ),
    }));
    const object = fc.tuple(value, value).map(([metadata, spec]) => ({ metadata, spec }) as unknown as JsonObject);
    fc.assert(
      fc.property(object, object, (pod, other) => {
        const read = readPodSecurityPolicy(other);
        lintPodSecurityPolicy(read);
        fitsPodSecurity(read);
        silentlyMutated(pod, other);
        const made = beforeAdmission(pod);
        for (const operation of ['CREATE', 'UPDATE'] as const) {
          explainAdmission({ pod: made, oldPod: other, operation, policies: [read, policy('p')], mayUse: () => true });
        }
      }),
      { numRuns: 300 },
    );
  });

  function jsonOf(entries: readonly (readonly [string, unknown])[]): string {
    return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
  }

  it.each([
    ['a"\\', '"a\\"\\\\"'],
    ['\u0000\u007f\n', '"\\x00\\x7f\\n"'],
    ['é\u00ad\u2028\u{e0001}', '"é\\u00ad\\u2028\\U000e0001"'],
    ['\ud800', '"\ufffd"'],
  ])('%j is quoted as Go does', (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });
});

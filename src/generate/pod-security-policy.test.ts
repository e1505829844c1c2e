import { describe, expect, it } from 'vitest';
import { casesOf } from '../../test/e2e/pod-security-policy-corpus.ts';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { factsOf } from '../facts/facts.ts';
import type { JsonObject } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import { evaluatePod, latestVersion, podFromJson } from '../semantics/pod-security/index.ts';
import {
  admitPod,
  beforeAdmission,
  fitsPodSecurity,
  lintPodSecurityPolicy,
  readPodSecurityPolicy,
  seccompPodAnnotation,
} from '../semantics/pod-security-policy/index.ts';
import { generatePolicy } from './pod-security-policy.ts';
import { podSecurityLabels } from './pod-security-policy-labels.ts';
import { podsOfAccount } from './pod-security-policy-pods.ts';

const target = { namespace: 'shop', serviceAccount: 'web', minor: 20 };

function policyOf(pods: readonly JsonObject[]): JsonObject {
  return generatePolicy(pods, target).objects[0] ?? {};
}

const container = (name: string, securityContext: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  ...{ name, image: 'i', securityContext },
  ...more,
});

function pod(containers: readonly JsonObject[], spec: JsonObject = {}): JsonObject {
  return { metadata: { name: 'web' }, spec: { securityContext: {}, containers, ...spec } };
}

describe('generatePolicy', () => {
  it('lets in every pod that it is made of, without a change', () => {
    // One pod alone and then a few together, as they have to share a policy.
    const pods = casesOf(7, 240).map((each) => beforeAdmission(each.pod));
    const groups = [
      ...pods.map((each) => [each]),
      ...pods.flatMap((_, i) => (i % 4 === 0 ? [pods.slice(i, i + 4)] : [])),
    ];
    for (const group of groups) {
      const policy = readPodSecurityPolicy(policyOf(group));
      expect(lintPodSecurityPolicy(policy)).toEqual([]);
      for (const each of group) {
        const isUnmasked = JSON.stringify(each).includes('Unmasked');
        const neverRuns = JSON.stringify(each).includes('"ephemeralContainers"');
        if (isUnmasked || neverRuns) continue;
        const request = { pod: each, operation: 'CREATE', policies: [policy], mayUse: () => true } as const;
        const { allowed, message, changes } = admitPod(request);
        expect({ allowed, message }).toEqual({ allowed: true, message: undefined });
        expect(changes.filter(({ path }) => path.at(-1) !== seccompPodAnnotation)).toEqual([]);
      }
    }
  });

  it('asks for no more than the pods use', () => {
    const first = container(
      'a',
      { runAsUser: 7, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      {
        ports: [80, 81, 443].map((hostPort) => ({ containerPort: hostPort, hostPort })),
        volumeMounts: [{ name: 'h', mountPath: '/h', readOnly: true }],
      },
    );
    const second = container('b', {
      ...{ runAsUser: 8, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      capabilities: { drop: ['ALL', 'X'], add: ['NET_BIND_SERVICE'] },
    });
    const volumes = [
      { name: 'h', hostPath: { path: '/var/log' } },
      { name: 'c', csi: { driver: 'a.example' } },
    ];
    expect(policyOf([pod([first], { volumes }), pod([second])])['spec']).toEqual({
      privileged: false,
      allowPrivilegeEscalation: false,
      requiredDropCapabilities: ['ALL'],
      allowedCapabilities: ['NET_BIND_SERVICE'],
      volumes: ['csi', 'hostPath'],
      ...{ hostNetwork: false, hostPID: false, hostIPC: false },
      hostPorts: [
        { min: 80, max: 81 },
        { min: 443, max: 443 },
      ],
      allowedHostPaths: [{ pathPrefix: '/var/log', readOnly: true }],
      allowedCSIDrivers: [{ name: 'a.example' }],
      forbiddenSysctls: ['*'],
      readOnlyRootFilesystem: true,
      runtimeClass: { allowedRuntimeClassNames: [] },
      runAsUser: { rule: 'MustRunAs', ranges: [{ min: 7, max: 8 }] },
      runAsGroup: { rule: 'MayRunAs', ranges: [{ min: 1, max: 65535 }] },
      supplementalGroups: { rule: 'MayRunAs', ranges: [{ min: 1, max: 65535 }] },
      fsGroup: { rule: 'MayRunAs', ranges: [{ min: 1, max: 65535 }] },
      seLinux: { rule: 'RunAsAny' },
    });
  });

  it.each([
    [[{ runAsUser: 7 }, { runAsNonRoot: true }], 'MustRunAsNonRoot'],
    [[{ runAsUser: 0 }, { runAsUser: 1 }], 'MustRunAs'],
    [[{ runAsUser: 7 }, {}], 'RunAsAny'],
    [[{ runAsUser: 7 }, { runAsNonRoot: false }], 'RunAsAny'],
  ])('of users %j makes %s', (contexts, rule) => {
    const made = policyOf([pod(contexts.map((context, index) => container(`c${index}`, context)))]);
    expect(valueAt(made, ['spec', 'runAsUser', 'rule'])).toBe(rule);
  });

  it('gives the account of the namespace its use, and no one else', () => {
    const [, role, binding] = generatePolicy([], target).objects;
    expect(role).toMatchObject({
      metadata: { namespace: 'shop', name: 'use-psp-shop-web' },
      rules: [
        { apiGroups: ['policy'], resources: ['podsecuritypolicies'], resourceNames: ['shop-web'], verbs: ['use'] },
      ],
    });
    expect(binding).toMatchObject({
      metadata: { namespace: 'shop' },
      roleRef: { kind: 'Role', name: 'use-psp-shop-web' },
      subjects: [{ kind: 'ServiceAccount', name: 'web', namespace: 'shop' }],
    });
  });

  it('is restricted without pods, but for what no policy can ask for', () => {
    const policy = readPodSecurityPolicy(policyOf([]));
    const fields = fitsPodSecurity(policy).blockers.map(({ level, field }) => `${level} ${field}`);
    expect(fields).toEqual(['baseline seLinux', 'baseline apparmor.security.beta.kubernetes.io/allowedProfileNames']);
    const request = {
      pod: pod([container('a')]),
      operation: 'CREATE',
      policies: [policy],
      mayUse: () => true,
    } as const;
    const { pod: stored, allowed } = admitPod(request);
    expect(allowed).toBe(true);
    expect(evaluatePod(podFromJson(stored).pod, { level: 'restricted', version: latestVersion })).toEqual([]);
  });
});

describe('podsOfAccount', () => {
  const text = [
    deployment('web', { serviceAccountName: 'web' }),
    deployment('other', {}),
    { ...deployment('far', { serviceAccountName: 'web' }), metadata: { name: 'far', namespace: 'elsewhere' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web' }, automountServiceAccountToken: false },
    {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { name: 'web-1', ownerReferences: [{ uid: 'uid-web' }] },
      spec: { serviceAccountName: 'web', containers: [container('made')] },
    },
  ]
    .map((object) => JSON.stringify(object))
    .join('\n---\n');

  function deployment(name: string, spec: JsonObject): JsonObject {
    const template = { spec: { containers: [container('app')], ...spec } };
    return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, uid: `uid-${name}` }, spec: { template } };
  }

  it('are those of its templates in the namespace', () => {
    const { objects } = decodeManifest(text, 'x.yaml');
    const snapshot = { schema: 'bulwark.snapshot/v1', takenAt: '2026-01-01T00:00:00Z', inputs: [], gaps: [] } as const;
    const { pods, otherAccounts } = podsOfAccount(factsOf({ ...snapshot, objects }), target);
    expect(pods.map((each) => valueAt(each, ['metadata', 'name']))).toEqual(['Deployment web']);
    expect(valueAt(pods[0] ?? {}, ['spec', 'volumes'])).toBeUndefined();
    expect(otherAccounts).toEqual(['default']);
  });
});

describe('podSecurityLabels', () => {
  it.each<readonly [string, readonly JsonObject[], string]>([
    ['no pods', [], 'restricted'],
    ['a plain pod', [pod([container('a')])], 'baseline'],
    ['a privileged pod', [pod([container('a', { privileged: true })])], 'privileged'],
  ])('for %s', (_what, pods, level) => {
    const { object } = podSecurityLabels(pods, { namespace: 'shop', minor: 30 });
    expect(valueAt(object, ['metadata', 'labels'])).toMatchObject({
      'pod-security.kubernetes.io/enforce': level,
      'pod-security.kubernetes.io/enforce-version': 'v1.30',
    });
  });
});

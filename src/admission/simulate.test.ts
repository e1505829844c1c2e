import { describe, expect, it } from 'vitest';
import type { AdmissionUser } from '../model/admission.ts';
import type { JsonObject } from '../model/json.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { pluginConfiguration } from '../semantics/pod-security/index.ts';
import { identityOf } from '../semantics/rbac/index.ts';
import { namesOf } from './owners.ts';
import { type AdmissionChain, type ChainResult, simulateAdmission } from './simulate.ts';
import { podRequestOf, requestOf, viewWithOwners } from './simulated-request.ts';
import { SnapshotView } from './snapshot-view.ts';
import { callOf, configuredWebhooks } from './webhook-match.ts';

const anne: AdmissionUser = { username: 'anne', uid: '', groups: identityOf('anne').groups, extra: new Map() };

function kube(apiVersion: string, kind: string, name: string, value: JsonObject): KubeObject {
  const namespace =
    kind.startsWith('Cluster') || apiVersion.startsWith('policy') || kind === 'Namespace' ? undefined : 'shop';
  const metadata = { name, ...(value.metadata as JsonObject | undefined) };
  return {
    apiVersion,
    kind,
    name,
    namespace,
    value: { apiVersion, kind, ...value, metadata },
    source: { file: 'x', document: 0, base: [] },
  };
}

function namespace(labels: JsonObject): KubeObject {
  return kube('v1', 'Namespace', 'shop', { metadata: { labels } });
}

function chain(
  objects: readonly KubeObject[],
  more: Partial<AdmissionChain> & { readonly minor?: number } = {},
): AdmissionChain {
  return {
    view: new SnapshotView(objects, { serverMinor: more.minor ?? 33, missingNamespaces: 'absent' }),
    evidence: 'complete',
    podSecurity: pluginConfiguration,
    podSecurityPolicy: 'off',
    admissionPolicies: undefined,
    webhooks: [],
    decider: undefined,
    ...more,
  };
}

const privileged = { containers: [{ name: 'app', securityContext: { privileged: true } }] };
const pod = kube('v1', 'Pod', 'web', { spec: privileged });
const deployment = kube('apps/v1', 'Deployment', 'web', {
  spec: { template: { metadata: { labels: { app: 'web' } }, spec: privileged } },
});

function steps({ steps: all }: ChainResult): string[] {
  return all.map(({ stage, phase, outcome }) => `${phase} ${stage} ${outcome}`);
}

describe('simulateAdmission', () => {
  const request = requestOf(pod, { user: anne, namespace: 'default' });

  it('refuses by Pod Security as the server would', () => {
    const { allowed, answer } = simulateAdmission(
      request,
      chain([namespace({ 'pod-security.kubernetes.io/enforce': 'baseline' })]),
    );
    expect(allowed).toBe(false);
    expect(answer?.denial.message).toContain(
      'pods "web" is forbidden: violates PodSecurity "baseline:latest": privileged',
    );
  });

  it('refuses what is in a namespace that is not there', () => {
    expect(simulateAdmission(request, chain([])).answer?.denial).toMatchObject({
      code: 404,
      message: 'namespaces "shop" not found',
    });
  });

  it('tells that a Deployment is let in whose pods are not', () => {
    const at = chain([namespace({ 'pod-security.kubernetes.io/enforce': 'baseline' })]);
    expect(simulateAdmission(requestOf(deployment, { user: anne, namespace: 'default' }), at).allowed).toBe(true);
    const pods = podRequestOf(deployment, 'default');
    if (pods === undefined) throw new Error('a Deployment makes pods');
    expect(pods.userInfo.username).toBe('system:serviceaccount:kube-system:replicaset-controller');
    expect(simulateAdmission(pods, at).answer?.denial.message).toContain('pods "web-simulated-" is forbidden');
  });

  it.each([
    [deployment, 'web-simulated', 'apps/ReplicaSet', 'apps/Deployment'],
    [
      kube('batch/v1', 'CronJob', 'tidy', { spec: { jobTemplate: { spec: { template: { spec: privileged } } } } }),
      'tidy-00000000',
      'batch/Job',
      'batch/CronJob',
    ],
  ])('knows what lies between an object and its pods: $kind', (object, name, between, kind) => {
    const asked = podRequestOf(object, 'default');
    if (asked === undefined) throw new Error('it makes pods');
    const view = viewWithOwners(object, 'default', chain([]).view);
    const [value] = [asked.object ?? {}];
    const made = { ...object, kind: 'Pod', apiVersion: 'v1', name: '', value };
    expect(namesOf(made, asked, view)).toEqual({
      names: [
        { kind: 'Pod', namespace: 'shop', name: '' },
        { kind: between.split('/')[1], namespace: 'shop', name },
        { kind: kind.split('/')[1], namespace: 'shop', name: object.name },
      ],
      unproven: [],
    });
  });

  const group = 'rbac.authorization.k8s.io';
  const spec = {
    ...{ requiredDropCapabilities: ['SYS_BOOT'], defaultAddCapabilities: ['SYS_TIME'], volumes: ['*'] },
    ...{ runAsUser: { rule: 'RunAsAny' }, seLinux: { rule: 'RunAsAny' }, fsGroup: { rule: 'RunAsAny' } },
    supplementalGroups: { rule: 'RunAsAny' },
  };
  const guide = kube('policy/v1beta1', 'PodSecurityPolicy', 'guide', { spec });
  const bare = kube('v1', 'Pod', 'web', { spec: { containers: [{ name: 'app' }] } });
  const role = kube(`${group}/v1`, 'ClusterRole', 'use', {
    rules: [{ apiGroups: ['policy'], resources: ['podsecuritypolicies'], verbs: ['use'] }],
  });
  const binding = kube(`${group}/v1`, 'ClusterRoleBinding', 'use', {
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'use' },
    subjects: [{ kind: 'User', apiGroup: group, name: 'anne' }],
  });

  it('mutates by a PodSecurityPolicy that may be used', () => {
    const at = chain([namespace({}), guide, role, binding], {
      podSecurityPolicy: 'on',
      podSecurity: undefined,
      minor: 20,
    });
    const result = simulateAdmission(requestOf(bare, { user: anne, namespace: 'default' }), at);
    expect(result.allowed).toBe(true);
    expect(steps(result)).toEqual(['mutating PodSecurityPolicy mutates', 'validating PodSecurityPolicy allows']);
    expect(result.steps[0]?.notes).toEqual([
      'policy guide lets the pod in, and sets what it leaves open',
      '  spec.containers[0].securityContext.capabilities: unset becomes {"add":["SYS_TIME"],"drop":["SYS_BOOT"]}',
    ]);
    expect(result.object?.spec).toMatchObject({
      containers: [{ securityContext: { capabilities: { add: ['SYS_TIME'], drop: ['SYS_BOOT'] } } }],
    });
  });

  it('explains the trap: the plugin is on, and nobody may use a policy', () => {
    const at = chain([namespace({}), guide], { podSecurityPolicy: 'on', podSecurity: undefined, minor: 20 });
    const result = simulateAdmission(requestOf(bare, { user: anne, namespace: 'default' }), at);
    expect(steps(result)).toEqual(['mutating PodSecurityPolicy refuses']);
    expect(result.answer?.denial.message).toBe(
      'pods "web" is forbidden: PodSecurityPolicy: unable to admit pod: [] (neither service account shop/default nor user anne may use the only policy, so every pod is refused)',
    );
    expect(result.steps[0]?.notes).toEqual([
      'the plugin is on and this account may use no policy: every pod is rejected',
      'policy guide would let the pod in, and neither the service account of the pod nor the user may use it',
      'bulwark generate psp --namespace shop --service-account default writes one that may be used',
    ]);
  });

  it('asks the rest all the same where one refuses, and says who would be asked', async () => {
    const configuration = kube('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'vendor', {
      webhooks: [
        {
          name: 'a.vendor.example',
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['pods'] }],
        },
      ],
    });
    const at = chain([namespace({ 'pod-security.kubernetes.io/enforce': 'baseline' })], {
      webhooks: await configuredWebhooks([configuration], 33),
    });
    const result = simulateAdmission(request, at);
    expect(steps(result)).toEqual([
      'validating PodSecurity refuses',
      'validating webhook a.vendor.example of vendor not-known',
    ]);
    expect(result.steps[1]?.notes).toEqual(['is asked and may refuse it; refused where it does not answer']);
  });
});

describe('callOf', () => {
  const view = new SnapshotView([namespace({ team: 'a' })], { serverMinor: 33, missingNamespaces: 'absent' });
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };

  async function call(webhook: JsonObject, object: KubeObject = pod): Promise<unknown> {
    const configuration = kube('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'c', {
      webhooks: [{ name: 'w', rules: [rule], ...webhook }],
    });
    const [found] = await configuredWebhooks([configuration], 33);
    if (found === undefined) throw new Error('no webhook');
    return callOf(found, requestOf(object, { user: anne, namespace: 'default' }), view);
  }

  it.each<[string, JsonObject, string]>([
    ['its rule', {}, 'called'],
    ['another operation', { rules: [{ ...rule, operations: ['UPDATE'] }] }, 'not-called'],
    ['another resource', { rules: [{ ...rule, resources: ['services'] }] }, 'not-called'],
    ['a subresource', { rules: [{ ...rule, resources: ['pods/status'] }] }, 'not-called'],
    ['every resource', { rules: [{ ...rule, resources: ['*'] }] }, 'called'],
    ['every subresource', { rules: [{ ...rule, resources: ['*/*'] }] }, 'called'],
    ['subresources of pods', { rules: [{ ...rule, resources: ['pods/*'] }] }, 'called'],
    ['another version', { rules: [{ ...rule, apiVersions: ['v2'] }] }, 'called'],
    ['another version, exactly', { rules: [{ ...rule, apiVersions: ['v2'] }], matchPolicy: 'Exact' }, 'not-called'],
    ['another group', { rules: [{ ...rule, apiGroups: ['apps'] }] }, 'not-called'],
    ['cluster scope', { rules: [{ ...rule, scope: 'Cluster' }] }, 'not-called'],
    ['its namespace', { namespaceSelector: { matchLabels: { team: 'a' } } }, 'called'],
    [
      'the name of its namespace',
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } },
      'called',
    ],
    ['another namespace', { namespaceSelector: { matchLabels: { team: 'b' } } }, 'not-called'],
    ['another object', { objectSelector: { matchLabels: { a: 'b' } } }, 'not-called'],
    ['no rule', { rules: [] }, 'not-called'],
  ])('%s', async (_, webhook, expected) => {
    expect(await call(webhook)).toBe(expected);
  });

  it('asks for the same resource of the group that it came from', async () => {
    const old = {
      rules: [{ ...rule, apiGroups: ['extensions'], apiVersions: ['v1beta1'], resources: ['deployments'] }],
    };
    expect(await call(old, deployment)).toBe('called');
    expect(await call({ ...old, matchPolicy: 'Exact' }, deployment)).toBe('not-called');
  });

  it('of a namespace looks at the labels that it will have', async () => {
    const webhook = {
      rules: [{ ...rule, resources: ['namespaces'] }],
      namespaceSelector: { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] },
    };
    expect(await call(webhook, namespace({}))).toBe('called');
    expect(await call(webhook, namespace({ skip: '' }))).toBe('not-called');
  });

  it('never asks about what sets webhooks up', async () => {
    const everything = { rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }] };
    const configuration = kube('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'x', {});
    expect(await call(everything, configuration)).toBe('not-called');
  });

  it('asks by matchConditions', async () => {
    const conditions = (expression: string) => ({ matchConditions: [{ name: 'c', expression }] });
    expect(await call(conditions("request.userInfo.username == 'anne'"))).toBe('called');
    expect(await call(conditions("request.userInfo.username == 'bob'"))).toBe('not-called');
    expect(await call(conditions('this is no expression'))).toEqual({
      unclear: 'its matchConditions cannot be evaluated here',
    });
  });
});

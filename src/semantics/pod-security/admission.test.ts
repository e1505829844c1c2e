import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../../model/admission.ts';
import type { JsonObject } from '../../model/json.ts';
import {
  admitPodSecurity,
  type PodSecurityAnswer,
  type PodSecurityConfiguration,
  type PodSecuritySurroundings,
  pluginConfiguration,
} from './admission.ts';
import { latestVersion, parsePolicyVersion } from './policy.ts';

const prefix = 'pod-security.kubernetes.io/';
const enforce = `${prefix}enforce`;
const privileged = { name: 'app', image: 'nginx', securityContext: { privileged: true } };

interface Case {
  readonly resource?: string;
  readonly group?: string;
  readonly subResource?: string;
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly object?: JsonObject;
  readonly oldObject?: JsonObject;
  readonly user?: string;
  readonly name?: string;
  readonly labels?: Record<string, string>;
  readonly configuration?: Partial<PodSecurityConfiguration>;
  readonly surroundings?: Partial<PodSecuritySurroundings>;
}

function pod(...containers: readonly JsonObject[]): JsonObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers } };
}

function answer(asked: Case): PodSecurityAnswer {
  const { resource = 'pods', group = '', operation = 'CREATE', object = pod(privileged), name = 'web' } = asked;
  const request: AdmissionRequest = {
    uid: 'u',
    kind: { group, version: 'v1', kind: '' },
    resource: { group, version: 'v1', resource },
    subResource: asked.subResource ?? '',
    name,
    namespace: resource === 'namespaces' ? name : 'shop',
    operation,
    userInfo: { username: asked.user ?? 'anne', uid: '', groups: [], extra: new Map() },
    object,
    oldObject: asked.oldObject,
    options: undefined,
    dryRun: false,
    value: {},
  };
  const labels = new Map(Object.entries(asked.labels ?? { [enforce]: 'baseline' }));
  return admitPodSecurity(
    request,
    { ...pluginConfiguration, ...asked.configuration },
    {
      namespaceLabels: () => labels,
      pods: () => [],
      expired: () => false,
      serverMinor: 33,
      ...asked.surroundings,
    },
  );
}

const violates =
  'violates PodSecurity "baseline:latest": privileged (container "app" must not set securityContext.privileged=true)';
const wouldViolate = `would ${violates.replace('violates', 'violate')}`;
const template = { metadata: {}, spec: { containers: [privileged] } };

describe('pods', () => {
  it('are refused, noted and warned of by the policies of the namespace', () => {
    const { told, ...said } = answer({});
    expect(told.map(({ check }) => check)).toEqual(['privileged']);
    expect(said).toEqual({
      refusal: {
        policy: 'PodSecurity "baseline:latest"',
        message: `pods "web" is forbidden: ${violates}`,
        code: 403,
        reason: 'Forbidden',
      },
      // The warning would only repeat the refusal.
      warnings: [],
      auditAnnotations: new Map([['enforce-policy', 'baseline:latest']]),
    });
    const noted = answer({ labels: { [`${prefix}audit`]: 'baseline', [`${prefix}warn`]: 'baseline' } });
    expect(noted.refusal).toBeUndefined();
    expect(noted.warnings.map(({ message }) => message)).toEqual([wouldViolate]);
    expect([...noted.auditAnnotations]).toEqual([
      ['enforce-policy', 'privileged:latest'],
      ['audit-violations', wouldViolate],
    ]);
  });

  it.each([
    ['exec', false],
    ['attach', false],
    ['binding', false],
    ['eviction', false],
    ['log', false],
    ['portforward', false],
    ['proxy', false],
    ['status', false],
    ['ephemeralcontainers', true],
    ['resize', true],
    ['of-tomorrow', true],
  ])('with subresource %s: judged is %s', (subResource, judged) => {
    expect(answer({ subResource }).refusal !== undefined).toBe(judged);
  });

  it.each<[string, Partial<Case>, string | undefined]>([
    ['namespace', { configuration: { exemptions: exempt({ namespaces: ['shop'] }) } }, 'namespace'],
    ['user', { configuration: { exemptions: exempt({ usernames: ['anne'] }) } }, 'user'],
    ['part of a user', { configuration: { exemptions: exempt({ usernames: ['ann'] }) } }, undefined],
    ['both', { configuration: { exemptions: exempt({ usernames: ['anne'], namespaces: ['shop'] }) } }, 'namespace'],
    [
      'runtime class',
      {
        object: { ...pod(privileged), spec: { containers: [privileged], runtimeClassName: 'kata' } },
        configuration: { exemptions: exempt({ runtimeClasses: ['kata'] }) },
      },
      'runtimeClass',
    ],
  ])('exempt by %s', (_, asked, by) => {
    const { refusal, warnings, auditAnnotations } = answer(asked);
    expect(refusal === undefined).toBe(by !== undefined);
    if (by === undefined) return;
    expect(warnings).toEqual([]);
    expect(auditAnnotations).toEqual(new Map([['exempt', by]]));
  });

  it('in a namespace that asks for nothing are let through before they are read', () => {
    const { refusal, auditAnnotations } = answer({ labels: {}, object: { kind: 'Nonsense' } });
    expect(refusal).toBeUndefined();
    expect(auditAnnotations).toEqual(new Map([['enforce-policy', 'privileged:latest']]));
  });

  it('are judged by restricted where the label means nothing, and the audit log is told', () => {
    const { refusal, auditAnnotations } = answer({ labels: { [enforce]: 'strict', [`${enforce}-version`]: 'v2' } });
    expect(refusal?.policy).toBe('PodSecurity "restricted:latest"');
    expect(auditAnnotations.get('error')).toBe(
      `Failed to parse policy: [metadata.labels[${enforce}]: Invalid value: "strict": must be one of privileged, baseline, restricted, ` +
        `metadata.labels[${enforce}-version]: Invalid value: "v2": must be "latest" or "v1.x"]`,
    );
  });

  it('that cannot be judged are refused', () => {
    expect(answer({ surroundings: { namespaceLabels: () => undefined } }).refusal).toMatchObject({
      code: 500,
      message: 'Internal error occurred: failed to lookup namespace "shop"',
    });
  });

  it.each<[JsonObject, string]>([
    [{ kind: 'Binding' }, 'its kind is not Pod'],
    [{ kind: 'Pod', spec: { containers: 'none' } }, 'spec.containers must be a list, found a string'],
    [
      { kind: 'Pod', spec: { hostPID: 'yes', hostIPC: 1, containers: [] } },
      'spec.hostPID must be true or false, found a string; and 1 more',
    ],
  ])('that cannot be read are refused with the level and the field: %j', (object, why) => {
    expect(answer({ object }).refusal).toMatchObject({
      ...{ code: 400, reason: 'BadRequest', policy: 'PodSecurity "baseline:latest"' },
      message: `failed to decode object: ${why}`,
    });
  });

  it('follow the configured defaults, and labels of another prefix where that is chosen', () => {
    const baseline = { level: 'baseline', version: parsePolicyVersion('v1.31') ?? latestVersion } as const;
    const defaults = { ...pluginConfiguration.defaults, enforce: baseline };
    expect(answer({ labels: {}, configuration: { defaults } }).refusal?.policy).toBe('PodSecurity "baseline:v1.31"');
    const own = { configuration: { labelPrefix: 'policy.example/' } };
    expect(answer({ ...own, labels: { [enforce]: 'baseline' } }).refusal).toBeUndefined();
    expect(answer({ ...own, labels: { 'policy.example/enforce': 'baseline' } }).refusal?.message).toContain(violates);
    const wrong = answer({ ...own, labels: { 'policy.example/enforce': 'x' } });
    expect(wrong.auditAnnotations.get('error')).toContain('metadata.labels[policy.example/enforce]');
  });

  it.each(['DELETE', 'CONNECT'] as const)('are not asked about on %s', (operation) => {
    expect(answer({ operation }).refusal).toBeUndefined();
  });
});

describe('updates of pods', () => {
  const old = pod(privileged);
  const debugging = { name: 'debug', image: 'busybox' };
  it.each<[string, JsonObject, boolean]>([
    ['a label', { ...old, metadata: { name: 'web', labels: { a: 'b' } } }, false],
    ['a security context', pod({ ...privileged, securityContext: { privileged: true, runAsUser: 0 } }), false],
    ['an image', pod({ ...privileged, image: 'nginx:2' }), true],
    ['one container more', pod(privileged, { name: 'b', image: 'b' }), true],
    ['an init container', { ...old, spec: { containers: [privileged], initContainers: [debugging] } }, true],
    ['an ephemeral container', { ...old, spec: { containers: [privileged], ephemeralContainers: [debugging] } }, true],
  ])('of %s are judged: %s', (_, object, judged) => {
    expect(answer({ operation: 'UPDATE', object, oldObject: old }).refusal !== undefined).toBe(judged);
  });

  it('of an ephemeral container that is there already are judged where its image changes', () => {
    const withDebug = (image: string) => ({
      ...old,
      spec: { containers: [privileged], ephemeralContainers: [{ name: 'debug', image }] },
    });
    const update = { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: withDebug('a') } as const;
    expect(answer({ ...update, object: withDebug('a') }).refusal).toBeUndefined();
    expect(answer({ ...update, object: withDebug('b') }).refusal?.message).toContain(violates);
  });

  it('look at seccomp annotations on servers that did', () => {
    const annotated = {
      ...old,
      metadata: { annotations: { 'container.seccomp.security.alpha.kubernetes.io/app': 'localhost/x' } },
    };
    const update = { operation: 'UPDATE', object: annotated, oldObject: old } as const;
    expect(answer({ ...update, surroundings: { serverMinor: 26 } }).refusal).toBeDefined();
    expect(answer({ ...update, surroundings: { serverMinor: 27 } }).refusal).toBeUndefined();
  });
});

describe('what makes pods', () => {
  const deployment = { metadata: { name: 'web' }, spec: { template } };
  const restricted = { [enforce]: 'baseline' };

  it.each<[string, string, JsonObject]>([
    ['apps', 'deployments', deployment],
    ['apps', 'replicasets', deployment],
    ['apps', 'statefulsets', deployment],
    ['apps', 'daemonsets', deployment],
    ['batch', 'jobs', deployment],
    ['batch', 'cronjobs', { spec: { jobTemplate: { spec: { template } } } }],
    ['', 'replicationcontrollers', deployment],
    ['', 'podtemplates', { template }],
  ])('%s %s is warned of and never refused', (group, resource, object) => {
    const { refusal, warnings, auditAnnotations } = answer({ group, resource, object, labels: restricted });
    expect(refusal).toBeUndefined();
    // Enforced and not privileged by default: warn follows enforce where there is no label for it.
    expect(warnings.map(({ message }) => message)).toEqual([wouldViolate]);
    expect(auditAnnotations.size).toBe(0);
  });

  it('is refused in the same words where that is chosen', () => {
    const asked = { group: 'apps', resource: 'deployments', object: deployment } as const;
    const { refusal, warnings } = answer({ ...asked, configuration: { templates: 'refused' } });
    expect(refusal?.message).toBe(`deployments.apps "web" is forbidden: ${violates}`);
    expect(warnings).toEqual([]);
  });

  it('is not refused for what it was before, such as when a rollout scales it down', () => {
    const update = { group: 'apps', resource: 'replicasets', operation: 'UPDATE', oldObject: deployment } as const;
    const configuration = { templates: 'refused' } as const;
    const scaled = { ...deployment, spec: { replicas: 0, template } };
    expect(answer({ ...update, object: scaled, configuration }).refusal).toBeUndefined();
    const worse = { spec: { template: { spec: { hostPID: true, containers: [privileged] } } } };
    expect(answer({ ...update, object: worse, configuration }).refusal).toBeDefined();
  });

  it.each<[string, Partial<Case>, string | undefined]>([
    ['scale', { subResource: 'scale' }, undefined],
    ['no template', { group: '', resource: 'replicationcontrollers', object: { spec: {} } }, undefined],
    [
      'malformed',
      { object: { spec: { template: { spec: { containers: {} } } } } },
      'failed to decode object: spec.template.spec.containers must be a list, found an object',
    ],
    ['namespace gone', { surroundings: { namespaceLabels: () => undefined } }, 'failed to lookup namespace "shop"'],
  ])('is let through: %s', (_, asked, error) => {
    const found = answer({ group: 'apps', resource: 'deployments', object: deployment, ...asked });
    expect(found.refusal).toBeUndefined();
    expect(found.warnings).toEqual([]);
    expect(found.auditAnnotations.get('error')).toBe(error);
  });
});

describe('namespaces', () => {
  const namespace = (labels: Record<string, string>): JsonObject => ({ metadata: { name: 'shop', labels } });
  const change = (before: Record<string, string>, after: Record<string, string>, more: Partial<Case> = {}) =>
    answer({
      resource: 'namespaces',
      name: 'shop',
      operation: 'UPDATE',
      object: namespace(after),
      oldObject: namespace(before),
      ...more,
    });

  it('with labels that mean nothing are refused', () => {
    const { refusal } = answer({ resource: 'namespaces', name: 'shop', object: namespace({ [enforce]: 'x' }) });
    expect(refusal).toEqual({
      policy: 'PodSecurity',
      message: `Namespace "shop" is invalid: metadata.labels[${enforce}]: Invalid value: "x": must be one of privileged, baseline, restricted`,
      code: 422,
      reason: 'Invalid',
    });
    expect(change({ [enforce]: 'x' }, { [enforce]: 'x', a: 'b' }).refusal).toBeUndefined();
    expect(change({ [enforce]: 'x' }, { [enforce]: 'y' }).refusal?.code).toBe(422);
  });

  const pods = [
    existing('c', { hostNetwork: true }, 'one'),
    existing('b', { hostNetwork: true }, 'one'),
    existing('a', { hostPID: true, containers: [privileged] }),
    existing('kata', { hostNetwork: true, runtimeClassName: 'kata' }),
    existing('good', {}),
  ];

  it.each<[string, Record<string, string>, Record<string, string>, boolean]>([
    ['unchanged', { [enforce]: 'baseline' }, { [enforce]: 'baseline', a: 'b' }, false],
    ['to privileged', { [enforce]: 'baseline' }, { [enforce]: 'privileged' }, false],
    ['relaxed', { [enforce]: 'restricted' }, { [enforce]: 'baseline' }, false],
    [
      'relaxed of another version',
      { [enforce]: 'restricted' },
      { [enforce]: 'baseline', [`${enforce}-version`]: 'v1.30' },
      true,
    ],
    ['stricter', { [enforce]: 'privileged' }, { [enforce]: 'baseline' }, true],
    ['only warn', {}, { [`${prefix}warn`]: 'restricted' }, false],
  ])('%s: pods are looked at: %s', (_, before, after, looked) => {
    expect(change(before, after, { surroundings: { pods: () => pods } }).warnings.length > 0).toBe(looked);
  });

  it('tells of pods that break the new policy, alike ones together', () => {
    const configuration = { exemptions: exempt({ runtimeClasses: ['kata'] }) };
    const found = change({}, { [enforce]: 'baseline' }, { configuration, surroundings: { pods: () => pods } });
    expect(found.refusal).toBeUndefined();
    expect(found.warnings.map(({ message }) => message)).toEqual([
      'existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"',
      'a: host namespaces, privileged',
      'b (and 1 other pod): host namespaces',
    ]);
  });

  it('says how far it came, and what it could not do', () => {
    const many = Array.from({ length: 3005 }, (_, index) => existing(`p-${index}`, { hostPID: true }));
    const said = (more: Partial<PodSecuritySurroundings>) =>
      change({}, { [enforce]: 'baseline' }, { surroundings: more }).warnings.map(({ message }) => message);
    const violate = 'existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"';
    expect(said({ pods: () => many })).toEqual([
      'new PodSecurity enforce level only checked against the first 3000 of 3005 existing pods',
      violate,
      'p-0 (and 2999 other pods): host namespaces',
    ]);
    expect(said({ pods: () => many, expired: () => true })).toEqual([
      'new PodSecurity enforce level only checked against the first 1 of 3005 existing pods',
      violate,
      'p-0: host namespaces',
    ]);
    expect(said({ pods: () => undefined })).toEqual([
      'failed to list pods while checking new PodSecurity enforce level',
    ]);
  });

  it('of each controller one pod is looked at first', () => {
    let left = 2;
    const surroundings = { pods: () => pods, expired: () => --left === 0 };
    expect(change({}, { [enforce]: 'baseline' }, { surroundings }).warnings.map(({ message }) => message)).toEqual([
      'new PodSecurity enforce level only checked against the first 2 of 5 existing pods',
      'existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"',
      'a: host namespaces, privileged',
      'c: host namespaces',
    ]);
  });

  it('that are exempt are told that their labels mean nothing', () => {
    const configuration = { exemptions: exempt({ namespaces: ['shop'] }) };
    const labels = { [enforce]: 'baseline', [`${prefix}audit`]: 'restricted', [`${prefix}audit-version`]: 'v1.30' };
    const text =
      'namespace "shop" is exempt from Pod Security, and the policy (enforce=baseline:latest, audit=restricted:v1.30) will be ignored';
    expect(change({}, labels, { configuration }).warnings.map(({ message }) => message)).toEqual([text]);
    const created = answer({ resource: 'namespaces', name: 'shop', object: namespace(labels), configuration });
    expect(created.warnings.map(({ message }) => message)).toEqual([text]);
    expect(change({}, { [enforce]: 'privileged' }, { configuration }).warnings).toEqual([]);
  });
});

function exempt(names: { usernames?: string[]; namespaces?: string[]; runtimeClasses?: string[] }) {
  return {
    usernames: new Set(names.usernames),
    namespaces: new Set(names.namespaces),
    runtimeClasses: new Set(names.runtimeClasses),
  };
}

function existing(name: string, spec: JsonObject, controller?: string): JsonObject {
  const ownerReferences = controller === undefined ? [] : [{ controller: true, uid: controller }];
  return { kind: 'Pod', metadata: { name, ownerReferences }, spec: { containers: [], ...spec } };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controls } from '../controls/registry.ts';
import type { ClusterView } from '../model/admission.ts';
import type { JsonObject } from '../model/json.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { Decider, type Decision } from './decide.ts';
import { loadAdmission } from './load.ts';
import { answerReview, readReview } from './review.ts';

const now = new Date('2026-11-21T12:00:00Z');

async function decider(spec: string, more = ''): Promise<Decider> {
  const text = `apiVersion: bulwark.dev/v1\nkind: AdmissionPolicy\nmetadata: {name: house}\nspec:\n${spec}\n${more}`;
  const { policies, problems } = await loadAdmission([{ file: 'policy.yaml', text }], { controls });
  expect(problems).toEqual([]);
  if (policies === undefined) throw new Error('no policies');
  return new Decider(policies, { now: () => now });
}

function view(more: Partial<ClusterView> & { readonly all?: readonly KubeObject[] } = {}): ClusterView {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return {
    namespace: (name) => (name === 'shop' ? { metadata: { name, labels } } : undefined),
    objects: (_, kind) => (more.all ?? []).filter((object) => object.kind === kind),
    unread: new Map(),
    serverMinor: 33,
    ...more,
  };
}

interface Asked {
  readonly object?: JsonObject;
  readonly oldObject?: JsonObject;
  readonly operation?: string;
  readonly kind?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly username?: string;
  readonly groups?: readonly string[];
}

function request({
  object = pod({}),
  operation = 'CREATE',
  group = '',
  kind = 'Pod',
  resource = 'pods',
  ...more
}: Asked) {
  const read = readReview({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      ...{ uid: 'u', kind: { group, version: 'v1', kind }, resource: { group, version: 'v1', resource } },
      ...{ name: more.name ?? 'web', namespace: more.namespace ?? 'shop', operation, object },
      ...{ subResource: more.subResource ?? '', oldObject: more.oldObject },
      userInfo: { username: more.username ?? 'anne', groups: more.groups ?? [] },
    },
  });
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

function pod(container: JsonObject, spec: JsonObject = {}): JsonObject {
  const containers = [{ name: 'app', image: 'nginx:1', ...container }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' }, spec: { containers, ...spec } };
}

function messages({ denials }: Decision): string[] {
  return denials.map(({ policy, message }) => `${policy}: ${message}`);
}

const good = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

describe('validate', () => {
  it('tells every reason at once, each with its policy', async () => {
    const by = await decider(`
  podSecurity: {}
  controls: [{control: pods/privileged}, {control: container-runtime/image-tag, mode: warn}, {control: pods/host-pid, mode: audit}]
  images: {registries: {deny: [docker.io]}, forbidTags: [latest]}`);
    const bad = pod(
      { image: 'nginx', securityContext: { ...good, allowPrivilegeEscalation: undefined as never, privileged: true } },
      { hostNetwork: true, hostPID: true },
    );
    const decision = by.validate(request({ object: bad }), view());
    expect(decision.allowed).toBe(false);
    expect(messages(decision)).toEqual([
      'PodSecurity "restricted:latest": pods "web" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true, hostPID=true), privileged (container "app" must not set securityContext.privileged=true), allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false)',
      'control pods/privileged: container app sets privileged: true',
      'policy images/registry: container app: image nginx comes from docker.io, which is denied',
      'policy images/tag: container app: image nginx has no tag, which means latest',
    ]);
    expect(decision.warnings.map((text) => text.replace(/.*\(/, '('))).toEqual([
      '(control container-runtime/image-tag)',
    ]);
    expect(decision.auditAnnotations.get('policy-violations')).toContain('(control pods/host-pid)');
    expect(answerReview(request({ object: bad }), decision, 'validating').response).toMatchObject({
      status: {
        code: 403,
        message: expect.stringContaining('container app: sets privileged: true (control pods/privileged); image nginx'),
      },
    });
  });

  it('allows what no policy speaks against', async () => {
    const by = await decider('  podSecurity: {}\n  controls: [{control: "pods/*"}]\n  images: {forbidTags: [latest]}');
    const decision = by.validate(request({ object: pod({ securityContext: good }) }), view());
    expect(messages(decision)).toEqual([]);
    expect(decision.allowed).toBe(true);
    expect(decision.auditAnnotations).toEqual(new Map([['enforce-policy', 'restricted:latest']]));
  });

  it('judges init, sidecar and ephemeral containers, and templates', async () => {
    const by = await decider('  controls: [{control: pods/privileged}]');
    const evil = { name: 'evil', image: 'x', securityContext: { privileged: true } };
    const spec = { containers: [{ name: 'app' }], initContainers: [evil] };
    const said = ['control pods/privileged: container evil sets privileged: true'];
    expect(messages(by.validate(request({ object: pod({}, { initContainers: [evil] }) }), view()))).toEqual(said);
    const debugged = { object: pod({}, { ephemeralContainers: [evil] }), oldObject: pod({}), operation: 'UPDATE' };
    expect(messages(by.validate(request({ ...debugged, subResource: 'ephemeralcontainers' }), view()))).toEqual(said);
    const cronJob = { metadata: { name: 'c' }, spec: { jobTemplate: { spec: { template: { spec } } } } };
    const asked = request({ group: 'batch', kind: 'CronJob', resource: 'cronjobs', object: cronJob });
    expect(messages(by.validate(asked, view()))).toEqual(said);
  });

  it('judges ephemeral containers in the form that servers before v1.22 send', async () => {
    const by = await decider('  podSecurity: {}\n  controls: [{control: pods/privileged}]');
    const ephemeralContainers = [{ name: 'debug', image: 'x', securityContext: { privileged: true } }];
    const asked = {
      kind: 'EphemeralContainers',
      subResource: 'ephemeralcontainers',
      operation: 'UPDATE',
      oldObject: {},
    };
    const decision = by.validate(request({ ...asked, object: { ephemeralContainers } }), view({ serverMinor: 20 }));
    expect(decision.denials.map(({ policy }) => policy)).toEqual([
      'PodSecurity "restricted:latest"',
      'control pods/privileged',
    ]);
    expect(by.validate(request({ ...asked, object: {} }), view({ serverMinor: 20 })).allowed).toBe(true);
  });

  it('is quiet about updates that change nothing it judges', async () => {
    const by = await decider('  controls: [{control: pods/privileged}, {control: namespaces/default-namespace}]');
    const old = pod({ securityContext: { privileged: true } });
    const labelled = { ...old, metadata: { name: 'web', labels: { a: 'b' }, finalizers: [] } };
    const update = { operation: 'UPDATE', oldObject: old } as const;
    expect(by.validate(request({ ...update, object: labelled }), view()).allowed).toBe(true);
    const image = pod({ image: 'nginx:2', securityContext: { privileged: true } });
    expect(by.validate(request({ ...update, object: image }), view()).allowed).toBe(false);
    const template = { spec: old.spec ?? null };
    const deployment = { metadata: { name: 'web' }, spec: { replicas: 1, template } };
    const asked = {
      group: 'apps',
      kind: 'Deployment',
      resource: 'deployments',
      operation: 'UPDATE',
      oldObject: deployment,
    };
    const annotated = {
      ...deployment,
      metadata: { name: 'web', annotations: { 'deployment.kubernetes.io/revision': '2' } },
    };
    expect(by.validate(request({ ...asked, object: annotated }), view()).allowed).toBe(true);
    expect(
      by.validate(request({ ...asked, object: { ...deployment, spec: { replicas: 2, template } } }), view()).allowed,
    ).toBe(false);
    expect(
      by.validate(request({ operation: 'DELETE', oldObject: old, object: undefined as never }), view()).allowed,
    ).toBe(true);
  });

  it('does not let a control that only warns stand in for one that refuses', async () => {
    // A privileged container covers that it can gain privileges, where both are judged alike.
    const by = await decider(
      '  controls: [{control: pods/privileged, mode: warn}, {control: pods/allow-privilege-escalation}]',
    );
    const decision = by.validate(request({ object: pod({ securityContext: { privileged: true } }) }), view());
    expect(decision.denials.map(({ policy }) => policy)).toEqual(['control pods/allow-privilege-escalation']);
  });

  it('says what could not be decided', async () => {
    const by = await decider('  controls: [{control: container-runtime/image-tag}]');
    const decision = by.validate(request({ object: pod({ image: 'team/UPPER:1' }) }), view());
    expect(decision.allowed).toBe(true);
    expect([...decision.undecided]).toEqual([
      ['control container-runtime/image-tag', '"team/UPPER:1" is not the name of an image'],
    ]);
    expect(decision.auditAnnotations.get('undecided')).toContain('control container-runtime/image-tag');
  });

  it('refuses rather than guesses when time is up, and says which policies were not asked', async () => {
    const by = await decider('  podSecurity: {}\n  controls: [{control: pods/privileged}]');
    let asked = 0;
    const decision = by.validate(request({ object: pod({ securityContext: good }) }), view(), {
      expired: () => ++asked > 1,
    });
    expect(decision.unfinished).toEqual(['controls']);
    expect(decision.denials).toMatchObject([
      { code: 504, reason: 'Timeout', message: 'time ran out before these were asked: controls' },
    ]);
  });

  it('refuses what it cannot judge', async () => {
    const by = await decider('  controls: [{control: pods/privileged}]');
    const deep = (): JsonObject => {
      let object: JsonObject = {};
      for (let depth = 0; depth < 200_000; depth += 1) object = { deep: object };
      return object;
    };
    const asked = { group: 'apps', kind: 'Deployment', resource: 'deployments', operation: 'UPDATE' };
    const decision = by.validate(request({ ...asked, object: { spec: deep() }, oldObject: { spec: deep() } }), view());
    expect(decision.denials).toMatchObject([{ code: 500, message: expect.stringContaining('nested too deeply') }]);
    const gone = (await decider('  podSecurity: {}')).validate(request({ namespace: 'gone' }), view());
    expect(gone.denials).toMatchObject([
      { code: 500, message: expect.stringContaining('failed to lookup namespace "gone"') },
    ]);
  });

  it('does not throw, whatever the objects are, and judges 1,000 containers', async () => {
    const by = await decider(
      '  podSecurity: {}\n  controls: [{control: "pods/*"}]\n  images: {requireDigest: true}\n  hardening: {fields: [seccompProfile], namespaces: all}',
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.constantFrom('CREATE', 'UPDATE'), (spec, metadata, operation) => {
        const object = { apiVersion: 'v1', kind: 'Pod', metadata, spec } as JsonObject;
        const asked = request({ object, oldObject: pod({}), operation });
        expect(by.validate(asked, view()).denials.map(({ code }) => code)).not.toContain(500);
        by.mutate(asked, view());
      }),
      { numRuns: 150 },
    );
    const containers = Array.from({ length: 1000 }, (_, index) => ({ name: `c-${index}`, image: 'x' }));
    const decision = by.validate(request({ object: pod({}, { containers }) }), view());
    expect(decision.denials.filter(({ policy }) => policy === 'policy images/digest')).toHaveLength(1000);
  });

  it('asks nobody about what is exempt', async () => {
    const by = await decider(
      '  controls: [{control: pods/privileged}]\n  exemptions: {namespaces: [infra], usernames: [root], groups: [ops]}',
    );
    const object = pod({ securityContext: { privileged: true } });
    const exempt = (more: Asked) => by.validate(request({ object, ...more }), view()).auditAnnotations.get('exempt');
    expect(exempt({ namespace: 'infra' })).toBe('namespace');
    expect(exempt({ username: 'root' })).toBe('user');
    expect(exempt({ groups: ['dev', 'ops'] })).toBe('group');
    expect(exempt({})).toBeUndefined();
  });

  it('warns of nothing that Pod Security tells in the same answer', async () => {
    const by = await decider(`
  podSecurity: {defaults: {warn: restricted}}
  controls: [{control: pods/*, mode: warn}, {control: container-runtime/run-as-non-root, mode: warn}, {control: container-runtime/memory-limit, mode: warn}]`);
    const open = view({ namespace: (name) => ({ metadata: { name } }) });
    const loose = pod({ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }, { hostNetwork: true });
    const { warnings, allowed } = by.validate(request({ object: loose }), open);
    expect(allowed).toBe(true);
    const ofPodSecurity = warnings.filter((text) => text.startsWith('would violate PodSecurity "restricted:latest": '));
    expect(ofPodSecurity).toHaveLength(5);
    // What no check of Pod Security asks is told.
    expect(warnings.filter((text) => !text.startsWith('would violate'))).toEqual([
      expect.stringMatching(/\(control container-runtime\/memory-limit\)$/),
    ]);
  });

  it('warns of what Pod Security was not asked about', async () => {
    const by = await decider(
      '  podSecurity: {defaults: {warn: baseline}}\n  controls: [{control: pods/capabilities-drop-all, mode: warn}]',
    );
    const open = view({ namespace: (name) => ({ metadata: { name } }) });
    const { warnings } = by.validate(request({ object: pod({ securityContext: { privileged: true } }) }), open);
    expect(warnings.map((text) => text.replace(/.*\(control /, '(control '))).toEqual([
      expect.stringContaining('would violate PodSecurity "baseline:latest": privileged'),
      '(control pods/capabilities-drop-all)',
    ]);
  });
});

describe('exceptions', () => {
  const spec = (exception: string) => `
  podSecurity: {}
  controls: [{control: pods/privileged}]
  exceptions:
    - {${exception}, reason: needs the device, owner: net team, expires: 2026-12-31}`;
  const object = pod({ securityContext: { ...good, allowPrivilegeEscalation: undefined as never, privileged: true } });

  async function left(exception: string, more: Asked = {}): Promise<string[]> {
    const decision = (await decider(spec(exception))).validate(request({ object, ...more }), view());
    return decision.denials.map(({ policy }) => policy);
  }

  const both = ['PodSecurity "restricted:latest"', 'control pods/privileged'];

  it.each<[string, string[]]>([
    ['control: pods/privileged', ['PodSecurity "restricted:latest"']],
    ['control: pods/privileged, container: app', ['PodSecurity "restricted:latest"']],
    ['control: pods/privileged, container: other', both],
    ['control: pods/privileged, object: {namespace: shop, name: "w*"}', ['PodSecurity "restricted:latest"']],
    ['control: pods/privileged, object: {namespace: other}', both],
    ['control: pods/privileged, object: {kind: Deployment}', both],
    ['control: pods/privileged, path: "spec.containers[0]"', ['PodSecurity "restricted:latest"']],
    ['control: pods/privileged, path: spec.hostPID', both],
    ['control: pod-security/privileged', both],
    ['control: pod-security/*', ['control pods/privileged']],
  ])('%s', async (exception, expected) => {
    expect(await left(exception)).toEqual(expected);
  });

  it('are counted, and told to the audit log with reason and owner', async () => {
    const decision = (await decider(spec('control: "*"'))).validate(request({ object }), view());
    expect(decision.allowed).toBe(true);
    expect(decision.uses.map(({ policy, container }) => `${policy} ${container}`)).toEqual([
      'pod-security/privileged app',
      'pod-security/allowPrivilegeEscalation app',
      'pods/privileged app',
    ]);
    expect(decision.auditAnnotations.get('exceptions')).toContain(
      'pods/privileged of container app: needs the device (net team, policy.yaml:9:7)',
    );
  });

  it('end with their day', async () => {
    const by = await decider(spec('control: "*"'));
    const later = new Decider(by.policies, { now: () => new Date('2027-01-01T00:00:00Z') });
    expect(later.validate(request({ object }), view()).allowed).toBe(false);
  });

  it('that have run out are told where they would have been needed', async () => {
    const by = await decider(spec('control: pods/privileged'));
    const later = new Decider(by.policies, { now: () => new Date('2027-01-01T00:00:00Z') });
    expect(messages(later.validate(request({ object }), view())).at(-1)).toBe(
      'exception: the exception for pods/privileged (net team, policy.yaml:9:7) has run out on 2026-12-31',
    );
    expect(messages(later.validate(request({}), view())).join()).not.toContain('run out');
  });

  const username = 'system:serviceaccount:kube-system:replicaset-controller';
  const podOf = (kind: string, name: string, labels: JsonObject = {}): JsonObject => ({
    ...object,
    metadata: { name: `${name}-x`, labels, ownerReferences: [{ controller: true, kind, name, uid: `uid-${name}` }] },
  });
  const podSpec = { containers: [{ name: 'app', image: 'nginx:1' }] };
  const owned = (kind: string, name: string) => [{ controller: true, kind, name, uid: `uid-${name}` }];

  function made(apiVersion: string, kind: string, name: string, value: JsonObject & { readonly of?: JsonObject[] }) {
    const { of = [], ...rest } = value;
    const metadata = { name, namespace: 'shop', uid: `uid-${name}`, ownerReferences: of };
    const source = { file: 'x', document: 0, base: [] };
    return { apiVersion, kind, name, namespace: 'shop', value: { ...rest, metadata }, source };
  }
  const template = (labels: JsonObject, inside: JsonObject = podSpec) => ({
    spec: { template: { metadata: { labels }, spec: inside } },
  });
  const deployment = made('apps/v1', 'Deployment', 'web', template({ app: 'web' }));
  const hashed = { app: 'web', 'pod-template-hash': '7d4b9c' };
  const genuine = made('apps/v1', 'ReplicaSet', 'web-7d4b9c', { ...template(hashed), of: owned('Deployment', 'web') });

  it.each<[string, readonly KubeObject[], string | undefined]>([
    ['shown by the cluster', [deployment, genuine], undefined],
    ['no such ReplicaSet', [deployment], 'ReplicaSet web-7d4b9c is not known here yet, so that nobody can tell'],
    [
      'another of its name',
      [deployment, { ...genuine, value: { ...genuine.value, metadata: { uid: 'other' } } }],
      'ReplicaSet web-7d4b9c is not known here yet',
    ],
    [
      'of nobody, by name and label alone',
      [deployment, made('apps/v1', 'ReplicaSet', 'web-7d4b9c', template(hashed))],
      'no Deployment controls ReplicaSet web-7d4b9c',
    ],
    ['no such Deployment', [genuine], 'ReplicaSet web-7d4b9c says that it is of Deployment web, which is not there'],
    [
      'an owner reference to a Deployment of another pod',
      [deployment, { ...genuine, value: { ...genuine.value, ...template(hashed, { ...podSpec, hostPID: true }) } }],
      'the pod template of ReplicaSet web-7d4b9c is not the one that Deployment web has now',
    ],
  ])('of a Deployment hold for its pods: %s', async (_, all, why) => {
    const by = await decider(spec('control: "*", object: {kind: Deployment, name: web}'));
    const asked = request({ object: podOf('ReplicaSet', 'web-7d4b9c', hashed), username });
    const decision = by.validate(asked, view({ all }));
    expect(decision.denials.map(({ policy }) => policy)).toEqual(why === undefined ? [] : [...both, 'exception']);
    if (why !== undefined) {
      const said = decision.denials.at(-1)?.message;
      expect(said).toContain(`the exception for * (net team, policy.yaml:9:7) does not hold: ${why}`);
    }
  });

  it('of what makes pods hold where its controller makes them, and not where a user says so', async () => {
    const asked = { object: podOf('ReplicaSet', 'web-7d4b9c', hashed), username };
    expect(await left('control: "*", object: {kind: ReplicaSet}', asked)).toEqual([]);
    expect(await left('control: "*", object: {kind: ReplicaSet}', { ...asked, username: 'mallory' })).toEqual(both);
    const by = await decider(spec('control: "*", object: {kind: Deployment}'));
    const all = [deployment, genuine];
    expect(by.validate(request({ ...asked, username: 'mallory' }), view({ all })).denials).toHaveLength(2);
  });

  it('of a CronJob hold for the pods of its Jobs, not for those of Jobs with such names', async () => {
    const by = await decider(spec('control: "*", object: {kind: CronJob, name: tidy}'));
    const cronJob = made('batch/v1', 'CronJob', 'tidy', { spec: { jobTemplate: template({ app: 'tidy' }) } });
    const labels = { app: 'tidy', 'controller-uid': 'u', 'batch.kubernetes.io/job-name': 'tidy-28000000' };
    const job = made('batch/v1', 'Job', 'tidy-28000000', { ...template(labels), of: owned('CronJob', 'tidy') });
    const lone = made('batch/v1', 'Job', 'tidy-28000000', template(labels));
    const asked = request({
      object: podOf('Job', 'tidy-28000000'),
      username: 'system:serviceaccount:kube-system:job-controller',
    });
    expect(by.validate(asked, view({ all: [cronJob, job] })).allowed).toBe(true);
    expect(messages(by.validate(asked, view({ all: [cronJob, lone] }))).at(-1)).toContain(
      'no CronJob controls Job tidy-28000000',
    );
  });

  it('that name what is behind pods need it known', async () => {
    const kinds = async (exception: string) => (await decider(spec(exception))).needs().map(({ kind }) => kind);
    expect(await kinds('control: "*", object: {kind: DaemonSet}')).toEqual(['Namespace']);
    expect(await kinds('control: "*", object: {kind: Deployment}')).toEqual(['Namespace', 'Deployment', 'ReplicaSet']);
    expect(await kinds('control: "*", object: {kind: CronJob}')).toEqual(['Namespace', 'CronJob', 'Job']);
    const unread = new Map([['apps/ReplicaSet', 'forbidden']]);
    const by = await decider(spec('control: "*", object: {name: web}'));
    const asked = request({ object: podOf('ReplicaSet', 'web-7d4b9c', hashed), username, name: 'web-7d4b9c-x' });
    expect(messages(by.validate(asked, view({ unread }))).at(-1)).toContain('ReplicaSets could not be read: forbidden');
  });
});

describe('ReplicaSets', () => {
  it('that are only scaled are not judged, as a rollout scales old ones down', async () => {
    const by = await decider('  controls: [{control: pods/privileged}]');
    const set = (replicas: number, privileged: boolean): JsonObject => ({
      metadata: { name: 'web-1' },
      spec: { replicas, template: { spec: { containers: [{ name: 'app', securityContext: { privileged } }] } } },
    });
    const of = { kind: 'ReplicaSet', group: 'apps', resource: 'replicasets', operation: 'UPDATE' };
    const judged = (object: JsonObject, oldObject: JsonObject) =>
      by.validate(request({ ...of, object, oldObject }), view()).denials.map(({ policy }) => policy);
    expect(judged(set(0, true), set(3, true))).toEqual([]);
    expect(judged(set(3, true), set(3, false))).toEqual(['control pods/privileged']);
  });
});

describe('namespaceAskedFor', () => {
  it('is a namespace that policies ask about and nobody was told of', async () => {
    const by = await decider('  podSecurity: {}');
    expect(by.namespaceAskedFor(request({ namespace: 'new' }), view())).toBe('new');
    expect(by.namespaceAskedFor(request({}), view())).toBeUndefined();
    const spaces = request({ kind: 'Namespace', resource: 'namespaces', namespace: 'new', name: 'new' });
    expect(by.namespaceAskedFor(spaces, view())).toBeUndefined();
    const other = await decider('  controls: [{control: pods/privileged}]');
    expect(other.namespaceAskedFor(request({ namespace: 'new' }), view())).toBeUndefined();
  });
});

const group = 'rbac.authorization.k8s.io';

function kube(apiVersion: string, kind: string, value: JsonObject, name: string): KubeObject {
  const source = { file: 'x', document: 0, base: [] };
  return { apiVersion, kind, name, namespace: undefined, value: { ...value, metadata: { name } }, source };
}

describe('PodSecurityPolicies', () => {
  const psp = (name: string, spec: JsonObject) =>
    kube(
      'policy/v1beta1',
      'PodSecurityPolicy',
      {
        spec: {
          ...{ runAsUser: { rule: 'RunAsAny' }, seLinux: { rule: 'RunAsAny' }, volumes: ['*'] },
          ...{ fsGroup: { rule: 'RunAsAny' }, supplementalGroups: { rule: 'RunAsAny' }, ...spec },
        },
      },
      name,
    );
  const rules = [
    { apiGroups: ['policy'], resources: ['podsecuritypolicies'], verbs: ['use'], resourceNames: ['open'] },
  ];
  const all = [
    psp('open', { requiredDropCapabilities: ['SYS_BOOT'], defaultAddCapabilities: ['SYS_TIME'] }),
    psp('other', { privileged: true }),
    kube(`${group}/v1`, 'ClusterRole', { rules }, 'use-open'),
    kube(
      `${group}/v1`,
      'ClusterRoleBinding',
      {
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'use-open' },
        subjects: [{ kind: 'User', apiGroup: group, name: 'anne' }],
      },
      'use-open',
    ),
  ];
  const account = { serviceAccountName: 'web' };

  it('mutate, and then let the result pass as it is', async () => {
    const by = await decider('  podSecurityPolicies: true');
    const asked = request({ object: pod({}, account) });
    const mutated = by.mutate(asked, view({ all }));
    expect(mutated.patch).toEqual([
      { op: 'add', path: '/metadata/annotations', value: { 'kubernetes.io/psp': 'open' } },
      {
        op: 'add',
        path: '/spec/containers/0/securityContext',
        value: { capabilities: { add: ['SYS_TIME'], drop: ['SYS_BOOT'] } },
      },
    ]);
    expect(mutated.auditAnnotations.get('podsecuritypolicy.policy.k8s.io/admit-policy')).toBe('open');
    // Unmutated, it would not pass: the validating webhook does not take the mutating one's word for it.
    expect(by.validate(asked, view({ all })).allowed).toBe(false);
  });

  it('explain the trap: the account may use none', async () => {
    const by = await decider('  podSecurityPolicies: true');
    const decision = by.mutate(request({ object: pod({}, account), username: 'bob' }), view({ all }));
    expect(messages(decision)).toEqual([
      'PodSecurityPolicy: pods "web" is forbidden: PodSecurityPolicy: unable to admit pod: [] (neither service account shop/web nor user bob may use any of the 2 policies, so every pod is refused)',
    ]);
    expect(decision.patch).toEqual([]);
  });

  it('are not guessed at where they could not be read', async () => {
    const by = await decider('  podSecurityPolicies: true');
    const unread = new Map([['policy/PodSecurityPolicy', 'forbidden']]);
    expect(messages(by.validate(request({}), view({ unread })))).toEqual([
      'PodSecurityPolicy: PodSecurityPolicies could not be read: forbidden',
    ]);
  });

  it('keep hardening from setting what they refuse', async () => {
    const by = await decider(
      '  podSecurityPolicies: true\n  hardening: {fields: [seccompProfile, allowPrivilegeEscalation], namespaces: all}',
    );
    const { patch } = by.mutate(request({ object: pod({}, account) }), view({ all }));
    expect(JSON.stringify(patch)).not.toContain('RuntimeDefault');
    expect(JSON.stringify(patch)).toContain('SYS_TIME');
  });
});

describe('ValidatingAdmissionPolicies', () => {
  const policy = (name: string, expression: string, action = 'Deny') => `
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: ${name}}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "${expression}", message: no ${name}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: ${name}}
spec: {policyName: ${name}, validationActions: [${action}]}
`;

  it('stand beside the rest, and every one of them is told', async () => {
    const by = await decider(
      '  controls: [{control: pods/privileged}]',
      policy('hostNetwork', '!has(object.spec.hostNetwork)') +
        policy('app', "object.spec.containers.all(c, c.name != 'app')") +
        policy('name', "object.metadata.name != 'web'", 'Warn'),
    );
    const decision = by.validate(request({ object: pod({}, { hostNetwork: true }) }), view());
    expect(messages(decision).map((text) => text.replace(/^.*?: /, ''))).toEqual([
      "ValidatingAdmissionPolicy 'app' with binding 'app' denied request: no app",
      "ValidatingAdmissionPolicy 'hostNetwork' with binding 'hostNetwork' denied request: no hostNetwork",
    ]);
    expect(decision.warnings.join()).toContain('no name');
    expect(by.rules().enforced.flatMap(({ resources }) => resources)).toContain('pods');
    expect(by.rules().refusing.map(({ policy }) => policy)).toContain('ValidatingAdmissionPolicy app');
    expect(by.needs().map(({ kind }) => kind)).toContain('ClusterRole');
  });

  it('ask the authorizer about the roles of the view, and do not guess without them', async () => {
    const by = await decider(
      '  {}',
      policy('right', "authorizer.group('').resource('secrets').namespace('shop').check('get').allowed()"),
    );
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
    const all = [
      kube(`${group}/v1`, 'ClusterRole', { rules }, 'reader'),
      kube(
        `${group}/v1`,
        'ClusterRoleBinding',
        {
          roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'reader' },
          subjects: [{ kind: 'User', apiGroup: group, name: 'anne' }],
        },
        'reader',
      ),
    ];
    expect(by.validate(request({}), view({ all })).allowed).toBe(true);
    expect(by.validate(request({ username: 'bob' }), view({ all })).allowed).toBe(false);
    const unread = new Map([[`${group}/Role`, 'forbidden']]);
    const decision = by.validate(request({}), view({ all, unread }));
    expect(messages(decision).join()).toContain('the roles and bindings could not be read');
  });

  it('that cannot be compiled keep the whole set from being used', async () => {
    const { policies, problems } = await loadAdmission([{ file: 'p.yaml', text: policy('broken', 'object.spec.(') }], {
      controls,
    });
    expect(policies).toBeUndefined();
    expect(problems.map(({ place, message }) => `${place}: ${message}`).join()).toMatch(/^p\.yaml:\d+:\d+: .*broken/);
  });
});

describe('rules', () => {
  it('are as narrow as the policies', async () => {
    expect((await decider('  {}')).rules()).toMatchObject({ enforced: [], advisory: [], mutating: [] });
    const { enforced, advisory, mutating } = (
      await decider('  podSecurity: {}\n  hardening: {fields: [seccompProfile]}')
    ).rules();
    expect(enforced.map(({ apiGroups, resources }) => `${apiGroups} ${resources}`)).toEqual([
      ' namespaces',
      ' pods,pods/ephemeralcontainers,pods/resize',
    ]);
    expect(advisory.map(({ apiGroups, resources }) => `${apiGroups} ${resources}`)).toEqual([
      ' podtemplates,replicationcontrollers',
      'apps daemonsets,deployments,replicasets,statefulsets',
      'batch cronjobs,jobs',
    ]);
    expect(mutating.map(({ operations, resources }) => `${operations} ${resources}`)).toEqual(['CREATE pods']);
  });

  it('send templates to the hook that refuses where something is refused there', async () => {
    const { enforced, advisory } = (
      await decider('  podSecurity: {}\n  controls: [{control: pods/privileged}]')
    ).rules();
    expect(enforced.flatMap(({ resources }) => resources)).toContain('deployments');
    expect(advisory.flatMap(({ resources }) => resources)).not.toContain('deployments');
  });

  it('tell what the view must hold, and whose pods a request needs', async () => {
    const by = await decider('  podSecurity: {}');
    expect(by.needs().map(({ kind }) => kind)).toEqual(['Namespace']);
    const namespace = (level: string) => ({ metadata: { labels: { 'pod-security.kubernetes.io/enforce': level } } });
    const update = { kind: 'Namespace', resource: 'namespaces', operation: 'UPDATE', name: 'shop' };
    const change = { ...update, object: namespace('baseline'), oldObject: namespace('privileged') };
    expect(by.podsAskedFor(request(change))).toBe('shop');
    expect(by.podsAskedFor(request({ ...change, oldObject: namespace('baseline') }))).toBeUndefined();
    expect(by.podsAskedFor(request({}))).toBeUndefined();
  });
});

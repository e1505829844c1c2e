import { describe, expect, it } from 'vitest';
import { Decider } from '../admission/decide.ts';
import { loadAdmission } from '../admission/load.ts';
import { controls } from '../controls/registry.ts';
import type { ClusterView } from '../model/admission.ts';
import type { JsonObject } from '../model/json.ts';
import { createLog } from './log.ts';
import { WebhookMetrics } from './metrics.ts';
import type { Unlock } from './registration/registered.ts';
import { createReviewer, type ReviewerOptions } from './reviewer.ts';
import type { Hook } from './server/admission-server.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const uid = '705ab4f5-6393-11e8-b7cc-42010a800002';

const view: ClusterView = {
  namespace: (name) => ({ metadata: { name } }),
  objects: () => [],
  unread: new Map(),
  serverMinor: 33,
};

async function decider(): Promise<Decider> {
  const text = `
apiVersion: bulwark.dev/v1
kind: AdmissionPolicy
spec:
  podSecurity: {defaults: {enforce: baseline, warn: restricted}}
  exceptions:
    - {control: pod-security/hostPorts, object: {name: 'metrics*'}, reason: scraped on the host, owner: platform, expires: 2027-01-01}
`;
  const { policies, problems } = await loadAdmission([{ file: 'policies.yaml', text }], { controls });
  if (policies === undefined) throw new Error(JSON.stringify(problems));
  return new Decider(policies, { now: () => new Date(now) });
}

interface Asked {
  readonly request?: JsonObject;
  readonly hook?: Hook;
  readonly expired?: boolean;
  readonly unlock?: Unlock;
  readonly options?: Partial<ReviewerOptions>;
}

async function ask({ request = {}, hook = 'enforce', expired = false, unlock, options }: Asked) {
  const lines: JsonObject[] = [];
  const metrics = new WebhookMetrics({
    load: () => ({ bytes: 0, waiting: 0 }),
    stale: () => [],
    arePoliciesCurrent: () => true,
    isReady: () => true,
    isUnlocked: () => false,
    certificateEnd: () => undefined,
  });
  const decisions = await decider();
  const review = createReviewer({
    decisions: () => decisions,
    view,
    podsOf: undefined,
    unlock: () => unlock,
    log: createLog({ write: (line) => lines.push(JSON.parse(line)), now: () => new Date(now), perSecond: 100 }),
    logged: 'refusals',
    metrics,
    now: () => now,
    ...options,
  });
  const whole = {
    uid,
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    name: 'web',
    namespace: 'shop',
    operation: 'CREATE',
    userInfo: { username: 'jane', groups: ['devs'] },
    ...request,
  };
  const text = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: whole });
  const answer = await review({ hook, text, until: expired ? 0 : Number.POSITIVE_INFINITY });
  const counted = (await metrics.registry.metrics()).split('\n').filter((line) => /_total\{/.test(line));
  const { response } = JSON.parse(answer.body) as { response: JsonObject };
  return { answer, response, lines, counted };
}

const pod = (spec: JsonObject, name = 'web'): JsonObject => ({ object: { metadata: { name }, spec }, name });
const privileged = pod({ containers: [{ name: 'a', image: 'x', securityContext: { privileged: true } }] });

describe('a review', () => {
  it('that is refused is logged and counted, with its policy', async () => {
    const { response, lines, counted } = await ask({ request: privileged });
    expect(response).toMatchObject({ uid, allowed: false, status: { code: 403, reason: 'Forbidden' } });
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warning',
        message: 'denied',
        object: 'v1 Pod',
        namespace: 'shop',
        name: 'web',
        user: 'jane',
        policies: ['PodSecurity "baseline:latest"'],
      }),
    ]);
    expect(counted).toEqual([
      'bulwark_webhook_reviews_total{hook="enforce",decision="denied"} 1',
      'bulwark_webhook_denials_total{policy="PodSecurity \\"baseline:latest\\""} 1',
    ]);
  });

  it('of what the API server itself writes is let pass, and of nobody who only says so', async () => {
    const by = (username: string, groups: readonly string[]) =>
      ask({ request: { ...privileged, userInfo: { username, groups: [...groups] } } });
    const own = await by('system:apiserver', ['system:masters', 'system:authenticated']);
    expect(own.response).toMatchObject({ allowed: true, auditAnnotations: { exempt: 'api-server' } });
    expect((await by('system:apiserver', ['system:authenticated'])).response['allowed']).toBe(false);
    expect((await by('jane', ['system:masters'])).response['allowed']).toBe(false);
  });

  it('that is allowed is counted, and logged only where that is asked for', async () => {
    const request = pod({ containers: [{ name: 'a', image: 'x' }] });
    const quiet = await ask({ request });
    expect(quiet.response['allowed']).toBe(true);
    expect(quiet.response['warnings']).toContainEqual(expect.stringMatching(/^would violate PodSecurity "restricted/));
    expect(quiet.lines).toEqual([]);
    expect(quiet.counted).toEqual(['bulwark_webhook_reviews_total{hook="enforce",decision="allowed"} 1']);
    const { lines } = await ask({ request, options: { logged: 'all' } });
    expect(lines).toMatchObject([{ message: 'allowed', name: 'web' }]);
  });

  it('that an exception lets pass is logged with it, always', async () => {
    const ports = [{ containerPort: 80, hostPort: 80 }];
    const { response, lines, counted } = await ask({
      request: pod({ containers: [{ name: 'a', image: 'x', ports }] }, 'metrics-1'),
    });
    expect(response['allowed']).toBe(true);
    expect(lines).toMatchObject([
      { message: 'allowed', exceptions: ['pod-security/hostPorts (platform: scraped on the host)'] },
    ]);
    expect(counted).toContain('bulwark_webhook_exceptions_used_total{policy="pod-security/hostPorts"} 1');
  });

  it.each<[Hook, JsonObject]>([
    ['enforce', { allowed: false, status: { code: 503, reason: 'ServiceUnavailable' } }],
    ['advise', { allowed: true, warnings: ['bulwark: not judged: there was no time left to decide'] }],
    ['mutate', { allowed: true, auditAnnotations: { undecided: 'there was no time left to decide' } }],
  ])('that came too late for the hook to %s has an answer of its own', async (hook, expected) => {
    const { response, counted } = await ask({ request: privileged, hook, expired: true });
    expect(response).toMatchObject({ uid, ...expected });
    expect(counted[0]).toBe(`bulwark_webhook_reviews_total{hook="${hook}",decision="undecided"} 1`);
  });

  it('is refused while there are no policies', async () => {
    const { response } = await ask({ request: privileged, options: { decisions: () => undefined } });
    const message = 'bulwark webhook: no policies are in force yet, and what is not judged is refused: try again';
    expect(response).toMatchObject({ allowed: false, status: { message: expect.stringContaining(message) } });
  });

  it('that would be refused is let pass while refusals are suspended, and says so to user, log and audit', async () => {
    const unlock = { until: now + 60_000, reason: 'INC-7' };
    const { response, lines, counted } = await ask({ request: privileged, unlock });
    const { warnings, auditAnnotations } = response as { warnings: string[]; auditAnnotations: Record<string, string> };
    expect(response['allowed']).toBe(true);
    expect(warnings[0]).toMatch(/^would be refused: /);
    expect(auditAnnotations['unlocked']).toMatch(/^until 2026-11-21T12:01:00.000Z: INC-7; would be refused: /);
    expect(lines).toMatchObject([{ message: 'unlocked', user: 'jane' }]);
    expect(counted).toEqual(['bulwark_webhook_reviews_total{hook="enforce",decision="unlocked"} 1']);
  });

  it.each<[string, Unlock]>([
    ['is over', { until: now - 1, reason: 'x' }],
    ['lasts longer than any may', { until: now + 25 * 3_600_000, reason: 'x' }],
  ])('is refused where the unlock %s', async (_, unlock) => {
    expect((await ask({ request: privileged, unlock })).response['allowed']).toBe(false);
  });

  it.each<[string, string, string | undefined, string | undefined, string | undefined]>([
    ['carries its own name', 'shop', undefined, 'shop', undefined],
    ['takes the name of another', 'shop', undefined, 'kube-system', 'must not carry'],
    ['takes it after its own', 'shop', 'shop', 'kube-system', 'must not carry'],
    ['goes on with what it took before', 'shop', 'kube-system', 'kube-system', undefined],
    ['is set right', 'kube-system', undefined, 'kube-system', undefined],
    ['is set right after a wrong one', 'shop', 'kube-system', 'shop', undefined],
    ['loses a wrong one', 'shop', 'kube-system', undefined, undefined],
    ['gives its own up', 'kube-system', 'kube-system', undefined, 'must keep'],
    ['never had one', 'shop', undefined, undefined, undefined],
  ])('of a namespace whose label of its name: %s', async (_, name, before, after, reason) => {
    const key = 'kubernetes.io/metadata.name';
    const object = (label: string | undefined): JsonObject => ({
      metadata: { name, labels: label === undefined ? {} : { [key]: label } },
    });
    for (const subResource of ['', 'status', 'finalize']) {
      const request: JsonObject = {
        kind: { group: '', version: 'v1', kind: 'Namespace' },
        resource: { group: '', version: 'v1', resource: 'namespaces' },
        subResource,
        operation: 'UPDATE',
        name,
        object: object(after),
        oldObject: object(before),
      };
      const { response } = await ask({ request });
      expect(response['allowed'], subResource).toBe(reason === undefined);
      if (reason !== undefined) {
        expect(response).toMatchObject({
          status: { code: 403, message: expect.stringContaining(`${reason} the label ${key}=`) },
        });
      }
    }
  });

  it('of the keeper is answered by the hook that refuses once there are policies, without a word in the log', async () => {
    const request: JsonObject = {
      kind: { group: '', version: 'v1', kind: 'Event' },
      resource: { group: '', version: 'v1', resource: 'events' },
      object: { metadata: { labels: { 'bulwark.dev/webhook-probe': 'true' } } },
    };
    const { response, lines, counted } = await ask({ request, unlock: { until: now + 60_000, reason: 'INC-7' } });
    expect(response).toMatchObject({ allowed: false, status: { message: 'bulwark webhook: reached' } });
    expect([lines, counted]).toEqual([[], []]);
    const early = await ask({ request, options: { decisions: () => undefined } });
    expect(JSON.stringify(early.response)).toContain('no policies are in force yet');
  });

  it.each<[string, string]>([
    ['not JSON', '{'],
    ['another kind', '{"kind":"Pod"}'],
    ['an old version', '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{"uid":"1"}}'],
    ['no request', '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}'],
    ['a list', '[]'],
  ])('that is %s is answered with 400 and why', async (_, text) => {
    const review = createReviewer({
      decisions: () => undefined,
      view,
      podsOf: undefined,
      unlock: () => undefined,
      log: { write: () => undefined },
      logged: 'refusals',
      metrics: undefined,
      now: () => now,
    });
    const answer = await review({ hook: 'enforce', text, until: Number.POSITIVE_INFINITY });
    expect(answer).toMatchObject({ status: 400, contentType: 'text/plain; charset=utf-8' });
    expect(answer.body.length).toBeGreaterThan(10);
  });

  it.each<[string, ReviewerOptions['namespaceOf'], string | undefined]>([
    ['is read', (name) => Promise.resolve({ metadata: { name } }), undefined],
    ['is not there', () => Promise.resolve(undefined), 'failed to lookup namespace'],
    ['cannot be read', () => Promise.reject(new Error('gone')), 'failed to lookup namespace'],
    ['is asked of nobody', undefined, 'failed to lookup namespace'],
  ])('in a namespace that nobody was told of: it %s', async (_, namespaceOf, refused) => {
    const late = { ...view, namespace: () => undefined };
    const { response } = await ask({ request: pod({}), options: { view: late, namespaceOf } });
    expect(response['allowed']).toBe(refused === undefined);
    if (refused !== undefined) expect(JSON.stringify(response)).toContain(refused);
  });

  it('of 1,000 containers is judged in time, with every one of them in the answer', async () => {
    const containers = Array.from({ length: 1000 }, (_, index) => ({
      name: `c${index}`,
      image: 'x',
      securityContext: { privileged: true },
    }));
    const began = performance.now();
    const { response } = await ask({ request: pod({ containers }) });
    expect((response['status'] as { message: string }).message).toContain('"c999"');
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AdmissionDecision, AdmissionRequest, Denial } from '../model/admission.ts';
import { answerReview, denialMessage, readReview } from './review.ts';

const request = {
  uid: 'u-1',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  subResource: 'ephemeralcontainers',
  name: 'web',
  namespace: 'shop',
  operation: 'UPDATE',
  userInfo: { username: 'anne', uid: '7', groups: ['dev'], extra: { scopes: ['a'] } },
  object: { kind: 'Pod' },
  oldObject: null,
  dryRun: true,
  options: { kind: 'UpdateOptions' },
};
const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };

function bytes(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function read(value: unknown): AdmissionRequest {
  const found = readReview(value);
  if ('problem' in found) throw new Error(found.problem);
  return found;
}

describe('readReview', () => {
  it('reads what the API server sends, from bytes and from an object', () => {
    const expected = {
      ...request,
      userInfo: { username: 'anne', uid: '7', groups: ['dev'], extra: new Map([['scopes', ['a']]]) },
      oldObject: undefined,
      value: request,
    };
    expect(read(bytes(review))).toEqual(expected);
    expect(read(review)).toEqual(expected);
  });

  it.each<[string, unknown, string, string | undefined]>([
    ['nothing', bytes(''), 'the body is empty', undefined],
    ['no JSON', bytes('{"kind":'), 'the body is not JSON', undefined],
    ['YAML', bytes('kind: AdmissionReview'), 'the body is not JSON', undefined],
    ['a list', bytes([]), 'the body is a list, not an object', undefined],
    ['null', bytes('null'), 'the body is null, not an object', undefined],
    ['another kind', { ...review, kind: 'Pod' }, 'the body is no AdmissionReview: its kind is "Pod"', 'u-1'],
    ['no kind', { request }, 'the body is no AdmissionReview: its kind is missing', 'u-1'],
    [
      'v1beta1',
      { ...review, apiVersion: 'admission.k8s.io/v1beta1' },
      'the review is of "admission.k8s.io/v1beta1", and only admission.k8s.io/v1 is understood',
      'u-1',
    ],
    ['no request', { ...review, request: undefined }, 'the review has no request', undefined],
    ['no uid', { ...review, request: { ...request, uid: '' } }, 'the request has no uid', undefined],
    ['a number as uid', { ...review, request: { ...request, uid: 7 } }, 'the request has no uid', undefined],
    [
      'an operation of its own',
      { ...review, request: { ...request, operation: 'PATCH' } },
      'request.operation is "PATCH"',
      'u-1',
    ],
    [
      'a field of another type',
      { ...review, request: { ...request, userInfo: { groups: 'dev' } } },
      'request.userInfo.groups must be a list, found a string',
      'u-1',
    ],
    [
      'an object that is none',
      { ...review, request: { ...request, object: [] } },
      'request.object must be an object, found a list',
      'u-1',
    ],
  ])('refuses %s', (_, value, problem, uid) => {
    expect(readReview(value)).toEqual({ problem, uid });
  });

  it('does not throw, whatever it is given', () => {
    expect(readReview(bytes('['.repeat(200_000)))).toEqual({ problem: 'the body is not JSON', uid: undefined });
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (any, other) => {
        readReview({ ...review, request: { ...request, object: any, userInfo: other } });
        readReview(any);
        readReview(bytes(any));
      }),
      { numRuns: 200 },
    );
  });
});

const allowed: AdmissionDecision = { allowed: true, denials: [], warnings: [], auditAnnotations: new Map(), patch: [] };

function denial(message: string, more: Partial<Denial> = {}): Denial {
  return { policy: 'policy x', message, code: 403, reason: 'Forbidden', ...more };
}

describe('answerReview', () => {
  const asked = read(review);

  it('allows in as few words as possible', () => {
    expect(answerReview(asked, allowed, 'validating')).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u-1', allowed: true },
    });
  });

  it('refuses with every reason, the status of the first, and no patch', () => {
    const denials = [denial('too deep', { code: 422, reason: 'Invalid', policy: 'too deep' }), denial('b')];
    const patch = [{ op: 'add', path: '/a', value: 1 }] as const;
    expect(answerReview(asked, { ...allowed, allowed: false, denials, patch }, 'mutating').response).toEqual({
      uid: 'u-1',
      allowed: false,
      status: {
        ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
        ...{ message: 'too deep\nb (policy x)', reason: 'Invalid', code: 422 },
      },
    });
  });

  it('sends a patch from a mutating webhook alone', () => {
    const patch = [{ op: 'add', path: '/metadata/labels', value: { ä: 'ö' } }] as const;
    const { response } = answerReview(asked, { ...allowed, patch }, 'mutating') as { response: Record<string, string> };
    expect(response.patchType).toBe('JSONPatch');
    expect(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString())).toEqual(patch);
    expect(answerReview(asked, { ...allowed, patch }, 'validating').response).toEqual({ uid: 'u-1', allowed: true });
    expect(answerReview(asked, allowed, 'mutating').response).toEqual({ uid: 'u-1', allowed: true });
  });

  it('names annotations as the API server takes them', () => {
    const auditAnnotations = new Map([
      ['enforce-policy', 'a'],
      ['validation.policy.admission.k8s.io/validation_failure', 'b'],
      ['-weird key!', 'c'],
    ]);
    const { response } = answerReview(asked, { ...allowed, auditAnnotations }, 'validating');
    expect(response).toMatchObject({
      auditAnnotations: { 'enforce-policy': 'a', validation_failure: 'b', 'weird-key': 'c' },
    });
  });

  it('cuts warnings to what headers carry', () => {
    const warn = (...warnings: string[]): readonly string[] =>
      (answerReview(asked, { ...allowed, warnings }, 'validating') as { response: { warnings: string[] } }).response
        .warnings;
    expect(warn('a\n  b\tc', 'a b c', '  ')).toEqual(['a b c']);
    expect(warn('ü'.repeat(300))[0]).toBe(`${'ü'.repeat(126)}...`);
    const many = warn(...Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(200)}`));
    expect(many.at(-1)).toBe(`and ${100 - many.length + 1} more`);
    expect(Buffer.byteLength(many.join(''))).toBeLessThan(4096);
    expect(warn('x'.repeat(3_000_000))[0]).toHaveLength(256);
  });
});

describe('denialMessage', () => {
  it('has an end', () => {
    const denials = Array.from({ length: 1000 }, (_, index) =>
      denial(`container c${index} ${'x'.repeat(100)}`, { container: `c${index}` }),
    );
    const lines = denialMessage(denials).split('\n');
    expect(lines.at(-1)).toBe(`and ${1000 - lines.length + 1} more lines of reasons`);
    expect(lines.join('\n').length).toBeLessThan(33_000);
  });

  it('names every check of a pod with very many containers', () => {
    const names = Array.from({ length: 908 }, (_, index) => `"container-number-${index}"`).join(', ');
    const ports = Array.from({ length: 908 }, (_, index) => 8000 + index).join(', ');
    const reasons = `privileged (containers ${names} must not set securityContext.privileged=true), hostPort (containers ${names} use hostPorts ${ports}), runAsNonRoot != true (pod or containers ${names} must set securityContext.runAsNonRoot=true)`;
    const text = `pods "web" is forbidden: violates PodSecurity "restricted:latest": ${reasons}`;
    const first = names.split(', ').slice(0, 8).join(', ');
    expect(denialMessage([denial(text, { policy: 'PodSecurity "restricted:latest"' })])).toBe(
      text
        .replaceAll(names, `${first} and 900 more`)
        .replace(ports, '8000, 8001, 8002, 8003, 8004, 8005, 8006, 8007 and 900 more'),
    );
    const below = text.replaceAll(names, names.slice(0, 5000));
    expect(denialMessage([denial(below, { policy: 'PodSecurity "restricted:latest"' })])).toBe(below);
  });

  it('puts together what is about one container, and names each policy once', () => {
    const message = denialMessage([
      denial('container app: image nginx has no digest', { container: 'app', policy: 'policy images/digest' }),
      denial('pods "web" is forbidden: violates PodSecurity "baseline:latest": x', {
        policy: 'PodSecurity "baseline:latest"',
      }),
      denial('container log sets privileged: true', { container: 'log', policy: 'control pods/privileged' }),
      denial('container app sets privileged: true', { container: 'app', policy: 'control pods/privileged' }),
    ]);
    expect(message.split('\n')).toEqual([
      'pods "web" is forbidden: violates PodSecurity "baseline:latest": x',
      'container app: image nginx has no digest (policy images/digest); sets privileged: true (control pods/privileged)',
      'container log: sets privileged: true (control pods/privileged)',
    ]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../model/json.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { builtInRules } from './built-in.ts';
import { createDetector } from './detector.ts';
import { HeaderScanner, headerEvent } from './line-header.ts';

/** A line as the API server writes it: fields in the order of its Go type. */
function line(fields: JsonObject): Buffer {
  const { requestObject, responseObject, annotations, ...rest } = fields;
  return Buffer.from(
    JSON.stringify({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'RequestResponse',
      auditID: '00000000-0000-4000-8000-000000000000',
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces/shop/pods',
      verb: 'get',
      user: { username: 'system:kube-scheduler', groups: ['system:authenticated'] },
      sourceIPs: ['10.0.0.1'],
      userAgent: 'kube-scheduler/v1.33.0',
      objectRef: { resource: 'pods', namespace: 'shop', name: 'web', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 200 },
      ...rest,
      ...(requestObject !== undefined && { requestObject }),
      ...(responseObject !== undefined && { responseObject }),
      requestReceivedTimestamp: '2026-01-05T12:00:00.000000Z',
      stageTimestamp: '2026-01-05T12:00:00.000000Z',
      ...(annotations !== undefined && { annotations }),
    }),
  );
}

const rules = builtInRules();

describe('what is wanted of a log', () => {
  /** Told at the second sight: what comes once is read anyway. */
  const wants = (fields: JsonObject): boolean => {
    const detector = createDetector({ rules });
    detector.wants(line(fields));
    return detector.wants(line(fields));
  };

  it.each([
    ['a read by the scheduler', {}, false],
    ['a request that only arrives', { stage: 'RequestReceived', user: { username: 'jane' } }, false],
    [
      'a stage that is named in the request’s own text',
      {
        user: { username: 'jane' },
        requestURI: '/x?","stage":"RequestReceived"',
        verb: 'create',
        requestObject: { stage: 'RequestReceived' },
      },
      true,
    ],
    ['an audit id that was chosen', { auditID: 'x","stage":"RequestReceived","' }, true],
    [
      'a person who runs a command',
      { user: { username: 'jane' }, objectRef: { resource: 'pods', subresource: 'exec' } },
      true,
    ],
    [
      'a user agent that names a resource',
      {
        user: { username: 'jane' },
        verb: 'list',
        userAgent: 'x,"objectRef":{"resource":"leases"}',
        objectRef: { resource: 'secrets' },
      },
      true,
    ],
    [
      'a name with a bracket',
      { user: { username: 'jane' }, objectRef: { resource: 'pods', name: 'a}b', subresource: 'exec' } },
      true,
    ],
    [
      'a body with annotations',
      {
        user: { username: 'system:kube-scheduler' },
        verb: 'create',
        responseObject: { annotations: { 'audit.k8s.io/truncated': 'true' } },
      },
      true,
    ],
    ['an annotation that a rule is about', { annotations: { 'audit.k8s.io/truncated': 'true' } }, true],
    ['another annotation', { annotations: { 'authorization.k8s.io/decision': 'allow' } }, false],
    ['a refusal', { responseStatus: { metadata: {}, code: 403 } }, true],
    ['a workload that a controller makes', { verb: 'create' }, true],
  ] as const)('%s', (_, fields, wanted) => {
    expect(wants(fields as JsonObject)).toBe(wanted);
  });

  it('takes the header for what it is', () => {
    const scanner = new HeaderScanner();
    expect(scanner.scan(line({ annotations: { a: 'b' } }))).toBe(true);
    const known = scanner.copy();
    const expected = {
      verb: 'get',
      stage: 'ResponseComplete',
      user: { username: 'system:kube-scheduler' },
      objectRef: { resource: 'pods', subresource: '' },
      responseStatus: { code: 200 },
      annotations: { a: 'b' },
    };
    expect(headerEvent(known)).toMatchObject(expected);
    expect(scanner.matches(known)).toBe(true);
    expect(scanner.scan(line({ annotations: { a: 'c' } })) && scanner.matches(known)).toBe(false);
    expect(scanner.scan(Buffer.from('{"kind":"Event"}'))).toBe(false);
    expect(scanner.scan(line({}).subarray(0, 300))).toBe(false);
  });

  it('never leaves out an event on which a rule fires', () => {
    const word = fc.constantFrom(
      'pods',
      'secrets',
      'nodes',
      'roles',
      'exec',
      'token',
      '',
      '"},"x":"',
      'a}b',
      '\\',
      ',"stage":"RequestReceived"',
      '"code":200',
    );
    const fields = fc.record({
      stage: fc.constantFrom('RequestReceived', 'ResponseStarted', 'ResponseComplete'),
      verb: fc.constantFrom('get', 'list', 'create', 'delete', 'patch'),
      user: fc.record({
        username: fc.constantFrom(
          'jane',
          'system:anonymous',
          'system:kube-scheduler',
          'system:node:n',
          'system:serviceaccount:shop:web',
        ),
        extra: fc.record({ x: fc.array(word, { maxLength: 1 }) }),
      }),
      userAgent: fc.oneof(word, fc.constant('kube-hunter')),
      objectRef: fc.record({
        resource: word,
        namespace: word,
        name: word,
        apiGroup: fc.constantFrom('', 'rbac.authorization.k8s.io'),
        subresource: word,
      }),
      responseStatus: fc.record({
        metadata: fc.constant({}),
        message: word,
        code: fc.constantFrom(200, 201, 401, 403, 404, 429),
      }),
      requestObject: fc.record({ annotations: fc.dictionary(word, word), requestReceivedTimestamp: word, stage: word }),
      annotations: fc.dictionary(
        fc.constantFrom('authorization.k8s.io/decision', 'audit.k8s.io/truncated'),
        fc.constantFrom('allow', 'forbid', 'true'),
      ),
    });
    fc.assert(
      fc.property(fields, (sketch) => {
        const text = line(sketch as JsonObject);
        const detector = createDetector({ rules });
        detector.wants(text);
        const wanted = detector.wants(text);
        const event = readAuditEvent(JSON.parse(text.toString()) as Json, { source: 'test', offset: 0 });
        if (event !== undefined) detector.feed(event);
        const fired = [...detector.counts.rules].filter(([, counts]) => counts.fired > 0);
        expect(wanted || fired.length === 0, `${text.toString()} fires ${fired.map(([name]) => name).join()}`).toBe(
          true,
        );
      }),
      { numRuns: 200 },
    );
  });
});

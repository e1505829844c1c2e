import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Json, JsonObject } from '../model/json.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { builtInRules } from './built-in.ts';
import { createDetector } from './detector.ts';
import { loadRules } from './load.ts';

const rules = builtInRules();
const resources = [
  'pods',
  'roles',
  'clusterrolebindings',
  'certificatesigningrequests',
  'configmaps',
  'services',
  'namespaces',
  'mutatingwebhookconfigurations',
  'ingresses',
  'selfsubjectaccessreviews',
];
const groups = [
  '',
  'rbac.authorization.k8s.io',
  'certificates.k8s.io',
  'admissionregistration.k8s.io',
  'networking.k8s.io',
  'authorization.k8s.io',
];
const keys = fc.constantFrom(
  'metadata',
  'spec',
  'containers',
  'rules',
  'verbs',
  'subjects',
  'roleRef',
  'webhooks',
  'data',
  'kind',
  'apiVersion',
  'labels',
  'ownerReferences',
  'template',
  'request',
  '__proto__',
  'constructor',
);
const body = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom('Pod', 'v1', 'Deployment', 'apps/v1', 'get', '*', null, 1, true),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(keys, tie('json'), { maxKeys: 5 }),
  ),
})).json;

it('takes any JSON for the fields of an event', () => {
  const sketch = fc.record({
    verb: fc.constantFrom('create', 'update', 'patch', 'delete', 'get'),
    user: fc.oneof(fc.constant({ username: 'jane' }), body),
    objectRef: fc.oneof(
      fc.record({ resource: fc.constantFrom(...resources), apiGroup: fc.constantFrom(...groups), name: fc.string() }),
      body,
    ),
    requestObject: body,
    responseObject: body,
    annotations: body,
    sourceIPs: body,
    responseStatus: fc.oneof(fc.constant({ code: 201 }), body),
    requestURI: fc.oneof(fc.string(), fc.constant('/x?command=%E0%A4%A')),
    stageTimestamp: fc.oneof(fc.string(), fc.constant('2026-01-05T12:00:00.000000Z')),
  });
  fc.assert(
    fc.property(fc.array(sketch, { maxLength: 4 }), (sketches) => {
      const detector = createDetector({ rules });
      for (const each of sketches) {
        const raw = {
          kind: 'Event',
          apiVersion: 'audit.k8s.io/v1',
          level: 'RequestResponse',
          stage: 'ResponseComplete',
          ...each,
        } as JsonObject;
        const event = readAuditEvent(raw, { source: 'test', offset: 0 });
        if (event !== undefined) detector.feed(event);
      }
      detector.restore(JSON.parse(JSON.stringify(detector.save())) as Json);
      expect(detector.flush()).toBeDefined();
    }),
    { numRuns: 150 },
  );
});

it('takes bodies that are nested deeply', () => {
  const deep = JSON.parse(`${'[{"containers":'.repeat(20_000)}1${'}]'.repeat(20_000)}`) as Json;
  const lists = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as Json;
  const detector = createDetector({ rules });
  for (const [resource, apiGroup] of [
    ['pods', ''],
    ['roles', 'rbac.authorization.k8s.io'],
    ['namespaces', ''],
    ['configmaps', ''],
  ] as const) {
    for (const value of [deep, lists]) {
      const requestObject = {
        apiVersion: 'v1',
        kind: 'Pod',
        spec: value,
        rules: value,
        metadata: { labels: value },
        data: value,
      };
      const event = readAuditEvent(
        {
          kind: 'Event',
          apiVersion: 'audit.k8s.io/v1',
          level: 'Request',
          stage: 'ResponseComplete',
          verb: 'create',
          user: { username: 'jane' },
          objectRef: { resource, apiGroup, name: 'x' },
          responseStatus: { code: 201 },
          requestObject,
        },
        { source: 'test', offset: 0 },
      );
      if (event !== undefined) detector.feed(event);
    }
  }
  expect(detector.counts.events).toBe(8);
});

it('takes any text for rules', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        body.map((value) =>
          JSON.stringify({ title: 'x', logsource: { product: 'kubernetes', service: 'audit' }, detection: value }),
        ),
        body.map((value) => JSON.stringify({ title: 'x', correlation: value, bulwark: value })),
      ),
      (text) => {
        const { rules: read, problems } = loadRules([{ path: 'r.yml', text }]);
        expect(read.length === 0 || problems.length === 0).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

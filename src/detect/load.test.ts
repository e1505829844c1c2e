import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { createDetector } from './detector.ts';
import { loadRules } from './load.ts';

const head = 'title: A rule\nlogsource:\n  product: kubernetes\n  service: audit\n';

function rule(detection: string): string {
  return `${head}detection:\n${detection.replace(/^/gm, '  ')}\n`;
}

function problemsOf(text: string): readonly string[] {
  return loadRules([{ path: 'r.yml', text }]).problems.map(({ path, line, message }) => `${path}:${line}: ${message}`);
}

describe('what is not supported is named, with its line', () => {
  it.each([
    [
      'a misspelt field',
      rule('selection:\n  objectRef.resorce: pods\ncondition: selection'),
      'r.yml:7: audit events have no field "objectRef.resorce"; did you mean objectRef.resource?',
    ],
    [
      'a field of another schema',
      rule('selection:\n  verb: create\n  capabilities: x\ncondition: selection'),
      'r.yml:8: audit events have no field "capabilities"; did you mean pod.capabilities?',
    ],
    [
      'the resource without its object',
      rule('selection:\n  resource: pods\ncondition: selection'),
      'r.yml:7: audit events have no field "resource"; did you mean objectRef.resource?',
    ],
    [
      'a modifier',
      rule('selection:\n  verb|base64offset: x\ncondition: selection'),
      'r.yml:7: the modifier "base64offset" is not supported; there are contains, startswith, endswith, re, i, m, s, cidr, all, exists, gt, gte, lt, lte, cased, fieldref, neq',
    ],
    [
      'two modifiers that exclude each other',
      rule('selection:\n  verb|contains|startswith: x\ncondition: selection'),
      'r.yml:7: the modifiers contains and startswith cannot be combined',
    ],
    [
      'a keyword',
      rule('keywords:\n  - exec\ncondition: keywords'),
      'r.yml:7: keywords without a field are not supported: name the field that holds them',
    ],
    [
      'an aggregation',
      rule('selection:\n  verb: get\ncondition: selection | count() > 5'),
      'r.yml:8: in the condition: aggregations after "|" are not supported: write a correlation rule',
    ],
    [
      'a number of selections',
      rule('selection:\n  verb: get\ncondition: 2 of selection*'),
      'r.yml:8: in the condition: "2 of" is not supported: "1 of" and "all of" are',
    ],
    [
      'a selection that is not there',
      rule('selection:\n  verb: get\ncondition: selection and filter'),
      'r.yml:8: in the condition: there is no selection "filter"',
    ],
    [
      'an open parenthesis',
      rule('selection:\n  verb: get\ncondition: (selection'),
      'r.yml:8: in the condition: a parenthesis is not closed',
    ],
    [
      'a timeframe',
      rule('selection:\n  verb: get\ntimeframe: 5m\ncondition: selection'),
      'r.yml:8: "timeframe" is not supported: write a correlation rule',
    ],
    [
      'another log source',
      'title: x\nlogsource:\n  product: windows\ndetection:\n  a:\n    verb: x\n  condition: a\n',
      'r.yml:2: the log source "windows" is not supported: product has to be kubernetes',
    ],
    [
      'a regular expression that is none',
      rule('selection:\n  verb|re: "(?<=a)b"\ncondition: selection'),
      'r.yml:7: the regular expression cannot be read',
    ],
    [
      'a network that is none',
      rule('selection:\n  sourceIPs|cidr: 10.0.0.0/99\ncondition: selection'),
      'r.yml:7: "10.0.0.0/99" is no network, such as 10.0.0.0/8',
    ],
    [
      'a code that is a word',
      rule('selection:\n  responseStatus.code: ALLOW\ncondition: selection'),
      'r.yml:7: responseStatus.code is a number: "ALLOW" never matches; annotations.authorization.k8s.io/decision tells "allow" and "forbid"',
    ],
    [
      'a field that is given twice',
      rule('selection:\n  verb: get\n  verb: list\ncondition: selection'),
      'r.yml:8: "verb" is given twice',
    ],
    [
      'a correlation of nothing',
      'title: x\ncorrelation:\n  type: event_count\n  rules: [nobody]\n  timespan: 5m\n  condition: {gte: 3}\n',
      'r.yml:1: there is no rule named "nobody", which "x" counts',
    ],
    [
      'a correlation that counts below',
      'title: x\ncorrelation:\n  type: event_count\n  rules: [a]\n  timespan: 5m\n  condition:\n    lt: 3\n',
      'r.yml:7: "lt" in a correlation condition is not supported: gte and gt are',
    ],
    [
      'a kind of correlation',
      'title: x\ncorrelation:\n  type: value_sum\n  rules: [a]\n  timespan: 5m\n',
      'r.yml:3: the correlation type "value_sum" is not supported; there are event_count, value_count, temporal, temporal_ordered, first_seen',
    ],
    [
      'a level that is too low',
      `${rule('selection:\n  object.spec.type: NodePort\ncondition: selection')}bulwark:\n  level: Metadata\n`,
      'r.yml:1: the rule says that it needs the level Metadata, but its fields need Request',
    ],
    ['YAML that is none', 'title: [', 'r.yml:2: unexpected end of the stream'],
  ])('%s', (_, text, problem) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it.each(['', '  category: application\n'])('takes the log source as Sigma writes it: %j', (category) => {
    const text = rule('selection:\n  verb: get\ncondition: selection').replace(
      '  service: audit\n',
      `  service: audit\n${category}`,
    );
    expect(
      problemsOf(`${text}date: 2024-03-26\nauthor: somebody\ntags: [attack.t1609, attack.credential_access]\n`),
    ).toEqual([]);
  });

  it('leaves the other rules of a file usable', () => {
    const { rules, problems } = loadRules([
      {
        path: 'r.yml',
        text: `${rule('a:\n  nonsense: x\ncondition: a')}---\n${rule('a:\n  verb: get\ncondition: a').replace('A rule', 'Another')}`,
      },
    ]);
    expect(rules.map(({ title }) => title)).toEqual(['Another']);
    expect(problems).toHaveLength(1);
  });
});

const event = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'RequestResponse',
  auditID: '00000000-0000-4000-8000-000000000000',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/shop/pods',
  verb: 'create',
  user: { username: 'Jane', groups: ['dev', 'system:authenticated'] },
  sourceIPs: ['10.1.2.3', '2001:db8::7'],
  userAgent: 'kubectl/v1.33.0 (linux)',
  objectRef: { resource: 'pods', namespace: 'shop', name: 'Jane', apiVersion: 'v1' },
  responseStatus: { code: 201 },
  annotations: { 'authorization.k8s.io/decision': 'allow' },
  requestObject: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { labels: { 'app.kubernetes.io/name': 'web*' } },
    spec: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', securityContext: { privileged: true } },
      ],
    },
  },
} as const;

function fires(selection: string, changes: JsonObject = {}): boolean | 'unknown' {
  const text = rule(`selection:\n${selection.replace(/^/gm, '  ')}\ncondition: selection`);
  const { rules, problems } = loadRules([{ path: 'r.yml', text }]);
  expect(problems).toEqual([]);
  const detector = createDetector({ rules });
  const read = readAuditEvent({ ...event, ...changes }, { source: 'test', offset: 0 });
  const alerts = read === undefined ? [] : detector.feed(read);
  const counts = detector.counts.rules.get('a-rule');
  return counts?.notEvaluable === 1 ? 'unknown' : alerts.length === 1;
}

describe('selections', () => {
  it.each([
    ['verb: CREATE', true],
    ['verb|cased: CREATE', false],
    ['verb: [get, create]', true],
    ['verb: [get, list, watch, update, patch]', false],
    ['verb: cr*e', true],
    ['verb: cr?ate', true],
    ['verb|contains: [x, reat]', true],
    ['verb|contains|all: [cre, ate]', true],
    ['verb|contains|all: [cre, x]', false],
    ['verb|startswith: cre', true],
    ['verb|endswith: ate', true],
    ['verb|neq: get', true],
    ['verb|re: ^c.*e$', true],
    ['verb|re: ^C', false],
    ['verb|re|i: ^C', true],
    ['user.groups: dev', true],
    ['user.groups|all: [dev, "system:*"]', true],
    ['sourceIPs|cidr: 10.0.0.0/8', true],
    ['sourceIPs|cidr: "2001:db8::/32"', true],
    ['source|cidr: 10.0.0.0/8', false],
    ['responseStatus.code: 201', true],
    ['responseStatus.code: "201"', true],
    ['responseStatus.code|gte: 201', true],
    ['responseStatus.code|gt: 201', false],
    ['objectRef.apiGroup: null', true],
    ['objectRef.subresource|exists: false', true],
    ['objectRef.name|exists: true', true],
    ['objectRef.name|fieldref: user.username', true],
    ['objectRef.name|fieldref: user.groups', false],
    ['annotations.authorization.k8s.io/decision: allow', true],
    ['requestObject.spec.containers.securityContext.privileged: true', true],
    ['requestObject.spec.containers.name|all: [a, b]', true],
    ['requestObject.metadata.labels.app.kubernetes.io/name: web\\*', true],
    ['requestObject.spec.hostPID: null', true],
    ['pod.privileged: b', true],
    ['- verb: get\n- verb: create', true],
  ] as const)('%s', (selection, expected) => {
    expect(fires(selection)).toBe(expected);
  });

  const { requestObject: _, ...without } = event;

  it.each([
    ['a body that the level left out', 'pod.privileged|exists: true', { level: 'Metadata' }, 'unknown'],
    ['that something is not in such a body', 'requestObject.spec.hostPID: null', { level: 'Metadata' }, 'unknown'],
    ['a body that was never there', 'requestObject.spec|exists: true', { verb: 'get' }, false],
    [
      'the result of a patch of which only the patch is known',
      'pod.privileged|exists: true',
      {
        verb: 'patch',
        level: 'Request',
        responseStatus: { code: 200 },
        requestObject: { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'a' }] } },
      },
      'unknown',
    ],
    [
      'what such a patch sets',
      'pod.privileged|exists: true',
      { verb: 'patch', level: 'Request', requestObject: event.requestObject },
      true,
    ],
    [
      'a JSON patch',
      'pod.privileged|exists: true',
      { verb: 'patch', level: 'Request', requestObject: [{ op: 'add' }] },
      'unknown',
    ],
  ] as const)('three values: %s', (__, selection, changes, expected) => {
    expect(fires(selection, { ...without, requestObject: null, ...changes } as JsonObject)).toBe(expected);
  });

  it.each([
    ['a and b', false],
    ['a or b', true],
    ['not b', true],
    ['a and not b', true],
    ['not (a and b)', true],
    ['b or a and a', true],
    ['1 of them', true],
    ['all of them', false],
    ['all of a*', true],
    ['1 of b*', false],
    ['A and NOT b', false],
  ])('condition %s', (condition, expected) => {
    const text = rule(`a:\n  verb: create\nb:\n  verb: get\ncondition: ${condition}`);
    const { rules, problems } = loadRules([{ path: 'r.yml', text }]);
    if (condition.startsWith('A ')) {
      expect(problems[0]?.message).toBe('in the condition: there is no selection "A"');
      return;
    }
    expect(problems).toEqual([]);
    const read = readAuditEvent(event as JsonObject, { source: 'test', offset: 0 });
    expect(read === undefined ? [] : createDetector({ rules }).feed(read)).toHaveLength(expected ? 1 : 0);
  });
});

describe('what is wrong with rules', () => {
  it('is told at once', () => {
    const problems = problemsOf(
      'title: t\nlogsource: {product: kubernetes, service: audit}\nlevel: grave\ndetection:\n  a:\n    vreb: get\n    userr: x\n  b:\n    verb|nope: get\n  condition: a or b\n',
    );
    expect(problems.map((problem) => problem.slice(0, 8))).toEqual(['r.yml:3:', 'r.yml:6:', 'r.yml:7:', 'r.yml:9:']);
  });

  it.each(['name: taken', 'id: taken'])('is to take the %s of a rule that is there', (line) => {
    const text = `title: t\n${line}\nlogsource: {product: kubernetes, service: audit}\ndetection: {s: {verb: get}, condition: s}\n`;
    const there = loadRules([{ path: 'there.yml', text: text.replace(line, 'name: taken') }]).rules;
    expect(loadRules([{ path: 'r.yml', text }], there)).toEqual({
      rules: [],
      problems: [{ path: 'r.yml', line: 1, message: 'there is a built-in rule with the name or id "taken"' }],
    });
  });
});

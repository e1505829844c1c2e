import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { fixtureJudgement } from '../../test/golden/fixture.ts';
import { sarif } from './sarif.ts';
import { artifactLocation, fileLocation } from './sarif-locations.ts';
import { sarifMessage } from './sarif-message.ts';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), '../../test/fixtures');
// The schema is written in draft 4. It uses nothing that later drafts read otherwise but these two.
const {
  $schema: _draft,
  id: _id,
  ...published
} = JSON.parse(readFileSync(join(fixtures, 'sarif-schema-2.1.0.json'), 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const valid = ajv.compile(published);

interface Log {
  readonly runs: readonly [Run];
}

interface Run {
  readonly tool: { readonly driver: { readonly rules: Rule[]; readonly notifications: { readonly id: string }[] } };
  readonly results: Result[];
  readonly invocations: { executionSuccessful: boolean; toolExecutionNotifications: Notification[] }[];
}

interface Rule {
  readonly id: string;
  readonly properties: Record<string, unknown>;
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
  readonly partialFingerprints: Record<string, string>;
}

interface Notification {
  readonly descriptor: { readonly id: string; readonly index: number };
  readonly associatedRule?: { readonly id: string; readonly index: number };
  readonly message: { readonly text: string };
}

const log: Log = JSON.parse([...sarif(fixtureJudgement())].join(''));
const run = log.runs[0];

describe('the SARIF log', () => {
  it('is valid against the published schema', () => {
    valid(log);
    expect(valid.errors).toBeNull();
  });

  it('would not be valid with a line 0 or a field of its own', () => {
    const [result] = run.results;
    const region = { startLine: 0 };
    const locations = [{ physicalLocation: { artifactLocation: { uri: 'a' }, region } }];
    expect(valid({ ...log, runs: [{ ...run, results: [{ ...result, locations }] }] })).toBe(false);
    expect(valid({ ...log, runs: [{ ...run, results: [{ ...result, severity: 'high' }] }] })).toBe(false);
  });

  it('refers to rules and notifications by matching ids and indexes', () => {
    const { rules, notifications } = run.tool.driver;
    for (const { ruleId, ruleIndex } of run.results) expect(rules[ruleIndex]?.id).toBe(ruleId);
    const said = run.invocations.flatMap((invocation) => invocation.toolExecutionNotifications);
    expect(said.map(({ descriptor }) => descriptor.id)).toEqual([
      'control/error',
      'gap/forbidden',
      'gap/malformed',
      'gap/unreadable',
      'gap/forbidden',
      'input/unparsable',
      'input/unrendered',
      'input/unrendered',
    ]);
    for (const { descriptor, associatedRule } of said) {
      expect(notifications[descriptor.index]?.id).toBe(descriptor.id);
      if (associatedRule !== undefined) expect(rules[associatedRule.index]?.id).toBe(associatedRule.id);
    }
  });

  it('gives every result an artifact, without which code scanning refuses the whole log', () => {
    const uris = run.results.flatMap(({ locations }) =>
      locations.map(({ physicalLocation }) => physicalLocation.artifactLocation.uri),
    );
    expect(uris.filter((uri) => uri === '')).toEqual([]);
    expect(uris).toContain('api/v1/namespaces/kube-system/pods/kube-proxy-x1');
    expect(uris).toContain('overlays/a%20b/web%231.yaml');
    expect(run.results.every(({ locations }) => locations.length > 0)).toBe(true);
  });

  it('ranks security rules', () => {
    const ranks = run.tool.driver.rules.map(({ id, properties }) => [id, properties['security-severity']]);
    expect(ranks).toEqual([
      ['example/host-pid', '8.0'],
      ['example/image-user', '5.5'],
      ['example/mutable-tag', '2.0'],
      ['example/named', '5.5'],
      ['example/privileged', '9.5'],
    ]);
  });

  it('says that an incomplete run did not succeed', () => {
    expect(run.invocations[0]?.executionSuccessful).toBe(false);
    const complete = { ...fixtureJudgement(), gaps: [], errors: [] };
    const inputs = { ...complete.inputs, unparsable: 0, skipped: [] };
    const snapshot = { ...complete.snapshot, cluster: { server: 'https://10.0.0.1' } };
    const text = [...sarif({ ...complete, inputs, snapshot })].join('');
    expect(JSON.parse(text).runs[0].invocations).toEqual([
      { executionSuccessful: true, toolExecutionNotifications: [] },
    ]);
  });
});

describe('artifact locations', () => {
  it.each([
    ['web.yaml', { uri: 'web.yaml', uriBaseId: '%SRCROOT%' }],
    ['./a//b/./web.yaml', { uri: 'a/b/web.yaml', uriBaseId: '%SRCROOT%' }],
    ['../web.yaml', { uri: '../web.yaml', uriBaseId: '%SRCROOT%' }],
    ['http:/x?y#z', { uri: 'http%3A/x%3Fy%23z', uriBaseId: '%SRCROOT%' }],
    ['100%/日.yaml', { uri: '100%25/%E6%97%A5.yaml', uriBaseId: '%SRCROOT%' }],
    ['half\ud800.yaml', { uri: 'half%EF%BF%BD.yaml', uriBaseId: '%SRCROOT%' }],
    ['/srv/a b.yaml', { uri: 'file:///srv/a%20b.yaml' }],
    ['-', { uri: 'file:///dev/stdin' }],
  ])('%j', (file, expected) => expect(fileLocation(file)).toEqual(expected));

  it('of live objects are relative to the API server', () => {
    expect(artifactLocation({ file: '/apis/apps/v1/deployments/a:b', source: 'cluster' })).toEqual({
      uri: 'apis/apps/v1/deployments/a%3Ab',
      uriBaseId: 'CLUSTER',
    });
  });
});

describe('messages', () => {
  it.each([
    ['volume {x} of pod', 'volume {{x}} of pod'],
    ['containers[0] of [here](https://evil.example)', 'containers[0] of [here] (https://evil.example)'],
  ])('%j', (text, expected) => expect(sarifMessage(text)).toEqual({ text: expected }));
});

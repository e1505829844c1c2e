import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../test/run-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulwark-policy-'));
const fixtures = join(import.meta.dirname, '../../test/fixtures/audit-policies');
const gce = join(fixtures, 'gce-like.yaml');

const run = (args: readonly string[], stdin = '') =>
  runProgram(['audit', 'policy', ...args], { cwd: folder, stdin: async () => Buffer.from(stdin) });

const event = (fields: object) => ({
  ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: 'a', stage: 'ResponseComplete' },
  ...{ requestURI: '/api/v1/services', verb: 'list', objectRef: { resource: 'services', apiVersion: 'v1' } },
  user: { username: 'system:serviceaccount:kube-system:kube-proxy', groups: ['system:serviceaccounts'] },
  userAgent: 'kube-proxy/v1.33.0',
  ...{ requestReceivedTimestamp: '2026-11-20T20:00:00Z', stageTimestamp: '2026-11-20T20:00:00Z' },
  ...fields,
});

beforeAll(() => {
  const files: Record<string, string> = {
    'broken.yaml': 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}\n',
    'refused.yaml': 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n- level: Everything\n',
    'metadata.yaml':
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n',
    'list.yaml': '- level: Metadata\n',
    'no.log': 'nothing\n',
    'audit.log': [event({}), event({ stageTimestamp: '2026-11-20T21:00:00Z' })]
      .map((each) => `${JSON.stringify(each)}\n`)
      .join(''),
    'pod.yaml': 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [etcd]\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('bulwark audit policy', () => {
  it.each<[string, string[], string]>([
    ['a file that is not there', ['lint', 'none.yaml'], 'cannot read none.yaml'],
    ['YAML that is none', ['lint', 'broken.yaml'], 'broken.yaml:4:1'],
    ['a list', ['lint', 'list.yaml'], 'list.yaml holds no audit policy'],
    ['a log for a policy', ['lint', 'audit.log'], 'audit.log'],
    [
      'a policy that the server refuses',
      ['explain', 'refused.yaml', 'GET', '/api'],
      'refused.yaml:5: the API server refuses this policy: level "Everything"',
    ],
    ['no request', ['explain', 'metadata.yaml'], 'there is no request to explain'],
    ['a request that is none', ['explain', 'metadata.yaml', 'FETCH', '/x'], 'FETCH /x is no request'],
    ['a URL and flags', ['explain', 'metadata.yaml', 'GET', '/x', '--verb', 'get'], 'given as a URL and by --verb'],
    ['a verb that is none', ['explain', 'metadata.yaml', '--verb', 'lst', '--resource', 'pods'], 'did you mean list?'],
    [
      'a resource of no known group',
      ['explain', 'metadata.yaml', '--verb', 'get', '--resource', 'widgets'],
      'the API group of widgets is not known',
    ],
    ['the path of a resource', ['explain', 'metadata.yaml', '--path', '/api/v1/pods'], 'is the path of a resource'],
    ['a log that is none', ['simulate', 'metadata.yaml', '--log', 'no.log'], 'no.log holds no audit events'],
    ['no log', ['simulate', 'metadata.yaml'], "required option '--log <file>'"],
    ['a version that is none', ['lint', 'metadata.yaml', '--kubernetes-version', '2'], 'It must look like 1.30.'],
    [
      'a detection that there is not',
      ['generate', '--detections', 'privileged-containr'],
      'did you mean privileged-container?',
    ],
    ['two kinds of policies', ['generate', '--profile', 'cis', '--detections', 'all'], 'make different policies'],
    [
      'a manifest for what has none',
      ['generate', '--with-apiserver', 'k3s', '--manifest', 'pod.yaml'],
      'k3s has no manifest',
    ],
    [
      'a manifest of something else',
      ['generate', '--with-apiserver', '--manifest', 'pod.yaml'],
      'pod.yaml runs no kube-apiserver',
    ],
    ['a disk alone', ['generate', '--disk', '20G'], '--disk goes with --with-apiserver'],
    ['a version before the API', ['generate', '--kubernetes-version', '1.11'], 'v1.11 has no audit.k8s.io/v1'],
    ['identities of nothing', ['identities', 'metadata.yaml'], 'there is nothing to read identities from'],
  ])('refuses %s', async (_, args, says) => {
    const { code, err } = await run(args);
    expect(err).toContain(says);
    expect(code).toBe(2);
  });

  it('lints from standard input, with lines, as JSON', async () => {
    const policy =
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n- level: None\n  users: [jane]\n';
    const { code, out } = await run(['lint', '-', '-o', 'json'], policy);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      file: '-',
      findings: [{ line: 6, path: 'rules[1]', rule: 'unreachable-rule' }],
    });
    expect((await run(['lint', 'metadata.yaml'])).out).toBe('metadata.yaml: nothing found\n');
  });

  it('tells of a key that is there twice, in flow style too', async () => {
    const policy =
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- {level: None, level: Metadata}\n';
    const { code, out } = await run(['lint', '-', '-o', 'json'], policy);
    expect(code).toBe(1);
    expect(JSON.parse(out).findings).toMatchObject([{ line: 5, path: 'rules[0].level', rule: 'repeated-key' }]);
    const { err } = await run(['explain', '-', 'GET', '/api'], policy);
    expect(err).toContain('-:5: rules[0].level is there twice: the last one counts');
  });

  it('explains a URL, with the lines of the rules', async () => {
    const { out } = await run([
      'explain',
      gce,
      'GET',
      'https://10.0.0.1:6443/api/v1/namespaces/a/secrets/b',
      '-o',
      'json',
    ]);
    expect(JSON.parse(out)).toMatchObject({ level: 'Metadata', rule: 'rules[13]', stages: ['ResponseComplete'] });
    const refused = await run(['explain', gce, 'GET', '/healthz', '--unauthenticated']);
    expect(refused.out).toContain('Request  get /healthz, by nobody (authentication failed)');
    expect(refused.out).toContain('None: it is not logged');
  });

  it('simulates, with the volume of a day', async () => {
    const { out, code } = await run(['simulate', gce, '--log', 'audit.log', '-o', 'json']);
    expect(code).toBe(0);
    const { kept, rules, contributors, notes } = JSON.parse(out);
    expect(kept.events).toBe(2);
    expect(kept.bytesPerDay).toBe(kept.bytes * 24);
    expect(kept.estimatedBytes).toBe(0);
    expect(rules.filter(({ seen }: { seen: number }) => seen > 0)).toMatchObject([
      { rule: 'rules[14]', level: 'Request' },
    ]);
    expect(contributors).toMatchObject([{ verb: 'list', resource: 'services', events: 2 }]);
    expect(notes).toEqual(['What the policy of the sample left out is in none of these numbers.']);
  });

  it('finds the rule for a kube-proxy that uses a service account', async () => {
    const { code, out } = await run(['identities', gce, '--log', 'audit.log']);
    expect(code).toBe(1);
    expect(out).toContain(`${gce}:8`);
    expect(out.replace(/\s+/g, ' ')).toContain(
      'nobody is system:kube-proxy: kube-proxy arrives as system:serviceaccount:kube-system:kube-proxy (rules[0])',
    );
    expect(out.replace(/\s+/g, ' ')).toContain('Components have no audit log of their own');
  });

  it('tells policies apart by what they log, and not by their text', async () => {
    writeFileSync(
      join(folder, 'same.yaml'),
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  omitStages: [RequestReceived]\n',
    );
    expect(await run(['diff', 'metadata.yaml', 'same.yaml'])).toMatchObject({
      code: 0,
      out: 'Both policies log every request alike.\n',
    });
    const { code, out } = await run(['diff', 'metadata.yaml', gce, '-o', 'json']);
    expect(code).toBe(1);
    expect(JSON.parse(out).differences.map(({ change }: { change: string }) => change)).toContain('less');
  });

  it('covers with the built-in detections, and names the rule that hides', async () => {
    const names = 'privileged-container,brute-force-succeeded';
    const { code, out } = await run(['coverage', 'metadata.yaml', '--detections', names, '--all']);
    expect(code).toBe(1);
    expect(out).toMatch(/^BLIND \(1\)\n {2}high +privileged-container/);
    expect(out).toContain('logged at Metadata only (rules[0], line 5)');
    expect(out).toContain('VISIBLE (1)\n  high     brute-force-succeeded');
    expect(out).toContain('2 detections: 1 visible, 0 degraded, 1 blind');
  });

  it.each([['cis'], ['nsa'], ['low-cost']])('writes the profile %s so that lint finds nothing', async (profile) => {
    for (const version of ['1.20', '1.33', '1.36']) {
      const made = await run(['generate', '--profile', profile, '--kubernetes-version', version]);
      expect(made.code).toBe(0);
      expect(load(made.out)).toMatchObject({ kind: 'Policy', apiVersion: 'audit.k8s.io/v1' });
      const linted = await run(['lint', '-', '--kubernetes-version', version], made.out);
      expect(linted).toMatchObject({ code: 0, out: '-: nothing found\n' });
    }
  });

  it('writes a policy for all detections, under which all but two see everything', async () => {
    const made = await run(['generate', '--detections', 'all', '--log', 'audit.log', '--with-apiserver', '-o', 'json']);
    const { yaml, unserved, bytesPerDay, retention, change } = JSON.parse(made.out);
    expect(bytesPerDay).toBeGreaterThan(0);
    expect(retention).toMatchObject({ warnings: [] });
    expect(change).toContain('--audit-policy-file=/etc/kubernetes/audit/policy.yaml');
    writeFileSync(join(folder, 'all.yaml'), yaml);
    const covered = JSON.parse((await run(['coverage', 'all.yaml', '-o', 'json'])).out);
    const notVisible = covered.detections.filter(({ state }: { state: string }) => state !== 'visible');
    expect(notVisible.map(({ name }: { name: string }) => name).sort()).toEqual(
      unserved.map(({ name }: { name: string }) => name).sort(),
    );
    expect((await run(['lint', 'all.yaml'])).code).toBe(0);
  });
});

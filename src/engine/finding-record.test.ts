import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { controls } from '../controls/registry.ts';
import { json } from '../report/json.ts';
import { sarif } from '../report/sarif.ts';
import { terminal } from '../report/terminal.ts';
import type { Baseline } from './baseline.ts';
import { copiesIn, type FindingRecord, FindingRecords, recordOf, worsening } from './finding-record.ts';
import { type Judgement, judge } from './judge.ts';
import { withBaseline } from './suppressed.ts';

const asked = new Set([
  ...['pods/privileged', 'pods/capabilities-dangerous', 'pods/host-path-sensitive', 'pods/host-pid'],
  ...['pods/allow-privilege-escalation', 'pods/capabilities-drop-all', 'rbac/secrets-read'],
  ...['container-runtime/image-vulnerabilities-exposed', 'container-runtime/image-digest'],
]);
const chosen = controls.filter(({ id }) => asked.has(id));

type Files = Readonly<Record<string, string>>;

function judged(files: Files): Judgement {
  const decoded = Object.entries(files).map(([file, text]) => decodeManifest(text, file));
  return judge(assembleSnapshot(decoded, '2026-11-21T00:00:00Z'), { controls: chosen });
}

function baselineOf(files: Files, wording: Baseline['wording'] = 'same'): Baseline {
  const judgement = judged(files);
  const copies = copiesIn(judgement.snapshot);
  const records = judgement.findings.map((finding) => recordOf(finding, copies));
  return { file: 'base.json', records: new FindingRecords(records), wording };
}

/** What counts of `after` where `before` is known: `control: in what it is worse`, or `control: new`. */
function news(before: Files, after: Files, wording?: Baseline['wording']): string[] {
  const { findings, worse } = withBaseline(judged(after), baselineOf(before, wording));
  return findings.map((finding) => `${finding.control.id}: ${JSON.stringify(worse?.get(finding) ?? 'new')}`).sort();
}

const deployment = (container: string, pod = '', tag = '1.0') =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d1, namespace: a}\nspec:\n  selector: {matchLabels: {app: d1}}\n  template:\n    metadata: {labels: {app: d1}}\n    spec: {${pod}containers: [{name: app, image: "r.example/app:${tag}"${container}}]}\n`;
const good = deployment('');
const privileged = deployment(', securityContext: {privileged: true}');
const capabilities = (...names: string[]) =>
  deployment(`, securityContext: {capabilities: {add: [${names.join(', ')}]}}`);
const hostPath = (path: string, readOnly: boolean) =>
  deployment(
    `, volumeMounts: [{name: v, mountPath: /v, readOnly: ${readOnly}}]`,
    `volumes: [{name: v, hostPath: {path: ${path}}}], `,
  );
const secretsRole = (rule: string) =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n- {apiGroups: [""], resources: [secrets], verbs: [get]${rule}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}\nsubjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: jane}]\n`;
const scanned = (...ids: string[]) =>
  `apiVersion: aquasecurity.github.io/v1alpha1\nkind: VulnerabilityReport\nmetadata: {name: v, namespace: a}\nreport:\n  registry: {server: r.example}\n  artifact: {repository: app, tag: "1.0"}\n  summary: {criticalCount: ${ids.length}}\n  vulnerabilities: [${ids.map((id) => `{vulnerabilityID: ${id}, severity: CRITICAL}`).join(', ')}]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: a}\nspec: {type: NodePort, selector: {app: d1}, ports: [{port: 80}]}\n---\n${good}`;

describe('a finding that is known', () => {
  it.each<[string, Files, Files, string[]]>([
    [
      'is new in a file whose copy of the object did not have it',
      { 'dev/base.yaml': privileged, 'prod/base.yaml': good },
      { 'dev/base.yaml': privileged, 'prod/base.yaml': privileged },
      ['pods/privileged: {"files":["prod/base.yaml"]}'],
    ],
    [
      'is new in the other file, although it was mended in the first',
      { 'dev/base.yaml': privileged, 'prod/base.yaml': good },
      { 'dev/base.yaml': good, 'prod/base.yaml': privileged },
      [
        // What privileged had covered in the first file is not covered any more, either.
        'pods/allow-privilege-escalation: {"files":["dev/base.yaml"]}',
        'pods/capabilities-drop-all: {"files":["dev/base.yaml"]}',
        'pods/privileged: {"files":["prod/base.yaml"]}',
      ],
    ],
    [
      'is new where the other file is read alone',
      { 'dev/base.yaml': privileged, 'prod/base.yaml': good },
      { 'prod/base.yaml': privileged },
      ['pods/privileged: {"files":["prod/base.yaml"]}'],
    ],
    [
      'is new in a further copy of a file',
      { 'base.yaml': privileged },
      { 'base.yaml': privileged, 'copy.yaml': privileged },
      ['container-runtime/image-digest: {"files":["copy.yaml"]}', 'pods/privileged: {"files":["copy.yaml"]}'],
    ],
    [
      'is worse where one copy becomes as bad as the other was',
      { 'dev/base.yaml': capabilities('NET_ADMIN'), 'prod/base.yaml': capabilities('NET_ADMIN', 'SYS_PTRACE') },
      {
        'dev/base.yaml': capabilities('NET_ADMIN', 'SYS_PTRACE'),
        'prod/base.yaml': capabilities('NET_ADMIN', 'SYS_PTRACE'),
      },
      ['pods/capabilities-dangerous: {"items":["SYS_PTRACE"]}'],
    ],
    [
      'is worse where it lists more',
      { 'a.yaml': capabilities('NET_ADMIN') },
      { 'a.yaml': capabilities('SYS_PTRACE', 'NET_ADMIN', 'DAC_READ_SEARCH') },
      ['pods/capabilities-dangerous: {"items":["SYS_PTRACE","DAC_READ_SEARCH"]}'],
    ],
    [
      'is worse where a host path becomes a graver one',
      { 'a.yaml': hostPath('/etc', true) },
      { 'a.yaml': hostPath('/', true) },
      ['pods/host-path-sensitive: {"was":"high","items":["/"]}'],
    ],
    [
      'is worse where it becomes graver',
      { 'a.yaml': secretsRole(', resourceNames: [one]') },
      { 'a.yaml': secretsRole('') },
      ['rbac/secrets-read: {"was":"low","items":["read Secrets"]}'],
    ],
    [
      'is worse where an image has more vulnerabilities',
      { 'a.yaml': scanned('CVE-2024-0001') },
      { 'a.yaml': scanned('CVE-2024-0001', 'CVE-2024-0002') },
      ['container-runtime/image-vulnerabilities-exposed: {"items":["CVE-2024-0002"]}'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(news(before, after)).toEqual(expected);
  });
});

describe('what is worse', () => {
  it('is told in every report, as far as it has words for it', () => {
    const before = { 'a.yaml': capabilities('NET_ADMIN') };
    const judgement = withBaseline(judged({ 'a.yaml': capabilities('NET_ADMIN', 'SYS_PTRACE') }), baselineOf(before));
    expect(judgement.baseline).toMatchObject({ known: 3, worse: 1, gone: 0 });
    const log = JSON.parse([...sarif(judgement)].join(''));
    const states = log.runs[0].results.map((each: { ruleId: string; baselineState: string }) => [
      each.ruleId,
      each.baselineState,
    ]);
    expect(states).toContainEqual(['pods/capabilities-dangerous', 'updated']);
    expect(states).toContainEqual(['container-runtime/image-digest', 'unchanged']);
    const report = JSON.parse([...json(judgement)].join(''));
    expect(report.findings).toMatchObject([{ worse: { items: ['SYS_PTRACE'] }, items: ['NET_ADMIN', 'SYS_PTRACE'] }]);
    const text = [...terminal(judgement, { color: 'never', width: 200, detail: 'short' })].join('');
    expect(text).toContain('(worse than in the baseline: new: SYS_PTRACE)');
  });
});

describe('no news', () => {
  it.each<[string, Files, Files]>([
    ['a file that was renamed', { 'a.yaml': privileged }, { 'deploy/b.yaml': `# moved\n${privileged}` }],
    [
      'an overlay that was renamed',
      { 'dev/a.yaml': privileged, 'prod/a.yaml': good },
      { 'development/a.yaml': privileged, 'prod/a.yaml': good },
    ],
    ['one copy fewer', { 'a.yaml': privileged, 'b.yaml': privileged }, { 'b.yaml': privileged }],
    ['less in a list', { 'a.yaml': capabilities('SYS_PTRACE', 'NET_ADMIN') }, { 'a.yaml': capabilities('SYS_PTRACE') }],
    [
      'a list in another order',
      { 'a.yaml': capabilities('A', 'SYS_PTRACE') },
      { 'a.yaml': capabilities('SYS_PTRACE', 'A') },
    ],
    ['a host path that only is read now', { 'a.yaml': hostPath('/', false) }, { 'a.yaml': hostPath('/', true) }],
    ['another tag', { 'a.yaml': deployment('', '', '1.0') }, { 'a.yaml': deployment('', '', '2.0-3f9ac2d') }],
    [
      'vulnerabilities that were mended',
      { 'a.yaml': scanned('CVE-2024-0001', 'CVE-2024-0002') },
      { 'a.yaml': scanned('CVE-2024-0002') },
    ],
  ])('%s', (_, before, after) => {
    expect(news(before, after)).toEqual([]);
  });
});

describe('what a message says', () => {
  const record = (message: string, more: Partial<FindingRecord> = {}): FindingRecord => ({
    fingerprint: 'f',
    severity: 'high',
    message,
    ...more,
  });

  it.each<[string, string, string, readonly string[] | undefined]>([
    ['another word', 'it mounts /var/log', 'it mounts /var/spool', ['spool']],
    ['one word more', 'it reads a', 'it reads a and b', ['b']],
    ['one word fewer', 'the objects a and b', 'the object a', undefined],
    ['other numbers', 'ends in 12 days, on 2027-01-31', 'ends in 9 days, on 2027-01-28', undefined],
    ['the name of another pod', 'pod web-x2k4p runs as root', 'pod web-bcdfg runs as root', undefined],
  ])('is compared by its words: %s', (_, then, now, words) => {
    const after = record(now, { names: ['web-bcdfg'] });
    expect(worsening(after, [record(then)], 'same')).toEqual(words && { words });
    expect(worsening(after, [record(then)], 'other')).toBeUndefined();
    expect(worsening({ ...after, severity: 'low' }, [record(then)], 'same')).toBeUndefined();
    expect(worsening({ ...after, items: [] }, [record(then, { items: [] })], 'same')).toBeUndefined();
  });

  it('is nothing to a baseline that does not know it', () => {
    expect(worsening(record('a', { severity: 'critical', files: ['a', 'b'] }), [{ fingerprint: 'f' }], 'same')).toBe(
      undefined,
    );
  });

  it('and is graver in another version, too', () => {
    expect(worsening(record('a', { severity: 'critical' }), [record('b')], 'other')).toEqual({ was: 'high' });
    const [now, then] = [record('a', { items: ['x', 'y'] }), record('b', { items: ['x'] })];
    expect(worsening(now, [then], 'other')).toEqual({ items: ['y'] });
  });
});

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import { chooseEdition } from '../engine/choose-edition.ts';
import { ExceptionBook } from '../engine/exceptions.ts';
import { exitCodeOf } from '../engine/exit-code.ts';
import { FindingRecords } from '../engine/finding-record.ts';
import { fingerprint } from '../engine/fingerprint.ts';
import type { Judgement } from '../engine/judge.ts';
import { withBaseline, withExceptions } from '../engine/suppressed.ts';
import { formats } from './formats.ts';
import { json } from './json.ts';
import type { ReportOptions } from './report-format.ts';
import { sarif } from './sarif.ts';
import { terminal } from './terminal.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const valid = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(root, 'schema/report.schema.json'), 'utf8')),
);

const asked = new Set(['pods/host-network', 'pods/host-pid', 'pods/host-ipc']);
const text = `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {hostNetwork: true, hostPID: true, hostIPC: true, containers: []}
`;

/** Of three findings one is accepted, one is in the baseline, and one is left. */
function judged(): Judgement {
  const whole = judgeText(
    controls.filter(({ id }) => asked.has(id)),
    text,
  );
  const shared = { reason: 'the CNI itself', owner: 'network', expires: '2027-01-31' };
  const origin = (line: number) => ({ by: 'configuration', place: `bulwark.yaml:${line}` }) as const;
  const book = new ExceptionBook(
    [
      { control: 'pods/host-network', ...shared, origin: origin(3) },
      { control: 'pods/host-*', ...shared, object: { name: 'api' }, origin: origin(5) },
      { control: 'pods/host-ipc', ...shared, object: { name: 'web' }, expires: '2026-01-31', origin: origin(7) },
    ],
    controls.map(({ id }) => id),
  );
  const known = whole.findings.filter(({ control }) => control.id === 'pods/host-pid').map(fingerprint);
  const open = withExceptions(whole, { book, now: new Date('2026-11-21T00:00:00Z') });
  return withBaseline(open, {
    file: 'base.json',
    records: new FindingRecords([...known, 'gone'].map((print) => ({ fingerprint: print }))),
    wording: 'same',
    notice: 'of another version',
  });
}

const options: ReportOptions = { color: 'never', width: 100, detail: 'short' };
const page = (more: Partial<ReportOptions> = {}): string => [...terminal(judged(), { ...options, ...more })].join('');

describe('findings that do not count', () => {
  it('are counted by people, and listed where they ask', () => {
    expect(page()).toContain('1 finding: 1 high');
    expect(page()).toContain(
      '1 finding accepted and not counted (1 by the configuration), 1 finding not counted for the baseline\nbase.json (1 of it gone), 1 exception of objects that were not judged; --show-suppressed lists them\nof another version\n',
    );
    expect(page()).not.toContain('the CNI itself');
    const listed = page({ suppressed: 'shown' });
    expect(listed).toContain('Not counted: 2 findings\n');
    expect(listed).toContain('accepted: the CNI itself,\n  network, until 2027-01-31, bulwark.yaml:3');
    expect(listed).toContain('in the baseline base.json');
    expect(listed).toContain('bulwark.yaml:5: nothing that was judged is the object of the one of pods/host-*');
  });

  it('tell of exceptions that are not in order', () => {
    expect(page()).toContain(
      'Not in order: 1 exception\n  bulwark.yaml:7: the one of pods/host-ipc expired on 2026-01-31',
    );
  });

  it('are in the JSON report, as its schema says', () => {
    const report = JSON.parse([...json(judged())].join(''));
    valid(report);
    expect(valid.errors).toBeNull();
    expect(report.findings.map(({ control }: { control: string }) => control)).toEqual(['pods/host-ipc']);
    expect(report.suppressed).toMatchObject([
      {
        control: 'pods/host-network',
        suppression: {
          kind: 'exception',
          by: 'configuration',
          place: 'bulwark.yaml:3',
          reason: 'the CNI itself',
          owner: 'network',
          expires: '2027-01-31',
        },
      },
      { control: 'pods/host-pid', suppression: { kind: 'baseline', place: 'base.json' } },
    ]);
    expect(report.summary).toMatchObject({ findings: 1, suppressed: 2, score: { score: 0, controls: 3 } });
    expect(report.baseline).toEqual({ file: 'base.json', known: 1, worse: 0, gone: 1, notice: 'of another version' });
    expect(report.exceptionNotices.map(({ kind }: { kind: string }) => kind)).toEqual(['unmatched', 'expired']);
  });

  it('are suppressed results and unchanged ones in SARIF', () => {
    const log = JSON.parse([...sarif(judged())].join(''));
    const [run] = log.runs;
    const results = run.results.map((result: Record<string, unknown>) => ({
      rule: result['ruleId'],
      state: result['baselineState'],
      suppressions: result['suppressions'],
    }));
    expect(results).toEqual([
      { rule: 'pods/host-ipc', state: 'new', suppressions: undefined },
      {
        rule: 'pods/host-network',
        state: undefined,
        suppressions: [
          {
            kind: 'external',
            status: 'accepted',
            justification: 'the CNI itself',
            properties: { place: 'bulwark.yaml:3', owner: 'network', expires: '2027-01-31' },
          },
        ],
      },
      { rule: 'pods/host-pid', state: 'unchanged', suppressions: undefined },
    ]);
    const told = run.invocations[0].toolExecutionNotifications.map(
      (each: { descriptor: { id: string } }) => each.descriptor.id,
    );
    expect(told).toEqual(['exception/notice', 'exception/notice']);
  });

  it.each<[string, string[]]>([
    ['markdown', ['1 finding accepted and not counted', '1 finding not counted for the baseline base.json']],
    ['html', ['<p>1 finding accepted and not counted (1 by the configuration), 1 finding not counted']],
    ['github', ['1 finding accepted and not counted (1 by the configuration), 1 finding not counted']],
    [
      'junit',
      [
        'tests="3" failures="1" errors="0" skipped="2"',
        '<skipped message="the pod sets hostNetwork: true; accepted: the CNI itself, network, until 2027-01-31, bulwark.yaml:3"/>',
        '<skipped message="the pod sets hostPID: true; in the baseline base.json"/>',
      ],
    ],
  ])('are counted in %s', (format, expected) => {
    const written = [...(formats.get(format)?.(judged(), options) ?? [])].join('');
    for (const words of expected) expect(written).toContain(words);
  });

  it('fail the requirement of a benchmark all the same', () => {
    const chosen = chooseEdition('cis-1.12', { minor: 33 });
    if (chosen === undefined) throw new Error('there is no such edition');
    const rows = page({ benchmarks: [chosen] });
    expect(rows).toMatch(/FAIL {6}5\.2\.5 [^]*?\(pods\/host-network\),\s+accepted: the CNI itself/);
    expect(rows).toMatch(/FAIL {6}5\.2\.3 [^]*?\(pods\/host-pid\),\s+in the\s+baseline base\.json/);
  });

  it('do not fail a scan, and the others do', () => {
    expect(exitCodeOf(judged(), 'high')).toBe(1);
    expect(exitCodeOf({ ...judged(), findings: [] }, 'info')).toBe(0);
  });
});

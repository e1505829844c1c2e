import { describe, expect, it } from 'vitest';
import { fixtureJudgement } from '../../test/golden/fixture.ts';
import { hostileJudgement, hostileNames } from '../../test/hostile-judgement.ts';
import { csv } from './csv.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { sortFindings } from './order.ts';

const judgement = fixtureJudgement();
const hostile = hostileJudgement();
const textOf = (pieces: Iterable<string>): string => [...pieces].join('');

describe('csv', () => {
  it('has a row a finding, gravest first', () => {
    const [head, ...rows] = textOf(csv(judgement)).trimEnd().split('\r\n');
    expect(head).toBe(
      'severity,control,kind,namespace,name,container,message,file,line,column,field,places,fingerprint',
    );
    expect(rows.map((row) => row.split(',').slice(0, 2))).toEqual(
      sortFindings(judgement.findings).map(({ severity, control }) => [severity, control.id]),
    );
  });

  it('gives a spreadsheet no formula', () => {
    const text = textOf(csv(hostile));
    expect(text).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(text).not.toMatch(/(?:^|,)"?[=+@]/m);
  });
});

describe('junit', () => {
  it('counts what it tells', () => {
    const text = textOf(junit(judgement));
    const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
    const [, tests, failures, errors, skipped] =
      /<testsuites name="bulwark" tests="(\d+)" failures="(\d+)" errors="(\d+)" skipped="(\d+)">/.exec(text) ?? [];
    expect({ tests, failures, errors, skipped }).toEqual({
      tests: String(count(/<testcase /g)),
      failures: String(judgement.findings.length),
      errors: String(count(/<error /g)),
      skipped: String(count(/<skipped /g)),
    });
    expect(count(/<failure /g)).toBe(judgement.findings.length);
  });

  it('is an error where evidence is missing', () => {
    expect(textOf(junit(hostile))).toMatch(/<testsuite name="evidence" tests="1" failures="0" errors="1"/);
  });

  it('holds no character that XML forbids, and no tag of the input', () => {
    const text = textOf(junit(hostile));
    expect(text).not.toMatch(/[^\n\P{Cc}]|[\ufffe\uffff]/u);
    expect(text).not.toMatch(/<(?:script|img)/);
  });
});

describe('gitlab', () => {
  it('has an issue a place, each with a fingerprint of its own', () => {
    const issues = JSON.parse(textOf(gitlab(judgement))) as { fingerprint: string; location: { path: string } }[];
    expect(issues.length).toBe(judgement.findings.reduce((sum, { places }) => sum + places.length, 0));
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
    for (const { location } of issues) expect(location.path).not.toMatch(/^\.\//);
  });
});

describe('github', () => {
  it('writes a command a finding and a gap, and nothing of the input is one', () => {
    const lines = textOf(github(hostile)).trimEnd().split('\n');
    expect(lines.length).toBe(hostile.findings.length + hostile.gaps.length + 1);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^::(?:error|warning|notice) title=[^:]+::/);
    expect(lines.at(-1)).toMatch(/^\d+ findings: \d+ critical/);
  });

  it('names the line', () => {
    expect(textOf(github(judgement))).toMatch(/^::error title=[^,]+,file=[^,]+,line=\d+,col=\d+::/m);
  });
});

describe('markdown', () => {
  it('tells every control once, and every name as text', () => {
    const text = textOf(markdown(judgement));
    for (const id of new Set(judgement.findings.map(({ control }) => control.id))) {
      expect(text.split(`\n\`${id}\`: `).length, id).toBe(2);
    }
  });

  it('has no markup, mention or link of the input', () => {
    const text = textOf(markdown(hostile));
    const outside = text.replaceAll(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '');
    expect(outside).not.toMatch(/<(?:script|img)|(?<!\\)\]\(|@someone|(?<!\\)#1/);
    expect(outside).toContain('### Not judged');
  });

  it('fits a comment', () => {
    const many = { ...judgement, findings: Array.from({ length: 400 }, () => judgement.findings).flat() };
    expect(textOf(markdown(many)).length).toBeLessThan(65_536);
    expect(textOf(markdown(many))).toMatch(/- and \d+ more\n/);
  });
});

it('nothing of the input reaches a line of its own', () => {
  for (const render of [csv, github, gitlab, junit, markdown]) {
    expect(textOf(render(hostile))).not.toMatch(/^::error::b/m);
  }
  expect(hostileNames.length).toBe(7);
});

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import { type ChosenEdition, chooseEdition } from '../engine/choose-edition.ts';
import { html } from './html.ts';
import { json } from './json.ts';
import { markdown } from './markdown.ts';
import { terminal } from './terminal.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const schema: object = JSON.parse(readFileSync(join(root, 'schema/report.schema.json'), 'utf8'));
const valid = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

const judgement = judgeText(
  controls,
  `apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec: {hostPID: true, containers: [{name: a, image: a}]}
`,
);

function editions(...names: readonly string[]): readonly ChosenEdition[] {
  return names.flatMap((name) => chooseEdition(name, { minor: 33 }) ?? []);
}

const textOf = (pieces: Iterable<string>): string => [...pieces].join('');

interface Row {
  readonly id: string;
  readonly section?: string;
  readonly answered: string;
  readonly state: string;
  readonly failing?: readonly string[];
  readonly notAnswered?: string;
}

interface Written {
  readonly benchmark?: { readonly id: string; readonly checks: readonly Row[] };
  readonly benchmarks?: readonly { readonly id: string; readonly checks: readonly Row[] }[];
}

function written(...names: readonly string[]): Written {
  const report: Written = JSON.parse(textOf(json(judgement, { benchmarks: editions(...names) })));
  valid(report);
  expect(valid.errors).toBeNull();
  return report;
}

describe('benchmarks in reports', () => {
  it('are one record in JSON where one is asked for, and a list where several are', () => {
    expect(written()).not.toHaveProperty('benchmark');
    const one = written('nsa');
    expect(one).not.toHaveProperty('benchmarks');
    const two = written('owasp-2022', 'nsa');
    expect(two).not.toHaveProperty('benchmark');
    expect(two.benchmarks?.map(({ id }) => id)).toEqual(['owasp-2022', 'nsa-1.2']);
    expect(two.benchmarks?.[1]).toEqual(one.benchmark);
  });

  it.each([
    ['nsa', 'pods/host-namespaces', { section: 'Pod security', answered: 'automated', state: 'fail' }],
    ['nsa', 'pods/privileged', { answered: 'automated', state: 'pass' }],
    ['nsa', 'logging/service-mesh', { answered: 'manual', state: 'manual', controls: [] }],
    ['attack', 'T1611', { answered: 'partial', state: 'fail', notAnswered: expect.stringContaining('rule it out') }],
    ['cis-1.12', '5.2.3', { answered: 'automated', automated: false, state: 'fail', failing: ['pods/host-pid'] }],
  ])('%s %s in JSON', (name, id, expected) => {
    expect(written(name).benchmark?.checks.find((row) => row.id === id)).toMatchObject(expected);
  });

  it('stand one after the other in the terminal, each with its chapters, reasons and counts', () => {
    const options = { color: 'never', width: 110, detail: 'short' } as const;
    const text = textOf(terminal(judgement, { ...options, benchmarks: editions('nsa', 'owasp') }));
    const titles = [
      'NSA/CISA Kubernetes Hardening Guidance 1.2 (nsa-1.2)\n',
      'OWASP Kubernetes Top Ten 2025 (owasp-2025)',
    ];
    const places = titles.map((title) => text.indexOf(title));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(text).toMatch(/\n\nAudit logging and threat detection\nnot read {2}logging\/audit-on /);
    expect(text).toMatch(/FAIL {6}pods\/host-namespaces [^]*?\(pods\/host-pid\)/);
    expect(text).toMatch(/manual {4}logging\/service-mesh [^]*?decided in the mesh/);
    expect(text).toMatch(/Controls answer \d+ of them, and \d+ in part; \d+ are left to a person\./);
    expect(text.match(/^\d+ checks: /gm)).toHaveLength(2);
  });

  it('are tables in HTML, and what findings can be grouped by', () => {
    const text = textOf(html(judgement, { benchmarks: editions('nsa', 'pss-baseline') }));
    expect(text.match(/<th>requirement<\/th>/g)).toHaveLength(2);
    expect(text).toContain('<h2>Pod Security Standards, baseline</h2>');
    expect(text).toMatch(/<td>hostNamespaces<\/td><td>[^<]+<\/td><td>automated<\/td><td><span class="state-fail">/);
    const [, data = '{}'] = /<script id="data" type="application\/json">([^]*?)<\/script>/.exec(text) ?? [];
    const { benchmarks } = JSON.parse(data) as { readonly benchmarks: readonly { readonly id: string }[] };
    expect(benchmarks.map(({ id }) => id)).toEqual(['nsa-1.2', 'pss-baseline']);
  });

  it('are tables in Markdown as long as a comment has room', () => {
    const cis = ['cis-1.12', 'cis-1.11', 'cis-1.10', 'cis-1.9', 'cis-1.8'];
    const text = textOf(markdown(judgement, { benchmarks: editions(...cis, 'owasp') }));
    expect(text).toContain('| `5.2.3` | No hostPID pods | automated | fail |');
    expect(text).toMatch(/\n\d+ of \d+ requirements fail: the table does not fit a comment\.\n/);
    expect(text).toMatch(/### OWASP Kubernetes Top Ten 2025\n\n\| \| requirement/);
    expect(text.length).toBeLessThan(65_536);
  });
});

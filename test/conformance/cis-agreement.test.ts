import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { statesOfNode } from '../cis/bulwark.ts';
import { automatedChecks, checksAvailable, warnIfNoChecks } from '../cis/checks.ts';
import { type Comparison, compare, surprises } from '../cis/compare.ts';
import { disagreements } from '../cis/disagreements.ts';
import { type ExampleNode, evidenceOf, rootOf } from '../cis/example-node.ts';
import { generatedNode } from '../cis/generate.ts';

/*
 * Each automated check of the benchmark is answered twice: by Bulwark, and by a reader in `test/cis` that knows the data
 * of the checks, the files of the node and nothing of Bulwark. test/e2e/cis-agreement.test.ts does the same with a node
 * that kubeadm made.
 */
warnIfNoChecks('Agreement with the text of the benchmark');

const seed = 112;
const numRuns = 400;

describe.skipIf(!checksAvailable)('of any configuration', () => {
  let nodes: readonly ExampleNode[] = [];
  let compared: readonly Comparison[] = [];
  beforeAll(() => {
    nodes = fc.sample(generatedNode(), { seed, numRuns });
    compared = nodes.flatMap((node) => compare(rootOf(node), statesOfNode(evidenceOf(node))));
  }, 60_000);

  it('Bulwark says what the text of the benchmark says', () => {
    const wrong = nodes.flatMap((node, index) => {
      const own = compared.slice(index * automatedChecks.length, (index + 1) * automatedChecks.length);
      const differing = surprises(own);
      return differing.length === 0 ? [] : [{ differing, node: [...node] }];
    });
    // The smallest is enough to see what is wrong.
    wrong.sort((a, b) => JSON.stringify(a).length - JSON.stringify(b).length);
    expect(wrong.slice(0, 1)).toEqual([]);
  });

  it.each(automatedChecks.map(({ id, title }) => [id, title]))('%s (%s) passes on some and fails on others', (id) => {
    const said = compared.filter(({ check }) => check === id).map(({ bulwark }) => bulwark);
    expect([...new Set(said)]).toEqual(expect.arrayContaining(['pass', 'fail']));
  });

  it.each(disagreements.map((row) => [row.checks.join(', '), row.when, row] as const))(
    '%s: they disagree where %s',
    (_, __, row) => {
      const met = compared.filter(({ disagreement, text, bulwark }) => disagreement === row && text !== bulwark);
      expect([...new Set(met.map(({ check }) => check))].sort()).toEqual([...row.checks].sort());
    },
  );
});

it('every disagreement is explained', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/kube-bench.md'), 'utf8');
  const [, section = ''] = text.split("## Where Bulwark and the benchmark's text disagree\n");
  const named = new Set(
    [...(section.split('\n## ')[0] ?? '').matchAll(/^\| ([\d., ]+) \|/gm)].flatMap(([, ids = '']) => ids.split(', ')),
  );
  const wanted = new Set(disagreements.flatMap(({ checks }) => checks));
  expect([...wanted].filter((check) => !named.has(check))).toEqual([]);
  expect([...named].filter((check) => !wanted.has(check))).toEqual([]);
});

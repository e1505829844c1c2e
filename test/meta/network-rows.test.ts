import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { controls } from '../../src/controls/registry.ts';

/** The findings about network policies that the field knows, each with the controls that make it here. */
const rows: readonly (readonly [id: string, finding: string, controls: readonly string[]])[] = [
  ['NP01', 'a workload that nothing isolates', ['unselected-pod', 'default-deny-ingress', 'default-deny-egress']],
  ['NP02', 'a namespace without a default deny', ['default-deny-ingress', 'default-deny-egress', 'namespace-policy']],
  ['NP03', 'a selector that matches nothing', ['selects-nothing', 'peer-selects-nothing']],
  ['NP04', 'rules of a direction that is not declared', ['policy-types']],
  ['NP05', 'egress without DNS', ['dns']],
  ['NP06', 'two peers where one was meant', ['split-peer']],
  ['NP07', 'the port of a Service', ['service-port']],
  ['NP08', 'a named port that nothing has', ['named-port']],
  ['NP09', 'blocks that take more than meant, or are none', ['cluster-block', 'metadata-address', 'valid']],
  ['NP10', 'rules that change nothing', ['redundant', 'allow-all']],
  ['NP11', 'pods on the host network', ['host-network']],
  ['NP12', 'a needed flow that is blocked', ['published-blocked', 'dns']],
  ['NP13', 'tenants that reach one another', ['tenants']],
  ['NP14', 'labels that nobody has yet', ['claimable-peer', 'peer-selects-nothing']],
  ['NP15', 'the internet from pods with powerful tokens', ['powerful-egress']],
  ['NP16', 'nothing enforces policies, or not this kind', ['enforcing-plugin', 'enforced-kind']],
  ['NP17', 'ordered policies that disagree or never decide', ['equal-priority', 'shadowed-rule', 'selects-nothing']],
  ['NP18', 'kinds that were withdrawn', ['admin-network-policy']],
  ['NP19', 'fields that the plugin does not know', ['plugin-feature', 'enforced-kind']],
  ['NP20', 'a port without the protocol that it needs', ['dns-protocol']],
];

const research = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/research/rbac-net-attack.md');
const isThere = existsSync(research);
if (!isThere) console.warn(`${research} is missing: the rows are not compared with it`);

describe('the findings about network policies', () => {
  const known = new Set(controls.map(({ id }) => id));

  it.each(rows)('%s, %s, is made by controls that are there', (_, __, names) => {
    expect(names.map((name) => `network-policies/${name}`).filter((id) => !known.has(id))).toEqual([]);
  });

  it('are made by every control of policies', () => {
    const named = new Set(rows.flatMap(([, , names]) => names.map((name) => `network-policies/${name}`)));
    expect([...known].filter((id) => id.startsWith('network-policies/') && !named.has(id))).toEqual([]);
  });

  it.skipIf(!isThere)('are all that the research lists', () => {
    const listed = [...readFileSync(research, 'utf8').matchAll(/^\| (NP\d\d) \|/gm)].map(([, id]) => id);
    expect(rows.map(([id]) => id)).toEqual(listed);
  });
});

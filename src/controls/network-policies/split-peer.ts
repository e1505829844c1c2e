import { own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { directions } from '../../semantics/network-policy/index.ts';
import { policy } from './examples.ts';
import { isKubernetes, named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/split-peer',
  title: 'Selectors that belong together stand in one peer',
  severity: 'low',
  why: 'A dash too many turns "these pods of those namespaces" into "these pods here, and every pod of those namespaces".',
  remedy: 'If both are meant together, write podSelector and namespaceSelector in one item; else leave it as it is.',
  failures: (each) => {
    if (!isKubernetes(each)) return [];
    const found: Failure[] = [];
    for (const direction of directions) {
      const side = direction === 'ingress' ? 'from' : 'to';
      for (const rule of each[direction]?.rules ?? []) {
        const peers = objectsIn(valueAt(each.object.value, [...rule.path, side]));
        for (const [at, peer] of peers.entries()) {
          const next = peers[at + 1];
          if (next === undefined) continue;
          const keys = [Object.keys(peer).join(), Object.keys(next).join()].sort().join(' ');
          if (keys !== 'namespaceSelector podSelector') continue;
          const both = { ...peer, ...next };
          if (
            [own(both, 'namespaceSelector'), own(both, 'podSelector')].some(
              (selector) => JSON.stringify(selector) === '{}',
            )
          )
            continue;
          const path = [...rule.path, side, at + 1];
          found.push(
            fail(
              `${named(each)} takes every pod of the namespaces that one peer names, and pods of its own by the next`,
              path,
              { key: path.join('.') },
            ),
          );
        }
      }
    }
    return found;
  },
  examples: {
    fail: [
      policy(
        '{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}, {podSelector: {matchLabels: {app: web}}}]}]}',
      ),
    ],
    pass: [
      policy(
        '{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: web}}}]}]}',
      ),
      policy(
        '{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}, {podSelector: {}}]}]}',
      ),
    ],
  },
});

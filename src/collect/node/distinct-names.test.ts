import { expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import type { NodeEvidence } from '../../model/node.ts';
import { withDistinctNames } from './distinct-names.ts';

function node(name: string, at: string, host?: string): NodeEvidence {
  const files = nodeExample(`# file: /etc/hostname\n${host ?? '# none'}\n`)?.files ?? [];
  return { name, at, from: 'root', processes: [], files, users: [], groups: [] };
}

it.each<[string, readonly NodeEvidence[], readonly string[]]>([
  ['that have names of their own keep them', [node('a', '/1', 'x'), node('b', '/2', 'x')], ['a', 'b']],
  ['of one name have their hosts’', [node('a', '/1', 'x'), node('a', '/2', 'y'), node('b', '/3')], ['x', 'y', 'b']],
  ['of one host have their places, too', [node('a', '/1', 'x'), node('a', '/2', 'x')], ['a (/1)', 'a (/2)']],
  ['without a host name have their places, too', [node('a', '/1'), node('a', '/2')], ['a (/1)', 'a (/2)']],
  [
    'take the name of no other',
    [node('a', '/1', 'b'), node('a', '/2', 'y'), node('b', '/3')],
    ['a (/1)', 'y', 'b (/3)'],
  ],
])('nodes %s', (_, nodes, names) => {
  expect(withDistinctNames(nodes).map(({ name }) => name)).toEqual(names);
});

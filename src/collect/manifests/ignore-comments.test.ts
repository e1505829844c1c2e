import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath } from '../../model/path.ts';
import { decodeManifest } from './decode.ts';

function commentsOf(text: string): string[] {
  return decodeManifest(text, 'a.yaml').objects.flatMap(({ name, ignoreComments = [] }) =>
    ignoreComments.map(({ text: said, line, path }) => {
      return `${name} ${line}: ${said} -> ${path === undefined ? 'nothing' : formatPath(path)}`;
    }),
  );
}

const head = 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n';

describe('comments that accept findings', () => {
  it.each<[string, string, string[]]>([
    ['at the end of a line', `${head}spec:\n  hostPID: true # bulwark:ignore a\n`, ['x 5: a -> spec.hostPID']],
    ['above a line', `${head}spec:\n  # bulwark:ignore a\n  hostPID: true\n`, ['x 5: a -> spec.hostPID']],
    [
      'above other comments',
      `${head}spec:\n  # bulwark:ignore a\n  # so\n\n  hostPID: true\n`,
      ['x 5: a -> spec.hostPID'],
    ],
    ['above a mapping', `${head}# bulwark:ignore a\nspec:\n  hostPID: true\n`, ['x 4: a -> spec']],
    [
      'above an item of a list',
      `${head}spec:\n  containers:\n    # bulwark:ignore a\n    - name: c\n      image: i\n`,
      ['x 6: a -> spec.containers[0]'],
    ],
    ['on the first line', `# bulwark:ignore a\n${head}`, ['x 1: a -> ']],
    ['above the marker', `# bulwark:ignore a\n---\n${head}`, ['x 1: a -> ']],
    ['behind the marker', `--- # bulwark:ignore a\n${head}`, ['x 1: a -> ']],
    ['between two documents', `${head}---\n# bulwark:ignore a\n---\n${head}`, ['x 5: a -> ']],
    ['at the end of a document', `${head}# bulwark:ignore a\n---\n${head}`, ['x 4: a -> nothing']],
    [
      'several',
      `${head}spec: # bulwark:ignore a\n  hostPID: true # bulwark:ignore b\n`,
      ['x 4: a -> spec', 'x 5: b -> spec.hostPID'],
    ],
    ['without a space', `${head}spec: #bulwark:ignore a\n`, ['x 4: a -> spec']],
    [
      'with Windows line ends',
      `${head}spec:\n  hostPID: true # bulwark:ignore a\n`.replaceAll('\n', '\r\n'),
      ['x 5: a -> spec.hostPID'],
    ],
    ['of another word', `${head}spec: # bulwark:ignored a\n`, []],
    ['in a quoted text', `${head}spec: {hostname: "a # bulwark:ignore a"}\n`, []],
    ['in a block of text', `${head}data:\n  script: |\n    # bulwark:ignore a\n    run\n`, []],
    ['in a folded text over lines', `${head}data:\n  script: "one\n    # bulwark:ignore a\n    two"\n`, []],
    ['behind a text without a space', `${head}spec: {hostname: a#bulwark:ignore}\n`, []],
  ])('%s', (_, text, expected) => {
    expect(commentsOf(text)).toEqual(expected);
  });

  it('of a list belong to its items', () => {
    const text = `# bulwark:ignore all
apiVersion: v1
kind: List
items:
  # bulwark:ignore first
  - apiVersion: v1
    kind: Pod
    metadata: {name: one}
  - apiVersion: v1
    kind: Pod
    metadata: {name: two} # bulwark:ignore second
`;
    expect(commentsOf(text)).toEqual([
      'one 1: all -> ',
      'one 5: first -> ',
      'two 1: all -> ',
      'two 11: second -> metadata',
    ]);
  });

  it('stay where they are whatever stands around them', () => {
    const line = fc.constantFrom('', '# so', '# bulwark:', '  # more');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.array(line, { maxLength: 8 }), (above, below) => {
        const before = above.map((each) => `${each}\n`).join('');
        const after = below.map((each) => `${each}\n`).join('');
        const text = `${before}${head}spec:\n${after}  # bulwark:ignore a\n${after}  hostPID: true\n`;
        expect(commentsOf(text)).toEqual([`x ${above.length + 5 + below.length}: a -> spec.hostPID`]);
      }),
      { numRuns: 100 },
    );
  });

  it('take no longer the more there are', () => {
    const text = `${head}data:\n${'  # bulwark:ignore a\n'.repeat(20_000)}  b: c\n`;
    const started = performance.now();
    expect(commentsOf(text)).toHaveLength(1000);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

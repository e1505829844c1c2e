import { applyPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unifiedDiff } from './diff.ts';

describe('unifiedDiff', () => {
  it.each([
    ['nothing', 'a\nb\n', 'a\nb\n', ''],
    ['a line', 'a\nb\nc\n', 'a\nx\nc\n', '--- a/f.yaml\n+++ b/f.yaml\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n'],
    [
      'a missing line break',
      'a',
      'a\nb',
      '--- a/f.yaml\n+++ b/f.yaml\n@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n',
    ],
    [
      'a line break of another sort',
      'a\r\nb\r\n',
      'a\r\n',
      '--- a/f.yaml\n+++ b/f.yaml\n@@ -1,2 +1,1 @@\n a\r\n-b\r\n',
    ],
  ])('shows %s', (_, before, after, expected) => {
    expect(unifiedDiff('f.yaml', before, after)).toBe(expected);
  });

  it('names absolute paths without their root', () => {
    expect(unifiedDiff('/srv/f.yaml', 'a\n', 'b\n')).toContain('--- a/srv/f.yaml\n+++ b/srv/f.yaml\n');
  });

  it('leads from one text to the other, whatever the texts', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n', '- x\n', '+ y\n');
    const text = fc.tuple(fc.array(line, { minLength: 1, maxLength: 40 }), fc.constantFrom('', 'end'));
    fc.assert(
      fc.property(text, text, ([lines, end], [others, otherEnd]) => {
        const before = lines.join('') + end;
        const after = others.join('') + otherEnd;
        const patch = unifiedDiff('f', before, after);
        if (before === after) expect(patch).toBe('');
        else expect(applyPatch(before, patch, { autoConvertLineEndings: false })).toBe(after);
      }),
      { numRuns: 200 },
    );
  });

  it('takes time in proportion to large texts with many edits', () => {
    const block = (index: number) => `kind: Pod ${index}\nspec:\n  a: 1\n  b: 2\n  c: 3\n`;
    const lines = Array.from({ length: 20_000 }, (_, index) => block(index));
    const before = lines.join('');
    const after = lines.map((text) => text.replace('  b: 2\n', '  b: 3\n  bb: 4\n')).join('');
    const start = performance.now();
    const patch = unifiedDiff('f', before, after);
    expect(performance.now() - start).toBeLessThan(3000);
    expect(patch.match(/^\+ {2}bb: 4$/gm)).toHaveLength(20_000);
  });
});

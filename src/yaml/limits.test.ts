import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import { parseYaml, YamlError } from './parse.ts';

function problem(read: () => unknown): { message: string; line: number } | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return { message: error.message, line: error.line };
  }
}

function bomb(levels: number): string {
  const lines = ['l0: &l0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level <= levels; level += 1) {
    const item = `*l${level - 1}`;
    lines.push(`l${level}: &l${level} [${Array(9).fill(item).join(', ')}]`);
  }
  return lines.join('\n');
}

describe('hostile documents', () => {
  const deepAliases = Array.from({ length: 20 }, (_, level) => {
    const inner = level === 0 ? '1' : `*a${level - 1}`;
    return `a${level}: &a${level} ${'['.repeat(100)}${inner}${']'.repeat(100)}`;
  }).join('\n');

  it.each<[string, string, RegExp]>([
    ['an alias bomb', bomb(12), /aliases expand to more than 200000 nodes/],
    ['a merge bomb', `a: &a {k: 1}\n${'b: {<<: [*a, *a]}\n'.repeat(3)}`, /^never$/],
    ['aliases that nest', deepAliases, /aliases nest too deeply/],
    ['an alias to its own anchor', 'a: &a {b: [*a]}', /an anchor contains an alias to itself/],
    ['10,000 levels in flow', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, /nested too deeply/],
    [
      '10,000 levels in block',
      Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /nested too deeply/,
    ],
  ])('%s', (_, text, expected) => {
    const started = performance.now();
    const found = problem(() => parseYaml(text, 5));
    if (expected.source !== '^never$') {
      expect(found?.message).toMatch(expected);
      expect(found?.line).toBeGreaterThanOrEqual(5);
    } else expect(found).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('refuses JSON that nests too deeply or has too many nodes', () => {
    expect(problem(() => parseJson(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 3))).toEqual({
      message: 'nested too deeply',
      line: 3,
    });
    expect(problem(() => parseJson(`[${'1,'.repeat(4_100_000)}1]`, 3))?.message).toBe('more than 4000000 nodes');
  });

  it('refuses YAML of too many nodes', () => {
    expect(problem(() => parseYaml(`a: [${'1,'.repeat(4_100_000)}1]`, 3))).toEqual({
      message: 'more than 4000000 nodes',
      line: 3,
    });
  });

  it('measures what aliases stand for, not how often a star is written', () => {
    const rules = '- {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}\n'.repeat(5000);
    expect(problem(() => parseYaml(`x: &x {a: 1}\ny: *x\nrules:\n${rules}`, 1))).toBeUndefined();
  });

  it('keeps keys of Object.prototype as the data that they are', () => {
    const { value } = parseYaml('__proto__: {polluted: true}\nconstructor: 1', 1);
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('errors quote nothing of the document', () => {
  it.each([
    'password: *hunter2',
    'password: !hunter2!x y',
    'password: !<!hunter2 x',
    'password: "hunter2',
    'password: !!int hunter2',
    '%TAG hunter2 hunter2\n---\na: b',
    'hunter2\nb: c',
    '{"password": "hunter2" "b"}',
  ])('%s', (text) => {
    const found = problem(() => parseJson(text, 1));
    expect(found).toBeDefined();
    expect(found?.message).not.toContain('hunter2');
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import type { AnyControl } from '../controls/control.ts';
import { controls as builtIn } from '../controls/registry.ts';
import * as library from '../index.ts';
import { BulwarkError } from '../model/errors.ts';
import { loadOwnControls } from './own-controls.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-own-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const limits = { loadMs: 400, checkMs: 400 };

function load(files: Record<string, string>, ...named: string[]): Promise<readonly AnyControl[]> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const asked = named.length > 0 ? named : Object.keys(files).slice(0, 1);
  return loadOwnControls(asked, { cwd: folder, known: builtIn, library, limits });
}

function rule(fields: Record<string, string> = {}): string {
  const whole = {
    id: "'acme/labelled'",
    title: "'Objects say whose they are'",
    severity: "'low'",
    subject: "'object'",
    why: "'Somebody has to be called when it breaks at night.'",
    check: '() => []',
    examples: '{ pass: [], fail: [] }',
    ...fields,
  };
  return `control({ ${Object.entries(whole)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')} })`;
}

const imports = "import { control, fail } from 'bulwark';\n";
const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: []}\n';

describe('modules of controls', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['a default export', { 'a.ts': `${imports}export default ${rule()};` }, ['acme/labelled']],
    [
      'named exports, in lists too',
      {
        'b.ts': `${imports}export const one = ${rule()};\nexport const more = [${rule({ id: "'acme/two'" })}];\nexport const table = 3;`,
      },
      ['acme/labelled', 'acme/two'],
    ],
    [
      'types, enums and other modules',
      {
        'c.ts': `${imports}import { type Name, name } from './c-name.ts';\nimport data from './c-data.json';\nenum Weight { low = 'low' }\nexport default ${rule({ severity: 'Weight.low', title: '(name satisfies Name) + data.rest' })};`,
        'c-name.ts': "export type Name = string;\nexport const name: Name = 'Objects say';",
        'c-data.json': '{"rest": " whose they are"}',
      },
      ['acme/labelled'],
    ],
    ['JavaScript', { 'd.mjs': `${imports}export default ${rule()};` }, ['acme/labelled']],
    [
      'CommonJS',
      { 'e.cjs': `const { control } = require('bulwark');\nmodule.exports = { rule: ${rule()} };` },
      ['acme/labelled'],
    ],
    [
      'CommonJS that is its control',
      { 'e2.cjs': `const { control } = require('bulwark');\nmodule.exports = ${rule()};` },
      ['acme/labelled'],
    ],
    [
      'what Node has',
      {
        'f.ts': `${imports}import { basename } from 'node:path';\nexport default ${rule({ id: "'acme/' + basename('/a/b')" })};`,
      },
      ['acme/b'],
    ],
  ])('may have %s', async (_, files, expected) => {
    expect((await load(files)).map(({ id }) => id)).toEqual(expected);
  });

  it('judge as the built-in ones do', async () => {
    const check = "({ object }) => [fail(`${object.kind} ${object.name} has no label`, ['metadata', 'labels'])]";
    const { findings } = judgeText(await load({ 'g.ts': `${imports}export default ${rule({ check })};` }), pod);
    expect(findings.map(({ control, message }) => `${control.id}: ${message}`)).toEqual([
      'acme/labelled: Pod x has no label',
    ]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['throws', { 'h.ts': "throw new Error('no such table');" }, 'h.ts: no such table'],
    ['throws nothing', { 'i.ts': 'throw undefined;' }, 'i.ts: undefined'],
    ['throws a trap', { 'j.ts': 'throw { get message() { throw 1; } };' }, 'j.ts: something that cannot be shown'],
    ['loops', { 'k.ts': 'for (;;);' }, 'k.ts: it does not finish within 0.4 s'],
    ['loops in what it imports', { 'l.ts': "import './l-loop.ts';", 'l-loop.ts': 'for (;;);' }, 'within 0.4 s'],
    ['is no TypeScript', { 'm.ts': 'const a: = 3;' }, 'm.ts:1:'],
    ['is not there', { 'n.ts': '' }, 'nowhere.ts: there is no such file'],
    ['imports what is not there', { 'o.ts': "import './nothing.ts';" }, 'imports ./nothing.ts, which is not there'],
    ['exports no control', { 'p.ts': 'export const a = 3;' }, 'p.ts: it exports no control'],
    ['exports something else', { 'q.ts': 'export default 3;' }, 'its default export: it is no control'],
    [
      'has a wrong severity',
      { 'r.ts': `${imports}export default ${rule({ severity: "'grave'" })};` },
      'severity must be one of',
    ],
    [
      'has a wrong subject',
      { 's.ts': `${imports}export default ${rule({ subject: "'toString'" })};` },
      'subject must be one of',
    ],
    [
      'has no check',
      { 't.ts': `${imports}export default ${rule({ check: 'undefined' })};` },
      'check must be a function',
    ],
    [
      'takes an id that is taken',
      { 'u.ts': `${imports}export default ${rule({ id: "'pods/privileged'" })};` },
      'Bulwark itself has a control pods/privileged',
    ],
    [
      'has an id that is none',
      { 'v.ts': `${imports}export default ${rule({ id: "'Acme'" })};` },
      'id must be component/name',
    ],
  ])('that %s are refused', async (_, files, message) => {
    const named = Object.hasOwn(files, 'n.ts') ? ['nowhere.ts'] : [];
    const error = await load(files, ...named).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BulwarkError);
    expect(error).toMatchObject({ code: 'controls-invalid', message: expect.stringContaining(message) });
  });

  it.each<[string, string, string]>([
    ['throws', "() => { throw new Error('boom'); }", 'boom'],
    ['returns nothing', '() => undefined', 'check must return a verdict, or a list of failures'],
    ['returns a promise', 'async () => []', 'check must return a verdict'],
    ['returns no failures', "() => [{ kind: 'fail', message: 3, at: [] }]", 'check must return a verdict'],
    ['lists no words', "() => [{ kind: 'fail', message: 'm', at: [], items: [1] }]", 'check must return a verdict'],
    ['loops', '() => { for (;;); }', 'it does not finish within 0.4 s'],
    ['matches for ever', "() => [/^(a+)+$/.test('a'.repeat(50) + 'b')].filter(() => false)", 'does not finish'],
  ])('whose check %s give an error, and others are judged', async (_, check, message) => {
    const own = await load({
      'w.ts': `${imports}export default [${rule({ check })}, ${rule({ id: "'acme/fine'" })}];`,
    });
    const { errors, coverage } = judgeText(own, `${pod}---\n${pod.replace('x}', 'y}')}`);
    expect(errors.map(({ control }) => control.id)).toEqual(['acme/labelled', 'acme/labelled']);
    expect(String(errors[0]?.error)).toContain(message);
    expect([...coverage].find(([{ id }]) => id === 'acme/fine')?.[1].pass).toBe(2);
  });

  it('that loop once are not asked again', async () => {
    const own = await load({ 'x.ts': `${imports}export default ${rule({ check: '() => { for (;;); }' })};` });
    const many = Array.from({ length: 20 }, (_, index) => pod.replace('x}', `x${index}}`)).join('---\n');
    const started = performance.now();
    const { errors } = judgeText(own, many);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(errors).toHaveLength(20);
    expect(String(errors[19]?.error)).toContain('does not finish within 0.4 s, and is not asked again');
  });
});

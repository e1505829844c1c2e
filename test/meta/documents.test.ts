import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import guides from '../../data/benchmarks/guides.json' with { type: 'json' };
import unmapped from '../../data/benchmarks/unmapped.json' with { type: 'json' };
import { createProgram } from '../../src/cli/program.ts';
import { controls } from '../../src/controls/registry.ts';
import { benchmarksOf, mappedControls } from '../../src/engine/benchmarks.ts';
import { errorCodes } from '../../src/model/errors.ts';
import { controlPages } from '../../src/report/control-page.ts';
import { quietTerminal } from '../run-program.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('docs/errors.md', () => {
  it('lists exactly the error codes that there are', () => {
    const documented = [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| (.+) \| (\d) \|$/gm)];
    expect(Object.fromEntries(documented.map(([, code, meaning]) => [code, meaning]))).toEqual(errorCodes);
  });
});

describe('docs/controls', () => {
  it('is what `npm run generate` writes', () => {
    const pages = controlPages(controls);
    const folder = join(root, 'docs/controls');
    const there = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
    expect(there.map((name) => name.replaceAll('\\', '/')).toSorted()).toEqual([...pages.keys()].toSorted());
    for (const [path, text] of pages) expect(read(`docs/controls/${path}`), path).toBe(text);
  });
});

describe('the guides', () => {
  it('have rows with ids of their own, in sections that exist', () => {
    const ids = guides.rows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const sections = new Set(guides.sections.map(({ id }) => id));
    expect(guides.rows.filter(({ section }) => !sections.has(section))).toEqual([]);
    expect(guides.sections.filter(({ id }) => !guides.rows.some(({ section }) => section === id))).toEqual([]);
  });

  it('name controls and commands that exist', () => {
    const known = new Set(controls.map(({ id }) => id));
    expect(
      guides.rows.flatMap((row) => row.controls.filter((id) => !known.has(id)).map((id) => `${row.id}: ${id}`)),
    ).toEqual([]);
    const names = new Set(commandNames());
    expect(guides.rows.flatMap((row) => row.commands.filter((name) => !names.has(name)))).toEqual([]);
  });

  const texts = join(root, '../shared/guides');
  const there = existsSync(texts);
  if (!there)
    console.warn('skipped: the texts of the guides are not here, so their lines cannot be compared with the rows');

  it.skipIf(!there).each(guides.guides.map(({ id }) => id))('every line of %s has a row, or is background', (id) => {
    const covered = new Set<number>();
    const places = [...guides.rows.flatMap((row) => row.sources), ...guides.background];
    for (const { guide, lines } of places) {
      const [first, last] = lines;
      if (guide !== id || first === undefined || last === undefined) continue;
      for (let line = first; line <= last; line += 1) covered.add(line);
    }
    const text = readFileSync(join(texts, `${id}.txt`), 'utf8').split('\n');
    const missing = text.flatMap((line, index) => (line.trim() === '' || covered.has(index + 1) ? [] : [index + 1]));
    expect(missing).toEqual([]);
    expect(readdirSync(texts)).toContain(`${id}.txt`);
  });
});

describe('benchmarks', () => {
  it('map every control, or say why not', () => {
    const stated = new Map(Object.entries(unmapped.controls));
    const ids = controls.map(({ id }) => id);
    expect(ids.filter((id) => benchmarksOf(id).length === 0 && !stated.has(id))).toEqual([]);
    expect([...stated.keys()].filter((id) => benchmarksOf(id).length > 0 || !ids.includes(id))).toEqual([]);
    expect([...stated.values()].filter((reason) => reason.length < 15)).toEqual([]);
  });

  it('name only controls that exist', () => {
    const ids = new Set(controls.map(({ id }) => id));
    expect(mappedControls().filter((id) => !ids.has(id))).toEqual([]);
  });
});

describe('README.md', () => {
  it('names only commands and options that exist', () => {
    const text = read('README.md');
    const used = [...text.matchAll(/(?:bulwark|npm start --) ([a-z]+)((?: [^\n`|]*)?)/g)].filter(
      ([, name]) => name !== 'is',
    );
    expect(used.length).toBeGreaterThan(5);
    const help = new Map(commandNames().map((name) => [name, commandHelp(name)]));
    for (const [whole, name, rest] of used) {
      expect([...help.keys()], whole).toContain(name);
      for (const [flag] of (rest ?? '').matchAll(/--[a-z-]+/g)) expect(help.get(name ?? ''), whole).toContain(flag);
    }
  });

  it('links to files that exist', () => {
    const links = [...read('README.md').matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? '');
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });
});

function commandNames(): string[] {
  return program().commands.map((command) => command.name());
}

function commandHelp(name: string): string {
  return (
    program()
      .commands.find((command) => command.name() === name)
      ?.helpInformation() ?? ''
  );
}

function program() {
  return createProgram(quietTerminal({ cwd: root }).terminal, 'bulwark').command;
}

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The ranks of docs/architecture.md. A file imports its own rank or a lower one. */
const ranks: readonly (readonly string[])[] = [
  ['model', 'yaml'],
  ['semantics'],
  ['facts'],
  ['controls'],
  ['engine', 'detect', 'admission'],
  ['report', 'generate'],
  ['collect', 'store'],
  ['fix', 'enforce', 'watch', 'serve'],
  ['cli'],
];

/** Rooms that compute and nothing else: no file system, network, process, clock or console. */
const pureRooms = new Set([
  'model',
  'yaml',
  'semantics',
  'facts',
  'controls',
  'engine',
  'detect',
  'admission',
  'report',
]);

/** Hashing is arithmetic. */
const pureModules = new Set(['node:crypto']);

const files = list(join(root, 'src')).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

describe('layers', () => {
  it('has files to look at, and every room has a rank', () => {
    expect(files.length).toBeGreaterThan(30);
    const known = new Set(ranks.flat());
    const rooms = new Set(files.map(roomOf).filter((room) => room !== ''));
    expect([...rooms].filter((room) => !known.has(room))).toEqual([]);
  });

  it('imports go to the same rank or lower', () => {
    expect(files.flatMap((file) => upwardImports(file))).toEqual([]);
  });

  it('pure rooms touch nothing outside', () => {
    const wrong: string[] = [];
    for (const file of files.filter((name) => pureRooms.has(roomOf(name)))) {
      const text = code(file);
      for (const name of importsOf(text)) {
        if (name.startsWith('node:') && !pureModules.has(name)) wrong.push(`${short(file)} imports ${name}`);
      }
      for (const global of text.matchAll(
        /(?<![\w'"/.-])(?:console\.\w+|process\.\w+|Date\.now|new Date\(\)|Math\.random|fetch\(|setTimeout\()/g,
      )) {
        wrong.push(`${short(file)} uses ${global[0]}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('no file is a drawer for odds and ends', () => {
    const drawers = /(?:^|\/)(?:utils?|helpers?|common|types|misc|shared|lib)(?:\.ts|\/)/;
    expect(files.map(short).filter((file) => drawers.test(file))).toEqual([]);
  });
});

function upwardImports(file: string): string[] {
  const rank = rankOf(roomOf(file));
  const wrong: string[] = [];
  for (const name of importsOf(code(file))) {
    if (!name.startsWith('.')) continue;
    const target = posix.normalize(posix.join(dirname(short(file)), name));
    if (!target.startsWith('src/')) continue;
    // The command line hands the whole library to the modules of controls that a user names.
    if (target === 'src/index.ts' && roomOf(file) === 'cli') continue;
    const room = target.split('/').length > 2 ? (target.split('/')[1] ?? '') : '';
    if (rankOf(room) > rank) wrong.push(`${short(file)} imports ${target}`);
  }
  return wrong;
}

function rankOf(room: string): number {
  const rank = ranks.findIndex((rooms) => rooms.includes(room));
  // Files directly under src/ are the package's doors and may import anything.
  return rank === -1 ? ranks.length : rank;
}

function roomOf(file: string): string {
  const parts = relative(join(root, 'src'), file).split(/[\\/]/);
  return parts.length > 1 ? (parts[0] ?? '') : '';
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

function code(file: string): string {
  return readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

function short(file: string): string {
  return relative(root, file).replaceAll('\\', '/');
}

function list(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? list(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

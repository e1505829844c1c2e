import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, resolve } from 'node:path';
import { Script } from 'node:vm';
import type { AnyControl } from '../controls/control.ts';
import { controlMistakes, guarded, messageOf, OwnControlError } from '../engine/own-control.ts';
import { BulwarkError } from '../model/errors.ts';

export interface OwnControlsOptions {
  readonly cwd: string;
  /** The controls that there are already: an id cannot be taken twice. */
  readonly known: readonly AnyControl[];
  /** What `import … from 'bulwark'` gives: the library of the running program. */
  readonly library: unknown;
  /** The longest that a module may take to load, and a control for one subject. */
  readonly limits?: { readonly loadMs: number; readonly checkMs: number };
}

const defaultLimits = { loadMs: 5000, checkMs: 5000 };

/**
 * The controls that modules of the user's export, by default or by name, alone or in lists. A module may be TypeScript,
 * ESM or CommonJS and may import others by a relative path, `bulwark`, and what Node finds from where it stands. It is
 * the user's own program and runs with all rights; only its time is limited. Throws `controls-invalid`.
 */
export async function loadOwnControls(
  files: readonly string[],
  { cwd, known, library, limits = defaultLimits }: OwnControlsOptions,
): Promise<readonly AnyControl[]> {
  const { createJiti } = await import('jiti/static');
  // Only its translation is used: what it loads itself, nothing can stop.
  const { transform } = createJiti(cwd, { fsCache: false });
  const modules = new Modules(library, (source, filename) => transform({ source, filename, ts: true }));
  const ids = new Map(known.map(({ id }) => [id, 'Bulwark itself']));
  const controls: AnyControl[] = [];
  for (const file of files) {
    const exported = load(file, { cwd, modules, limits });
    for (const [name, value] of controlsIn(exported)) {
      const mistakes = bounded(limits.loadMs)(() => controlMistakes(value));
      if (mistakes.length > 0) throw invalid(file, `${name}: ${mistakes.join('; ')}`);
      const control = value as AnyControl;
      const other = ids.get(control.id);
      if (other !== undefined) throw invalid(file, `${name}: ${other} has a control ${control.id} already`);
      ids.set(control.id, file);
      controls.push(guarded(control, bounded(limits.checkMs)));
    }
    if (![...ids.values()].includes(file)) throw invalid(file, 'it exports no control');
  }
  // Translated modules export in no order of their authors'.
  return controls.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function load(
  file: string,
  { cwd, modules, limits }: { readonly cwd: string; readonly modules: Modules; readonly limits: typeof defaultLimits },
): object {
  const path = resolve(cwd, file);
  if (!isFile(path)) throw invalid(file, 'there is no such file');
  try {
    const exported = bounded(limits.loadMs)(() => modules.load(path));
    const isModule = typeof exported === 'object' && exported !== null && !('check' in exported);
    return isModule ? exported : { default: exported };
  } catch (error) {
    throw invalid(file, messageOf(error), error);
  }
}

/** Every export that is a control, or a list of them, with the name of the export. */
function controlsIn(exported: object): [string, unknown][] {
  const found: [string, unknown][] = [];
  const seen = new Set<unknown>();
  for (const [name, value] of Object.entries(exported)) {
    const label = name === 'default' ? 'its default export' : `its export ${name}`;
    for (const [index, item] of (Array.isArray(value) ? value : [value]).entries()) {
      // What is exported beside the controls, such as a table that they share, is nobody's business.
      const isMeant = name === 'default' || (typeof item === 'object' && item !== null && 'check' in item);
      if (!isMeant || seen.has(item)) continue;
      seen.add(item);
      found.push([Array.isArray(value) ? `${label}[${index}]` : label, item]);
    }
  }
  return found;
}

/** Where the function is found that is to be run: a script that is stopped can only reach what is global. */
const slot = Symbol.for('bulwark.bounded');
const enter = new Script("globalThis[Symbol.for('bulwark.bounded')]()");

/** Runs a function and stops it after a time, wherever it is: in a loop, or within a regular expression. */
function bounded(limitMs: number): <T>(run: () => T) => T {
  const room = globalThis as { [slot]?: () => unknown };
  return <T>(run: () => T): T => {
    const outer = room[slot];
    room[slot] = run;
    try {
      return enter.runInThisContext({ timeout: limitMs }) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw new OwnControlError(`it does not finish within ${limitMs / 1000} s`);
    } finally {
      if (outer === undefined) delete room[slot];
      else room[slot] = outer;
    }
  };
}

type Translate = (source: string, file: string) => string;

/** What Node adds to an import without one, in the order that is tried. */
const extensions = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js'];

const maxBytes = 4 * 1024 * 1024;

/** Modules by their file, each loaded once. They are turned into scripts, for a script can be stopped. */
class Modules {
  private readonly loaded = new Map<string, { exports: unknown }>();
  private readonly library: unknown;
  private readonly translate: Translate;

  constructor(library: unknown, translate: Translate) {
    this.library = library;
    this.translate = translate;
  }

  /** The exports of a file. Throws what the module throws. */
  load(file: string): unknown {
    const before = this.loaded.get(file);
    if (before !== undefined) return before.exports;
    const { size } = statSync(file);
    if (size > maxBytes) throw new Error(`${file} is larger than ${maxBytes / 1024 / 1024} MiB`);
    const text = readFileSync(file, 'utf8');
    const module: { exports: unknown } = { exports: {} };
    this.loaded.set(file, module);
    if (extname(file) === '.json') {
      module.exports = JSON.parse(text);
      return module.exports;
    }
    const script = new Script(
      `(function (exports, require, module, __filename, __dirname) {${this.script(text, file)}\n})`,
      {
        filename: file,
      },
    );
    const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
    run(module.exports, (name: string) => this.require(name, file), module, file, dirname(file));
    return module.exports;
  }

  /** Throws for what is no JavaScript or TypeScript, with line and column. */
  private script(text: string, file: string): string {
    const translated = this.translate(text, file);
    const problem = /^exports\.__JITI_ERROR__ = (\{[^]*\})/m.exec(translated)?.[1];
    if (problem === undefined) return translated;
    const { line, column, message = 'it cannot be read' } = JSON.parse(problem) as { [key: string]: unknown };
    throw new SyntaxError(`${file}:${line}:${column}: ${String(message).split('\n')[0]}`);
  }

  private require(name: string, from: string): unknown {
    if (name === 'bulwark') return this.library;
    if (!name.startsWith('.') && !name.startsWith('/')) return createRequire(from)(name);
    const wanted = resolve(dirname(from), name);
    for (const extension of extensions) {
      const file = `${wanted}${extension}`;
      if (isFile(file)) return this.load(file);
    }
    throw new Error(`${from} imports ${name}, which is not there`);
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function invalid(file: string, reason: string, cause?: unknown): BulwarkError {
  return new BulwarkError(
    'controls-invalid',
    `${file}: ${reason}`,
    'see docs/own-controls.md, and try it with "bulwark controls test FILE"',
    cause === undefined ? undefined : { cause },
  );
}

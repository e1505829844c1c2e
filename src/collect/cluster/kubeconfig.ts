import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { BulwarkError } from '../../model/errors.ts';
import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { parseYaml, YamlError } from '../../yaml/parse.ts';

/** An entry of a kubeconfig, and the file that it is in: paths inside it are relative to that file. */
export interface Entry {
  readonly name: string;
  readonly file: string;
  readonly reader: Reader;
}

/** What one context of the kubeconfig files selects. */
export interface SelectedContext {
  readonly context: string;
  readonly cluster: Entry;
  /** Absent for a context without a user: the requests are anonymous. */
  readonly user: Entry | undefined;
}

export interface KubeconfigOptions {
  /** A file, as `--kubeconfig` names it: nothing else is read then. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The context that the kubeconfig files select, merged as clientcmd merges them: the file asked for, else every file
 * of `KUBECONFIG` (of entries of one name the first wins, as does the first `current-context`), else
 * `~/.kube/config`. Undefined where no file exists and none was asked for. Throws `BulwarkError`.
 */
export function readKubeconfig(options: KubeconfigOptions): SelectedContext | undefined {
  const files = loadFiles(options);
  if (files.length === 0) return undefined;
  const where = files.map(({ file }) => file).join(', ');
  const current = files.map(({ root }) => root.string('current-context')).find((name) => name);
  const context = options.context ?? current;
  if (context === undefined) {
    throw new BulwarkError(
      'context-missing',
      `${where}: no current context`,
      `choose one with --context: ${listNames(files, 'contexts')}`,
    );
  }
  const selected = findEntry(files, 'contexts', context);
  if (selected === undefined) {
    throw new BulwarkError(
      'context-missing',
      `${where}: no context "${context}"`,
      `the contexts are: ${listNames(files, 'contexts')}`,
    );
  }
  const named = (list: 'clusters' | 'users', field: 'cluster' | 'user'): Entry | undefined => {
    const name = selected.reader.string(field);
    if (name === undefined || name === '') return undefined;
    const entry = findEntry(files, list, name);
    if (entry !== undefined) return entry;
    throw new BulwarkError(
      'context-missing',
      `${selected.file}: context "${context}" names the ${field} "${name}", which is not there`,
      `the ${list} are: ${listNames(files, list)}`,
    );
  };
  const cluster = named('clusters', 'cluster');
  if (cluster === undefined || !cluster.reader.string('server')) {
    throw new BulwarkError(
      'kubeconfig-invalid',
      `${selected.file}: context "${context}" has no cluster with a server`,
      'choose another with --context, or set `server` of its cluster',
    );
  }
  return { context, cluster, user: named('users', 'user') };
}

interface KubeconfigFile {
  readonly file: string;
  readonly root: Reader;
}

function loadFiles({ kubeconfig, env }: KubeconfigOptions): readonly KubeconfigFile[] {
  if (kubeconfig !== undefined) return [parse(kubeconfig, read(kubeconfig))];
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const candidates = listed.length > 0 ? listed : [join(env['HOME'] || homedir(), '.kube', 'config')];
  const files: KubeconfigFile[] = [];
  for (const file of candidates) {
    const text = readIfPresent(file);
    if (text !== undefined) files.push(parse(file, text));
  }
  if (files.length === 0 && listed.length > 0) {
    throw new BulwarkError('kubeconfig-missing', `KUBECONFIG: no such file: ${listed.join(', ')}`, kubeconfigHint);
  }
  return files;
}

export const kubeconfigHint = 'name a kubeconfig with --kubeconfig, or set KUBECONFIG';

function read(file: string): string {
  const text = readIfPresent(file);
  if (text !== undefined) return text;
  throw new BulwarkError('kubeconfig-missing', `no such file: ${file}`, kubeconfigHint);
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new BulwarkError('kubeconfig-invalid', `cannot read ${file}: ${code ?? String(error)}`, kubeconfigHint, {
      cause: error,
    });
  }
}

function parse(file: string, text: string): KubeconfigFile {
  let value: Json;
  try {
    value = text.trim() === '' ? {} : parseYaml(text, 1).value;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw invalid(`${file}:${error.line}:${error.column}: ${error.message}`);
  }
  if (!isObject(value)) throw invalid(`${file}: not a kubeconfig`);
  const kind = own(value, 'kind');
  if (kind !== undefined && kind !== 'Config') throw invalid(`${file}: not a kubeconfig: its kind is ${String(kind)}`);
  return { file, root: new Reader(value, [], []) };
}

function invalid(message: string): BulwarkError {
  return new BulwarkError('kubeconfig-invalid', message, '`kubectl config view` shows what kubectl makes of the file');
}

type ListName = 'contexts' | 'clusters' | 'users';

const fieldOf = { contexts: 'context', clusters: 'cluster', users: 'user' } as const;

function findEntry(files: readonly KubeconfigFile[], list: ListName, name: string): Entry | undefined {
  for (const { file, root } of files) {
    for (const entry of root.objects(list)) {
      if (entry.string('name') === name) return { name, file, reader: entry.object(fieldOf[list]) };
    }
  }
  return undefined;
}

function listNames(files: readonly KubeconfigFile[], list: ListName): string {
  const names = new Set(files.flatMap(({ root }) => root.objects(list).map((entry) => entry.string('name') ?? '')));
  return names.size === 0 ? 'none' : [...names].slice(0, 20).join(', ');
}

/** A path of a kubeconfig entry as clientcmd resolves it: relative to the file that it is in. */
export function resolvePath(entry: Entry, field: string): string | undefined {
  const path = entry.reader.string(field);
  if (path === undefined || path === '') return undefined;
  return isAbsolute(path) ? path : join(dirname(entry.file), path);
}

/** The plain value at `field`, for what is handed to client-node as it is. */
export function rawField(entry: Entry, field: string): JsonObject | undefined {
  const value = entry.reader.get(field);
  return isObject(value) ? value : undefined;
}

import { type Edit, edit } from '../model/edit.ts';
import { isList, isObject, type Json, own } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import { parseYaml } from '../yaml/parse.ts';
import { applyEdits } from '../yaml/splice.ts';

/** How the API server is to keep its audit log. Sizes are in megabytes, ages in days. */
export interface AuditLogSettings {
  readonly policyPath: string;
  readonly logPath: string;
  readonly maxAge: number;
  readonly maxBackup: number;
  readonly maxSize: number;
}

/** The flags of kube-apiserver, in the order in which they are written. */
export function auditFlags({ policyPath, logPath, maxAge, maxBackup, maxSize }: AuditLogSettings): [string, string][] {
  return [
    ['audit-policy-file', policyPath],
    ['audit-log-path', logPath],
    ['audit-log-maxage', String(maxAge)],
    ['audit-log-maxbackup', String(maxBackup)],
    ['audit-log-maxsize', String(maxSize)],
  ];
}

export interface EditedManifest {
  readonly text: string;
  /** What could not be edited. */
  readonly refused: readonly string[];
}

/**
 * The manifest of a kube-apiserver static pod with the flags and mounts that audit logging needs; every other byte
 * stays. Undefined where the text is no such manifest. Throws `YamlError`.
 */
export function auditManifest(text: string, settings: AuditLogSettings): EditedManifest | undefined {
  const { value } = parseYaml(text, 1);
  const found = serverContainer(value);
  if (found === undefined) return undefined;
  const { container, path } = found;
  const edits: Edit[] = [
    ...flagEdits(container, path, settings),
    ...listEdits(container, [...path, 'volumeMounts'], mountsFor(settings)),
    ...listEdits(specOf(value), ['spec', 'volumes'], volumesFor(settings)),
  ];
  const { text: edited, refused } = applyEdits(text, edits);
  return { text: edited, refused: refused.map(({ reason }) => reason) };
}

function specOf(value: Json): Json {
  return (isObject(value) ? own(value, 'spec') : undefined) ?? null;
}

function serverContainer(value: Json): { container: Json; path: Path } | undefined {
  const spec = specOf(value);
  const containers = isObject(spec) ? own(spec, 'containers') : undefined;
  if (!isList(containers)) return undefined;
  const runs = (container: Json): boolean => words(container).some((word) => /(?:^|\/)kube-apiserver$/.test(word));
  const index = containers.findIndex(runs);
  const container = containers[index];
  return container === undefined ? undefined : { container, path: ['spec', 'containers', index] };
}

function words(container: Json): readonly string[] {
  return [...fieldWords(container, 'command'), ...fieldWords(container, 'args')];
}

function fieldWords(container: Json, field: 'command' | 'args'): readonly string[] {
  const list = isObject(container) ? own(container, field) : undefined;
  return isList(list) ? list.map((word) => (typeof word === 'string' ? word : '')) : [];
}

/** Flags that are there already get the value, in the field that has them; others are added to the one with flags. */
function flagEdits(container: Json, path: Path, settings: AuditLogSettings): Edit[] {
  const inArgs = fieldWords(container, 'args').some((word) => word.startsWith('--'));
  const home = inArgs ? 'args' : 'command';
  return auditFlags(settings).map(([name, wanted]) => {
    const flag = `--${name}=${wanted}`;
    for (const field of ['command', 'args'] as const) {
      const index = fieldWords(container, field).findLastIndex(
        (word) => word === `--${name}` || word.startsWith(`--${name}=`),
      );
      if (index !== -1) return edit.set([...path, field, index], flag);
    }
    return edit.append([...path, home], flag);
  });
}

/** Entries of a list of named objects that it does not have yet. */
function listEdits(parent: Json, path: Path, entries: readonly { readonly [key: string]: Json }[]): Edit[] {
  const key = String(path.at(-1) ?? '');
  const list = isObject(parent) ? own(parent, key) : undefined;
  const there = isList(list) ? list : [];
  const names = new Set(there.map((entry) => (isObject(entry) ? own(entry, 'name') : undefined)));
  const missing = entries.filter((entry) => !names.has(entry['name']));
  if (missing.length === 0) return [];
  return [edit.set(path, [...there, ...missing])];
}

const policyVolume = 'audit-policy';
const logVolume = 'audit-log';

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** The folder of the log is mounted and not the file: rotation renames it. */
function mountsFor({ policyPath, logPath }: AuditLogSettings): { readonly [key: string]: Json }[] {
  return [
    { name: policyVolume, mountPath: policyPath, readOnly: true },
    { name: logVolume, mountPath: folderOf(logPath) },
  ];
}

function volumesFor({ policyPath, logPath }: AuditLogSettings): { readonly [key: string]: Json }[] {
  return [
    { name: policyVolume, hostPath: { path: policyPath, type: 'File' } },
    { name: logVolume, hostPath: { path: folderOf(logPath), type: 'DirectoryOrCreate' } },
  ];
}

/** A manifest with nothing but what audit logging needs, to copy from where none was given. */
export function exampleManifest(settings: AuditLogSettings): string {
  const lines = [
    'spec:',
    '  containers:',
    '  - command:',
    '    - kube-apiserver',
    ...auditFlags(settings).map(([name, value]) => `    - --${name}=${value}`),
    '    volumeMounts:',
    ...mountsFor(settings).flatMap(({ name, mountPath, readOnly }) => [
      `    - name: ${name}`,
      `      mountPath: ${mountPath}`,
      ...(readOnly === true ? ['      readOnly: true'] : []),
    ]),
    '  volumes:',
    `  - name: ${policyVolume}`,
    '    hostPath:',
    `      path: ${settings.policyPath}`,
    '      type: File',
    `  - name: ${logVolume}`,
    '    hostPath:',
    `      path: ${folderOf(settings.logPath)}`,
    '      type: DirectoryOrCreate',
  ];
  return `${lines.join('\n')}\n`;
}

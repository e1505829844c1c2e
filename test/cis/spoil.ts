import { type Check, type Evidence, isAboutFiles } from './checks.ts';
import { commandLine } from './command-line.ts';
import { filesOf } from './conclude.ts';
import type { EditableRoot } from './edit.ts';
import { idOf, rootAt } from './node-root.ts';
import { configFile, valuesOf } from './values.ts';

/** One way to make a check fail. */
export interface Spoil {
  readonly how: string;
  readonly apply: (root: EditableRoot) => void;
}

/** A setting of a check: where it is said on this node, and what it is. */
interface Setting {
  readonly name: string;
  readonly words: readonly string[];
  readonly set: (root: EditableRoot, value: string | undefined) => void;
}

/** Every way in which the data of a check lets it fail, on a node where it passes. */
export function spoilsOf(check: Check, folder: string): readonly Spoil[] {
  return isAboutFiles(check) ? fileSpoils(check, folder) : settingSpoils(check, folder);
}

/** Makes a check pass on a node that has what it asks about. */
export function mend(check: Check, root: EditableRoot): void {
  const { op, value } = check.condition;
  if (isAboutFiles(check)) {
    const node = rootAt(root.folder);
    const [user = '', group = ''] = String(value).split(':');
    for (const { path } of filesOf(check, node).found) {
      if (op === 'mode-at-most') root.mode(path, Number.parseInt(String(value), 8));
      else root.owner(path, idOf(node, '/etc/passwd', user) ?? 0, idOf(node, '/etc/group', group) ?? 0);
    }
    return;
  }
  for (const { set, words } of settingsOf(check, root.folder)) set(root, right(check, words));
}

function right({ condition: { op, value }, evidence }: Check, words: readonly string[]): string | undefined {
  if (op === 'contains') return [...words, String(value)].join(',');
  if (op === 'not-contains') return words.filter((word) => word !== value).join(',') || undefined;
  if (op === 'eq' || op === 'gte') return String(value);
  if (op !== 'present' && op !== 'all-present') return undefined;
  const isPath = evidence.some((each) => each.kind === 'flag' && each.valueType.startsWith('path'));
  return isPath ? '/etc/kubernetes/pki/ca.crt' : '/var/log/kubernetes/audit.log';
}

function fileSpoils(check: Check, folder: string): readonly Spoil[] {
  const { found } = filesOf(check, rootAt(folder));
  // The first and the last: the folder of the certificates, and a file deep in it.
  const some = [...new Set([found.at(0), found.at(-1)])].filter((file) => file !== undefined);
  return some.flatMap(({ path, mode, uid, gid }) =>
    check.condition.op === 'mode-at-most'
      ? [0o040, 0o002].map((more) => ({
          how: `${path} has mode ${(mode | more).toString(8)}`,
          apply: (root) => root.mode(path, mode | more),
        }))
      : [
          { how: `${path} has another owner`, apply: (root) => root.owner(path, 1234, gid) },
          { how: `${path} has another group`, apply: (root) => root.owner(path, uid, 1234) },
        ],
  );
}

function settingSpoils(check: Check, folder: string): readonly Spoil[] {
  return settingsOf(check, folder).flatMap(({ name, words, set }) =>
    wrong(check, words).map((value) => ({
      how: value === undefined ? `no ${name}` : `${name} is ${value}`,
      apply: (root) => set(root, value),
    })),
  );
}

/** What a setting must not be; undefined: not there. */
function wrong({ id, condition, defaultIfUnset }: Check, words: readonly string[]): readonly (string | undefined)[] {
  const { op, value, key } = condition;
  // A default that fails, whatever else decides it.
  const without = defaultIfUnset?.passes === false ? [undefined] : [];
  switch (op) {
    case 'present':
    case 'all-present':
      return [undefined, ''];
    case 'absent':
      return ['/etc/kubernetes/pki/ca.crt'];
    case 'eq':
    case 'absent-or-eq':
      return [...(typeof value === 'boolean' ? [String(!value)] : ['0.0.0.0', '192.0.2.2']), ...without];
    case 'gte':
      return [String(Number(value) - 1)];
    case 'contains':
      return [words.filter((word) => word !== value).join(',') || 'NamespaceLifecycle', ...without];
    case 'not-contains':
      return [[...words.slice(1), String(value)].join(','), ...without];
    case 'map-not':
      return [`${key}=${String(value)}`];
    case 'absent-or-host-in':
      return ['0.0.0.0:10249', '[::]:10249', '192.0.2.2:10249'];
    default:
      throw new Error(`${id}: how is ${op} spoiled?`);
  }
}

/** Where the settings of a check are said on this node: a configuration file where it is in use, else the flags. */
function settingsOf(check: Check, folder: string): readonly Setting[] {
  const flags = check.evidence.filter((each): each is Extract<Evidence, { kind: 'flag' }> => each.kind === 'flag');
  const configs = check.evidence.filter((each) => each.kind === 'config');
  const component = flags[0]?.process ?? '';
  const root = rootAt(folder);
  const line = commandLine(root, component);
  if (line === undefined) throw new Error(`${check.id}: there is no ${component}`);
  const values = valuesOf(check, root, line);
  return flags.map(({ flag, valueType }, index) => {
    const value = values[index];
    const words = value?.kind === 'set' ? value.words : [];
    const config = configs[index];
    const file = config === undefined ? undefined : configFile(line, config.file);
    if (config === undefined || file === undefined) {
      return {
        name: flag,
        words,
        set: (edited, text) => edited.flag({ component, flag, ...(text !== undefined && { value: text }) }),
      };
    }
    const typed = (text: string): string | boolean => (valueType === 'bool' ? text === 'true' : text);
    const set: Setting['set'] = (edited, text) =>
      edited.field({ file, path: config.path, ...(text !== undefined && { value: typed(text) }) });
    return { name: config.path, words, set };
  });
}

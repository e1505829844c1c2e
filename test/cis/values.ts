import { load } from 'js-yaml';
import type { Check, Evidence } from './checks.ts';
import { type CommandLine, flagValues } from './command-line.ts';
import type { NodeRoot } from './node-root.ts';

/** What a setting is; words: one, or the items of a list or `key=value` entries of a map. */
export type Value =
  | { readonly kind: 'set'; readonly words: readonly string[] }
  | { readonly kind: 'unset' }
  /** The file that decides it is not there. */
  | { readonly kind: 'unread' };

type Source = Extract<Evidence, { kind: 'flag' | 'env' | 'config' }>;

const unset: Value = { kind: 'unset' };

/** What the data says of several sources, in our terms. An unknown sentence stops the test: it has to be read first. */
const precedences = new Map<string | null, 'file-replaces' | 'flag-first'>([
  [null, 'file-replaces'],
  ['--authorization-config is mutually exclusive with --authorization-mode', 'file-replaces'],
  ['config file replaces the (deprecated) flag', 'file-replaces'],
  [
    'if --config-file (or ETCD_CONFIG_FILE) is given all other flags and env are ignored; otherwise flag > ETCD_* env > default',
    'file-replaces',
  ],
  ['flags other than --config/--hostname-override etc. are ignored when --config is given', 'file-replaces'],
  [
    'explicit flag > --config-dir drop-ins (*.conf, lexical order, last wins) > --config file > KubeletConfiguration v1beta1 default; with no --config and no --config-dir the legacy flag defaults apply',
    'flag-first',
  ],
]);

/** The settings that a check asks for, each with its value by the check's own precedence. */
export function valuesOf({ id, evidence, precedence }: Check, root: NodeRoot, line: CommandLine): readonly Value[] {
  const order = precedences.get(precedence);
  if (order === undefined) throw new Error(`${id}: how is this precedence to be read? ${precedence}`);
  const of = <K extends Source['kind']>(kind: K): Extract<Source, { kind: K }>[] =>
    evidence.filter((each): each is Extract<Source, { kind: K }> => each.kind === kind);
  const [flags, envs, configs] = [of('flag'), of('env'), of('config')];
  return flags.map((flag, index) => {
    const said = flagValue(line, flag);
    const config = configs[index];
    const file = config === undefined ? undefined : configFile(line, config.file);
    const inFile = (): Value =>
      config === undefined || file === undefined ? unset : fileValue(root, line, { ...config, name: file });
    if (order === 'file-replaces' && file !== undefined) return inFile();
    if (said.kind === 'set') return said;
    const variable = line.env.get(envs[index]?.name ?? '');
    if (variable !== undefined && variable !== '') return { kind: 'set', words: [variable] };
    return inFile();
  });
}

/** Whether the component has any configuration file: the kubelet has other defaults then. */
export function hasConfigFile(line: CommandLine): boolean {
  return ['--config', '--config-dir'].some((flag) => flagValues(line, flag, 'path').some((path) => path !== ''));
}

/** The value of a flag on the command line alone. */
function flagValue(line: CommandLine, { flag, valueType }: Extract<Evidence, { kind: 'flag' }>): Value {
  const given = flagValues(line, flag, valueType);
  const isList = /^(?:stringSlice|path\[\]|map)/.test(valueType);
  const words = isList ? given.flatMap((value) => value.split(',')) : given.slice(-1);
  return words.some((word) => word !== '') ? { kind: 'set', words } : unset;
}

/** The configuration file that a flag names, or etcd's variable. */
export function configFile(line: CommandLine, flag: string): string | undefined {
  const given = flagValues(line, flag, 'path').at(-1) ?? (flag === '--config-file' ? variableFile(line) : undefined);
  if (given !== undefined && given !== '') return given;
  return flag === '--config' && hasConfigFile(line) ? '' : undefined;
}

function variableFile(line: CommandLine): string | undefined {
  return line.component === 'etcd' ? line.env.get('ETCD_CONFIG_FILE') : undefined;
}

function fileValue(root: NodeRoot, line: CommandLine, config: { name: string; path: string }): Value {
  let value: Value = unset;
  for (const path of [...(config.name === '' ? [] : [config.name]), ...dropIns(root, line)]) {
    const text = root.read(path);
    if (text === undefined) return { kind: 'unread' };
    const found = fieldOf(load(text), config.path.split('.')).filter((each) => each !== undefined && each !== null);
    const words = found.map(String);
    if (found.length > 0) value = words.some((word) => word !== '') ? { kind: 'set', words } : unset;
  }
  return value;
}

/** The files of `--config-dir` that the kubelet reads, in the order in which it does. */
export function dropIns(root: NodeRoot, line: CommandLine): readonly string[] {
  const folder = flagValues(line, '--config-dir', 'path').at(-1);
  return folder === undefined ? [] : root.list(folder).filter((path) => path.endsWith('.conf'));
}

/** `authorizers[*].type` is the type of every authorizer. */
function fieldOf(value: unknown, [step, ...rest]: readonly string[]): readonly unknown[] {
  if (step === undefined) return [value];
  if (value === null || typeof value !== 'object') return [];
  const name = step.replace('[*]', '');
  const field: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  if (!step.endsWith('[*]')) return fieldOf(field, rest);
  return Array.isArray(field) ? field.flatMap((item: unknown) => fieldOf(item, rest)) : [];
}

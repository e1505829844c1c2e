import { automatedChecks, type Check, type Condition, type Evidence, isAboutFiles } from './checks.ts';
import { type CommandLine, commandLine } from './command-line.ts';
import { type FileStat, idOf, matching, type NodeRoot } from './node-root.ts';
import { dropIns, hasConfigFile, valuesOf } from './values.ts';

/** `nothing`: there is no evidence of what the check asks. */
export type Conclusion = 'pass' | 'fail' | 'nothing';

/** What the text of the benchmark says of a node, read by the data of its checks and nothing else. */
export function conclude(check: Check, root: NodeRoot): Conclusion {
  if (isAboutFiles(check)) return concludeFiles(check, root);
  const component = check.evidence.flatMap((each) => (each.kind === 'flag' ? [each.process] : []))[0] ?? '';
  const line = commandLine(root, component);
  if (line === undefined) return 'nothing';
  const values = valuesOf(check, root, line);
  if (values.some(({ kind }) => kind === 'unread')) return 'nothing';
  const words = values.map((value) => (value.kind === 'set' ? value.words : undefined));
  const passes = words.includes(undefined) ? defaultPasses(check, line) : holds(check, words.flat() as string[]);
  return passes ? 'pass' : 'fail';
}

/** Files by what a check asks about them. */
export interface AskedFiles {
  readonly found: readonly FileStat[];
  /** A file that is used is not there, or which one is used cannot be told. */
  readonly isPartial: boolean;
}

/** The files that a check is about: those that settings name where they do, else the usual ones. */
export function filesOf(check: Check, root: NodeRoot): AskedFiles {
  const usual = fileEvidence(check).flatMap(({ paths }) => paths);
  const line = commandLine(root, check.component);
  const named = line === undefined ? [] : namedPaths(check, root, line);
  if (named === undefined) return { found: [], isPartial: true };
  const found = matching(root, named.length === 0 ? usual : named);
  return { found, isPartial: found.length < named.length };
}

type FileEvidence = Extract<Evidence, { paths: readonly string[] }>;

function fileEvidence({ evidence }: Check): readonly FileEvidence[] {
  return evidence.filter((each): each is FileEvidence => each.kind === 'file-mode' || each.kind === 'file-owner');
}

/** Of the settings of any check about the same set of files: the data says them with one of mode and owner alone. */
function namedPaths(check: Check, root: NodeRoot, line: CommandLine): readonly string[] | undefined {
  const sets = new Set(fileEvidence(check).map(({ pathSet }) => pathSet));
  const alike = automatedChecks.filter((each) => fileEvidence(each).some(({ pathSet }) => sets.has(pathSet)));
  const naming = alike.find(({ evidence }) => evidence.some(({ kind }) => kind === 'flag'));
  if (naming === undefined) return [];
  const isFolder = (each: Evidence): boolean => each.kind === 'flag' && each.flag === '--config-dir';
  const values = valuesOf({ ...naming, evidence: naming.evidence.filter((each) => !isFolder(each)) }, root, line);
  if (values.some(({ kind }) => kind === 'unread')) return undefined;
  const paths = values.flatMap((value) => (value.kind === 'set' ? value.words : []));
  return naming.evidence.some(isFolder) ? [...paths, ...dropIns(root, line)] : paths;
}

function concludeFiles(check: Check, root: NodeRoot): Conclusion {
  const { found, isPartial } = filesOf(check, root);
  if (!found.every((file) => fileHolds(check.condition, file, root))) return 'fail';
  return isPartial || found.length === 0 ? 'nothing' : 'pass';
}

function fileHolds({ op, value }: Condition, { mode, uid, gid }: FileStat, root: NodeRoot): boolean {
  if (op === 'mode-at-most') return (mode & ~Number.parseInt(String(value), 8)) === 0;
  const [user = '', group = ''] = String(value).split(':');
  return uid === idOf(root, '/etc/passwd', user) && gid === idOf(root, '/etc/group', group);
}

function defaultPasses({ id, defaultIfUnset }: Check, line: CommandLine): boolean {
  const passes = defaultIfUnset?.passes ?? null;
  if (typeof passes === 'boolean') return passes;
  if (passes !== null) return hasConfigFile(line) ? passes.withConfigFile : passes.flagsOnly;
  for (const [versions, { passes: does }] of Object.entries(defaultIfUnset?.byVersion ?? {})) {
    const [, order, minor] = /^([<>])=1\.(\d+)$/.exec(versions) ?? [];
    if (line.minor === undefined || order === undefined) continue;
    if (order === '<' ? line.minor <= Number(minor) : line.minor >= Number(minor)) return does;
  }
  throw new Error(`${id}: what holds where it is not set?`);
}

/** Whether a condition holds for what is set. */
function holds({ id, condition }: Check, words: readonly string[]): boolean {
  const { op, value, key, detail } = condition;
  const [, other] = /^accept (\S+) too$/.exec(detail ?? '') ?? [];
  const is = (word: string): boolean => same(word, value) || word === other;
  switch (op) {
    case 'present':
    case 'all-present':
      return true;
    case 'absent':
      return false;
    case 'eq':
    case 'absent-or-eq':
      return words.every(is);
    case 'gte':
      return words.every((word) => Number(word) >= Number(value));
    case 'contains':
      return words.includes(String(value));
    case 'not-contains':
      return !words.includes(String(value));
    case 'map-not':
      return words
        .filter((word) => word.startsWith(`${key}=`))
        .slice(-1)
        .every((word) => !same(word.slice(`${key}=`.length), value));
    case 'absent-or-host-in':
      return words.every((word) => Array.isArray(value) && value.includes(hostOf(word)));
    default:
      throw new Error(`${id}: how is ${op} to be read?`);
  }
}

/** As Go reads booleans. */
function same(word: string, value: unknown): boolean {
  if (typeof value !== 'boolean') return word === String(value);
  return value ? /^(?:1|t|T|true|TRUE|True)$/.test(word) : /^(?:0|f|F|false|FALSE|False)$/.test(word);
}

function hostOf(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*)):\d+$/.exec(address) ?? [];
  return bracketed ?? plain ?? address;
}

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What is claimed of a node, and what one finds out who looks there without Bulwark. */
export interface NodeToRead {
  /** Where the node's files are: a folder, or the empty string for this machine. */
  readonly root: string;
  /** The arguments that a component is started with. */
  readonly argumentsOf: (component: string) => readonly string[];
  /** The configuration file of the kubelet. */
  readonly kubeletConfig: string;
  /** What a component says that its version is, or the image that it is started from. */
  readonly versionOf?: (component: string) => string;
}

export interface Claim {
  readonly component: string;
  readonly message: string;
  readonly file: string;
  readonly line: number | undefined;
}

type Reading = (match: readonly string[], claim: Claim, node: NodeToRead) => string | undefined;

/** How each kind of message is verified: undefined where it is so, else what is the case. */
const readings: readonly (readonly [RegExp, Reading])[] = [
  [/^(\S+) has mode 0(\d+), wider than 0(\d+): (.*)$/, wideMode],
  [/^(?:--)?([\w.-]+) is (?:not set|true|false|-?\d+s?) \(default\)/, leftAtDefault],
  [/^--([\w-]+) is (\S+): /, flagIs],
  [/^admission plugin (\w+) is not enabled: /, pluginIsOff],
  [/^O=system:masters, CN=(\S+) is (?:in|a) .*$/, inSystemMasters],
  [/^process (\d+) \((\S+)\) runs with other arguments than (\S+) says: .+$/, otherArguments],
  [/^([\w.]+) is (\d+): /, sysctlIs],
  [/^(\S+) v?(\d+\.\d+\.\d+\S*) is open to (?:CVE-\d{4}-\d+|GHSA-[\w-]+) \(/, isVersion],
  [/^(?:Kubernetes|etcd) (\d+\.\d+) gets no fixes since (\S+): (.*)$/, ofVersion],
];

/** Undefined where an independent look at the node confirms the message; else what speaks against it. */
export function contradiction(claim: Claim, node: NodeToRead): string | undefined {
  for (const [pattern, read] of readings) {
    const match = pattern.exec(claim.message);
    if (match !== null) return read(match, claim, node);
  }
  return `nobody knows how to verify: ${claim.message}`;
}

function wideMode([, path = '', mode = '', wanted = '', why = '']: readonly string[], _claim: Claim, node: NodeToRead) {
  const at = join(node.root, path);
  const actual = permissionsOf(at);
  if (actual !== Number.parseInt(mode, 8)) return `${path} has mode ${actual.toString(8)}`;
  if ((actual & ~Number.parseInt(wanted, 8)) === 0) return `${mode} is not wider than ${wanted}`;
  const [, folder, open] = /^(\S+) \(0(\d+)\) lets nobody but root in$/.exec(why) ?? [];
  if (folder !== undefined && open !== undefined) {
    const { uid, mode: bits } = statSync(join(node.root, folder));
    const isShut = uid === 0 && (bits & 0o777) === Number.parseInt(open, 8) && (bits & 0o011) === 0;
    return isShut && at.startsWith(join(node.root, folder)) ? undefined : `${folder} lets others in`;
  }
  if (why !== 'everyone can read it') return `nobody knows how to verify: ${why}`;
  for (let above = dirname(at); above !== '/' && above !== node.root; above = dirname(above)) {
    if ((permissionsOf(above) & 0o001) === 0) return `${above} does not let everyone in`;
  }
  return (actual & 0o004) === 0 ? `not everyone can read ${path}` : undefined;
}

function leftAtDefault([, name = '']: readonly string[], claim: Claim, node: NodeToRead): string | undefined {
  const flags = node.argumentsOf(claim.component).filter((argument) => isFlag(argument, dashed(name)));
  if (flags.length > 0) return `there is ${flags.join(' ')}`;
  if (claim.component !== 'kubelet') return undefined;
  const field = new RegExp(`^\\s*${name.split('.').at(-1)}:.*$`, 'm').exec(readFileSync(node.kubeletConfig, 'utf8'));
  return field === null ? undefined : `${node.kubeletConfig} has ${field[0]}`;
}

function flagIs([, name = '', value = '']: readonly string[], claim: Claim, node: NodeToRead): string | undefined {
  const last = node.argumentsOf(claim.component).findLast((argument) => isFlag(argument, name));
  if (last !== `--${name}=${value}`) return `the last one is ${last}`;
  return lineSays(claim, `--${name}=`);
}

function pluginIsOff([, plugin = '']: readonly string[], claim: Claim, node: NodeToRead): string | undefined {
  const enabled = node.argumentsOf(claim.component).filter((argument) => isFlag(argument, 'enable-admission-plugins'));
  if (enabled.some((argument) => argument.split('=')[1]?.split(',').includes(plugin))) return enabled.join(' ');
  return lineSays(claim, '--enable-admission-plugins=');
}

function inSystemMasters([, name = '']: readonly string[], claim: Claim): string | undefined {
  const text = readFileSync(claim.file, 'utf8');
  const [, data] = /client-certificate-data: (\S+)/.exec(text) ?? [];
  const pem = data === undefined ? text : Buffer.from(data, 'base64').toString('utf8');
  const { subject } = new X509Certificate(pem);
  if (subject !== `O=system:masters\nCN=${name}`) return `the certificate is of ${subject}`;
  return lineSays(claim, data === undefined ? '-----BEGIN CERTIFICATE-----' : 'client-certificate-data:');
}

function otherArguments([, pid = '', program = '', file = '']: readonly string[]): string | undefined {
  const running = argumentsOfProcess(Number(pid));
  const written = manifestArguments(readFileSync(file, 'utf8'));
  if (!existsSync(`/proc/${pid}/exe`) || running.length === 0) return `there is no process ${pid}`;
  if (!file.endsWith(`/${program}.yaml`)) return `${file} is no manifest of ${program}`;
  return running.slice(1).sort().join('\n') === [...written].sort().join('\n') ? 'they are the same' : undefined;
}

function sysctlIs([, name = '', value = '']: readonly string[]): string | undefined {
  const actual = readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim();
  return actual === value ? undefined : `it is ${actual}`;
}

/** That the version has the hole is held against the published facts by the tests of `semantics/cves`. */
function isVersion([, program = '', version = '']: readonly string[], claim: Claim, node: NodeToRead) {
  if (program !== claim.component) return `it is about ${claim.component}`;
  const actual = node.versionOf?.(program) ?? 'not known';
  return actual.replace(/^v/, '') === version ? undefined : `its version is ${actual}`;
}

function ofVersion([, line = '', ended = '', names = '']: readonly string[], _claim: Claim, node: NodeToRead) {
  if (!(Date.parse(ended) < Date.now())) return `${ended} is not past`;
  for (const component of names.split(', ')) {
    const file = join(node.root, `etc/kubernetes/manifests/${component}.yaml`);
    // The kubelet is no pod.
    const [, tag] = existsSync(file) ? (/^ +image: \S+:v?(\S+)$/m.exec(readFileSync(file, 'utf8')) ?? []) : [];
    if (tag === undefined ? component !== 'kubelet' : !tag.startsWith(`${line}.`)) return `${component} is ${tag}`;
  }
  return undefined;
}

/** The flags that a static pod's manifest has as items of its command. */
export function manifestArguments(text: string): string[] {
  return [...text.matchAll(/^ {4}- (--\S+)$/gm)].map(([, argument = '']) => argument);
}

export function argumentsOfProcess(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
}

function lineSays({ file, line }: Claim, text: string): string | undefined {
  if (line === undefined) return undefined;
  const there = readFileSync(file, 'utf8').split('\n')[line - 1];
  return there?.includes(text) ? undefined : `line ${line} of ${file} is ${there}`;
}

function permissionsOf(path: string): number {
  return statSync(path).mode & 0o7777;
}

function isFlag(argument: string, name: string): boolean {
  return argument === `--${name}` || argument.startsWith(`--${name}=`);
}

/** The flag that a field of a configuration file is named after. */
function dashed(field: string): string {
  return field.replace(/(?<=[a-z])([A-Z]+)/g, '-$1').toLowerCase();
}

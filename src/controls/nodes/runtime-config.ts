import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type { NodeEvidence } from '../../model/node.ts';
import type { Severity } from '../../model/severity.ts';
import { type Failure, notApplicable, unknown, type Verdict } from '../../model/verdict.ts';
import { readToml, tomlAt, tomlLines } from '../../semantics/node/toml.ts';
import { parseYaml } from '../../yaml/parse.ts';
import { type HostRow, hostFailure } from './host-control.ts';

export type Runtime = 'containerd' | 'crio' | 'docker';

/** One configuration file of a container runtime, or a drop-in. */
export interface RuntimeFile {
  readonly path: string;
  readonly text: string;
  readonly config: JsonObject;
}

/** What is wrong in a file: where it is set, and what that does. */
export interface RuntimeProblem {
  readonly path: readonly string[];
  readonly message: string;
  readonly severity?: Severity | undefined;
}

export interface RuntimeRow extends Omit<HostRow, 'check'> {
  readonly problems: (file: RuntimeFile, node: NodeEvidence) => readonly RuntimeProblem[];
}

const places: Readonly<Record<Runtime, RegExp>> = {
  containerd: /^\/etc\/containerd\/(?:config\.toml|conf\.d\/[^/]+\.toml)$|\/agent\/etc\/containerd\/config\.toml$/,
  crio: /^\/(?:etc|usr\/share)\/crio\/crio\.conf(?:\.d\/[^/]+)?$|^\/etc\/crio\/crio\.conf\.d\/[^/]+$/,
  docker: /^\/etc\/docker\/daemon\.json$/,
};

/** A control's check over each configuration file of a runtime. Nothing configured means the runtime's own defaults. */
export function runtimeRows(runtime: Runtime, rows: readonly RuntimeRow[]): readonly HostRow[] {
  return rows.map(({ problems, ...row }) => ({ ...row, check: (node) => checkRuntime(node, runtime, problems) }));
}

function checkRuntime(
  node: NodeEvidence,
  runtime: Runtime,
  problems: RuntimeRow['problems'],
): Verdict | readonly Failure[] {
  const failures: Failure[] = [];
  const broken: string[] = [];
  let seen = 0;
  for (const { path, text, process } of node.files) {
    if (process !== undefined || text === undefined || !places[runtime].test(path)) continue;
    seen += 1;
    const config = runtime === 'docker' ? readJson(text) : readToml(text);
    if (config === undefined) {
      broken.push(path);
      continue;
    }
    const lineOf = runtime === 'docker' ? undefined : tomlLines(text);
    for (const { path: at, message, severity } of problems({ path, text, config }, node)) {
      const line = lineOf?.(at);
      failures.push(hostFailure(node, { key: `${path} ${at.join('.')}`, message, file: path, line, severity }));
    }
  }
  if (failures.length > 0) return failures;
  if (broken.length > 0) return unknown(`${broken.join(', ')} cannot be understood`);
  return seen === 0 ? notApplicable(`no configuration of ${runtime} on this node`) : [];
}

function readJson(text: string): JsonObject | undefined {
  try {
    const { value } = parseYaml(text, 1, 1);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The tables that containerd's CRI plugin has had: versions 1, 2 and 3 of its configuration. */
const criTables: readonly (readonly string[])[] = [
  ['plugins', 'cri'],
  ['plugins', 'io.containerd.grpc.v1.cri'],
  ['plugins', 'io.containerd.cri.v1.runtime'],
  ['plugins', 'io.containerd.cri.v1.images'],
];

/** A field of the CRI plugin, with the path at which it was found. */
export function criFields(config: JsonObject, field: readonly string[]): { path: readonly string[]; value: Json }[] {
  return criTables.flatMap((table) => {
    const path = [...table, ...field];
    const value = tomlAt(config, path);
    return value === undefined ? [] : [{ path, value }];
  });
}

export function textAt(config: Json | undefined, path: readonly string[]): string {
  const value = tomlAt(config, path);
  return typeof value === 'string' ? value : '';
}

export function textsAt(config: Json | undefined, path: readonly string[]): readonly string[] {
  const value = tomlAt(config, path);
  return value !== undefined && isList(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** `[name, table]` of the tables below a table. */
export function tablesAt(value: Json | undefined): readonly (readonly [string, JsonObject])[] {
  if (value === undefined || !isObject(value)) return [];
  return Object.keys(value).flatMap((name) => {
    const table = own(value, name);
    return table !== undefined && isObject(table) ? [[name, table] as const] : [];
  });
}

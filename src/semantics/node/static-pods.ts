import type { Component } from '../../model/component.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type { ComponentArgument } from '../../model/node-component.ts';
import type { Path } from '../../model/path.ts';
import { parseYaml } from '../../yaml/parse.ts';
import type { TextPositions } from '../../yaml/positions.ts';
import { splitDocuments } from '../../yaml/split.ts';
import { componentOfCommand } from './components.ts';

/** A container of a static pod that runs a component. */
export interface StaticComponent {
  readonly component: Component;
  readonly args: readonly ComponentArgument[];
  /** The list of words that a new argument goes to; absent where a shell script starts the component. */
  readonly list?: Path;
  readonly env: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly mounts: readonly Mount[];
  /** Files of ConfigMaps by path in the container: `config.conf` of `kube-proxy`. */
  readonly configMaps: readonly ConfigMapMount[];
  /** The node's folders that the pod mounts, whatever the container. */
  readonly hostPaths: readonly string[];
}

export interface ConfigMapMount {
  readonly inside: string;
  readonly name: string;
  /** Key by file name, where the volume says which; else every key is a file. */
  readonly items?: ReadonlyMap<string, string>;
  /** The one key that is mounted by itself. */
  readonly subPath?: string;
}

export interface Mount {
  readonly inside: string;
  readonly onHost: string;
}

/**
 * The components that a manifest of the kubelet's static pod folder starts. `text` may be anything: what is no pod
 * gives none. The kubelet reads one object a file, and so does this: the first document.
 */
export function readStaticPod(text: string, file: string): readonly StaticComponent[] {
  const [document] = splitDocuments(text);
  if (document === undefined) return [];
  let value: Json;
  let positions: TextPositions;
  try {
    ({ value, positions } = parseYaml(text.slice(document.start, document.end), document.line, document.column));
  } catch {
    return [];
  }
  if (!isObject(value) || own(value, 'kind') !== 'Pod') return [];
  return componentsOfPod(objectAt(value, 'spec'), {
    base: ['spec'],
    where: (path) => {
      const line = positions.locate(path)?.line;
      return { where: file, ...(line !== undefined && { line }) };
    },
  });
}

export interface PodPlace {
  /** Path of the pod spec in its object. */
  readonly base: Path;
  /** How a word at a path is named where settings say where they come from. */
  readonly where: (path: Path) => { readonly where: string; readonly line?: number };
}

/** The components that a pod's containers run. */
export function componentsOfPod(spec: JsonObject, { base, where }: PodPlace): readonly StaticComponent[] {
  const volumes = hostVolumes(spec);
  const found: StaticComponent[] = [];
  for (const [index, container] of listAt(spec, 'containers').entries()) {
    if (!isObject(container)) continue;
    const path: Path = [...base, 'containers', index];
    const env = variablesOf(container);
    const words = wordsOf(container, { path, where, env });
    const command = componentOfCommand(words.map((word) => word.text));
    if (command === undefined) continue;
    const image = own(container, 'image');
    const list = words.at(-1)?.path?.slice(0, -1);
    found.push({
      component: command.component,
      ...(typeof image === 'string' && { image }),
      args: words.slice(command.argsAt),
      ...(list !== undefined && { list }),
      env: Object.fromEntries(env),
      mounts: mountsOf(container, volumes),
      configMaps: configMapMounts(container, spec),
      hostPaths: [...volumes.values()],
    });
  }
  return found;
}

/**
 * Where a path in a container is kept on the node; undefined for what is in its image. The longest mount counts.
 */
export function onHost(path: string, mounts: readonly Mount[]): string | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const within = path === mount.inside || path.startsWith(mount.inside === '/' ? '/' : `${mount.inside}/`);
    if (within && (best === undefined || mount.inside.length > best.inside.length)) best = mount;
  }
  return best === undefined
    ? undefined
    : withoutSlash(best.onHost + path.slice(withoutSlash(best.inside).length)) || '/';
}

function hostVolumes(spec: JsonObject): ReadonlyMap<string, string> {
  const volumes = new Map<string, string>();
  for (const volume of listAt(spec, 'volumes')) {
    if (!isObject(volume)) continue;
    const name = own(volume, 'name');
    const path = own(objectAt(volume, 'hostPath'), 'path');
    if (typeof name === 'string' && typeof path === 'string' && path.startsWith('/')) volumes.set(name, path);
  }
  return volumes;
}

function mountsOf(container: JsonObject, volumes: ReadonlyMap<string, string>): Mount[] {
  const mounts: Mount[] = [];
  for (const mount of listAt(container, 'volumeMounts')) {
    if (!isObject(mount)) continue;
    const name = own(mount, 'name');
    const inside = own(mount, 'mountPath');
    const subPath = own(mount, 'subPath');
    const source = typeof name === 'string' ? volumes.get(name) : undefined;
    if (source === undefined || typeof inside !== 'string') continue;
    const below = typeof subPath === 'string' && subPath !== '' ? `${withoutSlash(source)}/${subPath}` : source;
    mounts.push({ inside: withoutSlash(inside) || '/', onHost: withoutSlash(below) });
  }
  return mounts;
}

function configMapMounts(container: JsonObject, spec: JsonObject): ConfigMapMount[] {
  const found: ConfigMapMount[] = [];
  for (const mount of listAt(container, 'volumeMounts')) {
    if (!isObject(mount)) continue;
    const inside = own(mount, 'mountPath');
    const volume = listAt(spec, 'volumes').find(
      (each): each is JsonObject => isObject(each) && own(each, 'name') === own(mount, 'name'),
    );
    const source = objectAt(volume ?? {}, 'configMap');
    const name = own(source, 'name');
    if (typeof inside !== 'string' || typeof name !== 'string') continue;
    const subPath = own(mount, 'subPath');
    const items = new Map<string, string>();
    for (const item of listAt(source, 'items')) {
      if (!isObject(item)) continue;
      const [key, path] = [own(item, 'key'), own(item, 'path')];
      if (typeof key === 'string' && typeof path === 'string') items.set(path, key);
    }
    found.push({
      inside: withoutSlash(inside) || '/',
      name,
      ...(items.size > 0 && { items }),
      ...(typeof subPath === 'string' && subPath !== '' && { subPath }),
    });
  }
  return found;
}

interface ContainerPlace {
  readonly path: Path;
  readonly where: PodPlace['where'];
  readonly env: ReadonlyMap<string, string>;
}

function wordsOf(container: JsonObject, { path, where, env }: ContainerPlace): ComponentArgument[] {
  const words: ComponentArgument[] = [];
  for (const field of ['command', 'args'] as const) {
    for (const [index, word] of listAt(container, field).entries()) {
      if (typeof word !== 'string') continue;
      const at = [...path, field, index];
      words.push({ text: expand(word, env), path: at, ...where(at) });
    }
  }
  return unwrapShell(words);
}

/** `$(NAME)` of the container's own variables, as the kubelet expands it; `$$(NAME)` is the text `$(NAME)`. */
function expand(word: string, env: ReadonlyMap<string, string>): string {
  if (!word.includes('$')) return word;
  return word.replace(/\$\$|\$\(([^()$]+)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (env.get(name) ?? whole),
  );
}

/** `/bin/sh -c "exec kube-apiserver --flag …"`, as some installers write it: the words of a plain command. */
function unwrapShell(words: readonly ComponentArgument[]): ComponentArgument[] {
  const [shell, option, script] = words;
  const isShell = /(?:^|\/)(?:ba|da)?sh$/.test(shell?.text ?? '') && /^-[a-z]*c$/.test(option?.text ?? '');
  if (!isShell || script === undefined) return [...words];
  const plain = script.text.trim().replace(/^exec\s+/, '');
  const command = plain.split(/\s+(?:\d?>|[|;&])/)[0] ?? '';
  return command
    .replaceAll(/\\\n/g, ' ')
    .split(/\s+/)
    .filter((text) => text !== '')
    .map((text) => ({
      where: script.where,
      ...(script.line !== undefined && { line: script.line }),
      text: text.replace(/^(["'])([\s\S]*)\1$/, '$2'),
    }));
}

function variablesOf(container: JsonObject): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const variable of listAt(container, 'env')) {
    if (!isObject(variable)) continue;
    const name = own(variable, 'name');
    const value = own(variable, 'value');
    if (typeof name === 'string' && typeof value === 'string') variables.set(name, value);
  }
  return variables;
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = own(object, key);
  return isObject(value) ? value : {};
}

function listAt(object: JsonObject, key: string): readonly Json[] {
  const value = own(object, key);
  return isList(value) ? value : [];
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '');
}

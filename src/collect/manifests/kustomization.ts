import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { parseYaml } from '../../yaml/parse.ts';

const kustomizationNames: ReadonlySet<string> = new Set(['kustomization.yaml', 'kustomization.yml', 'Kustomization']);

/** What a kustomization file refers to. Paths are absolute. */
export interface Kustomization {
  readonly folder: string;
  readonly isComponent: boolean;
  /** Files with objects, and folders with further kustomizations: what its output is made of. */
  readonly resources: readonly string[];
  /** Files with changes to objects. */
  readonly patches: readonly string[];
  /** Other files that it reads: values, generator sources, configurations. */
  readonly other: readonly string[];
  readonly namePrefix: string;
  readonly nameSuffix: string;
  /** Why it cannot be rendered here, such as a resource on the network. */
  readonly obstacle: string | undefined;
}

export function isKustomizationFile(path: string): boolean {
  return kustomizationNames.has(basename(path));
}

/** Throws `YamlError` where the text is no YAML. */
export function readKustomization(text: string, folder: string): Kustomization {
  const { value } = parseYaml(text, 1);
  const root = isObject(value) ? value : {};
  const at = (name: string) => resolve(folder, name);
  const listed = ['resources', 'bases', 'components'].flatMap((field) => strings(own(root, field)));
  const isRemote = (name: string) => !name.includes('\n') && !existsSync(at(name)) && looksRemote(name);
  return {
    folder,
    isComponent: own(root, 'kind') === 'Component',
    resources: listed.filter((name) => !isRemote(name)).map(at),
    patches: patchFiles(root).map(at),
    other: otherFiles(root).map(at),
    namePrefix: asText(own(root, 'namePrefix')),
    nameSuffix: asText(own(root, 'nameSuffix')),
    obstacle: findObstacle(root, [...listed, ...configFiles(root)].find(isRemote)),
  };
}

function findObstacle(root: JsonObject, remote: string | undefined): string | undefined {
  if (remote !== undefined) return `it refers to ${remote}, which is on the network`;
  const inflates = ['helmCharts', 'helmChartInflationGenerator'].some((field) => objects(own(root, field)).length > 0);
  return inflates ? 'it inflates Helm charts, which kustomize does only with --enable-helm' : undefined;
}

/** Folders of the kustomizations that this one includes, as far as they exist. */
export function includedFolders(kustomization: Kustomization): string[] {
  return kustomization.resources.filter((path) => existsSync(path) && statSync(path).isDirectory());
}

/** The kustomization file of a folder, where it has one. */
export function kustomizationFileOf(folder: string): string | undefined {
  for (const name of kustomizationNames) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
  }
  return undefined;
}

/** As kustomize tells them: URLs, `git@host:…`, `host.tld/owner/repository`, and a query with a reference. */
function looksRemote(name: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*::?\/\//i.test(name) ||
    /^[\w.-]+@[\w.-]+:/.test(name) ||
    /[?&](?:ref|version|timeout|submodules)=/.test(name) ||
    /^(?:[a-z0-9-]+\.)+[a-z]{2,}[/:]/i.test(name)
  );
}

function patchFiles(root: JsonObject): string[] {
  const paths = strings(own(root, 'patchesStrategicMerge')).filter((entry) => !entry.includes('\n'));
  for (const field of ['patches', 'patchesJson6902']) {
    for (const patch of objects(own(root, field))) paths.push(...strings([own(patch, 'path') ?? null]));
  }
  return paths.filter((path) => path !== '');
}

/** Entries may be YAML themselves instead of a file's name. */
function configFiles(root: JsonObject): string[] {
  return ['crds', 'configurations', 'transformers', 'generators', 'validators']
    .flatMap((field) => strings(own(root, field)))
    .filter((entry) => !entry.includes('\n'));
}

function otherFiles(root: JsonObject): string[] {
  const paths = configFiles(root);
  for (const replacement of objects(own(root, 'replacements'))) {
    paths.push(...strings([own(replacement, 'path') ?? null]));
  }
  const openapi = own(root, 'openapi');
  if (isObject(openapi)) paths.push(...strings([own(openapi, 'path') ?? null]));
  for (const field of ['configMapGenerator', 'secretGenerator']) {
    for (const generator of objects(own(root, field))) {
      const sources = [...strings(own(generator, 'files')), ...strings(own(generator, 'envs'))];
      sources.push(...strings([own(generator, 'env') ?? null]));
      for (const source of sources) paths.push(source.slice(source.indexOf('=') + 1));
    }
  }
  for (const chart of objects(own(root, 'helmCharts'))) {
    paths.push(...strings([own(chart, 'valuesFile') ?? null]), ...strings(own(chart, 'additionalValuesFiles')));
  }
  return paths.filter((path) => path !== '');
}

function strings(value: Json | undefined): string[] {
  return isList(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function objects(value: Json | undefined): JsonObject[] {
  return isList(value) ? value.filter(isObject) : [];
}

function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

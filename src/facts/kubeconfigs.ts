import type { Json } from '../model/json.ts';
import type {
  EntryList,
  Kubeconfig,
  KubeconfigEvidence,
  Kuberc,
  OwnKubeconfig,
  TokenEvidence,
} from '../model/kubeconfig.ts';
import type { FileEvidence, NodeEvidence } from '../model/node.ts';
import type { Source } from '../model/snapshot.ts';
import { parseKuberc } from '../semantics/kubeconfig/kuberc.ts';
import { isKubeconfig, parseKubeconfig } from '../semantics/kubeconfig/parse.ts';
import { FileTree } from '../semantics/node/file-tree.ts';
import { nodeApiVersion, sourceOf } from '../semantics/node/node-components.ts';
import { unreadFiles, whyUnread } from '../semantics/node/unread.ts';
import { type ParsedDocument, parseYaml, YamlError } from '../yaml/parse.ts';
import { defineFact } from './facts.ts';

/** The kubeconfigs among a node's files. Only the last node's are kept, as with `readNode`. */
export const nodeKubeconfigs = defineFact('node-kubeconfigs', (): ((node: NodeEvidence) => readonly Kubeconfig[]) => {
  let last: { readonly node: NodeEvidence; readonly kubeconfigs: readonly Kubeconfig[] } | undefined;
  return (node) => {
    if (last?.node === node) return last.kubeconfigs;
    const host = node.files.filter((file) => file.process === undefined);
    const tree = new FileTree(host);
    const kubeconfigs: Kubeconfig[] = [];
    for (const file of host) {
      const document = readDocument(file);
      if (document === undefined) continue;
      const source = { ...sourceOf(node, file.path), positions: document.positions };
      const kubeconfig = toKubeconfig({ file, document, tree, source, name: `${node.name}:${file.path}` });
      if (kubeconfig !== undefined) kubeconfigs.push(kubeconfig);
    }
    last = { node, kubeconfigs };
    return kubeconfigs;
  };
});

/** The kubeconfigs of the user who runs Bulwark, those that kubectl merges first. */
export const ownKubeconfigs = defineFact('own-kubeconfigs', ({ snapshot }): readonly Kubeconfig[] => {
  const evidence = snapshot.kubeconfigs;
  if (evidence === undefined) return [];
  const tree = new FileTree(evidence.files);
  const found: Kubeconfig[] = [];
  const order = new Map(evidence.merged.map((path, index) => [path, index]));
  const names: Names = { clusters: new Map(), users: new Map(), contexts: new Map() };
  const kuberc = evidence.files.map((file) => readKuberc(file)).find((found) => found !== undefined);
  const rank = ({ path }: FileEvidence): number => order.get(path) ?? order.size;
  for (const listed of [...evidence.files].sort((a, b) => rank(a) - rank(b))) {
    // A link is judged where it is named: what it leads to is the same file.
    const file = listed.type === 'symlink' ? tree.find(listed.path) : listed;
    if (file === undefined || (listed.type !== 'symlink' && isLinkedTo(listed, evidence))) continue;
    const document = readDocument(file);
    if (document === undefined) continue;
    const place = order.get(listed.path);
    const source: Source = { file: listed.path, document: 0, base: [], positions: document.positions };
    const kubeconfig = toKubeconfig({ file, document, tree, source, name: listed.path, evidence });
    if (kubeconfig === undefined) continue;
    const hidden = place === undefined ? [] : hiddenEntries(kubeconfig, names);
    found.push({
      ...kubeconfig,
      own: { evidence, hidden, ...(place !== undefined && { order: place }), ...(kuberc && { kuberc }) },
    });
  }
  return found;
});

function isLinkedTo({ path }: FileEvidence, { files }: KubeconfigEvidence): boolean {
  return files.some((file) => file.type === 'symlink' && file.target === path);
}

function readKuberc({ path, type, text }: FileEvidence): Kuberc | undefined {
  if (type !== 'file' || text === undefined || !text.includes('kubectl.config.k8s.io')) return undefined;
  try {
    const { value, positions } = parseYaml(text, 1);
    const content = parseKuberc(value);
    const source: Source = { file: path, document: 0, base: [], positions };
    const object = { apiVersion: nodeApiVersion, kind: 'Kuberc', name: path, namespace: undefined, value: {}, source };
    return content && { ...content, object };
  } catch (error) {
    if (error instanceof YamlError) return undefined;
    throw error;
  }
}

interface Parts {
  readonly file: FileEvidence;
  readonly document: ParsedDocument;
  readonly tree: FileTree;
  readonly source: Source;
  readonly name: string;
  readonly evidence?: KubeconfigEvidence;
}

function toKubeconfig({ file, document, tree, source, name, evidence }: Parts): Kubeconfig | undefined {
  const { value } = document;
  if (!isKubeconfig(value)) return undefined;
  const path = evidence === undefined ? file.path : name;
  const known = evidence && knownOf(evidence, path);
  const content = parseKubeconfig(value, {
    ...(known !== undefined && {
      claims: (user) => known.claims.get(user),
      secretVariables: (user) => known.variables.get(user) ?? [],
    }),
  });
  const folder = path.slice(0, path.lastIndexOf('/'));
  const unread = unreadFiles(tree.all());
  return {
    ...content,
    path,
    file,
    object: { apiVersion: nodeApiVersion, kind: 'Kubeconfig', name, namespace: undefined, value: {}, source },
    resolve: (named) => {
      const absolute = named.startsWith('/') ? named : `${folder}/${named}`;
      const found = tree.find(absolute);
      return { path: absolute, file: found, unread: found === undefined ? whyUnread(unread, absolute) : undefined };
    },
  };
}

interface KnownUsers {
  readonly claims: ReadonlyMap<string, TokenEvidence['claims']>;
  readonly variables: ReadonlyMap<string, readonly string[]>;
}

/** What was kept of the credentials of one file, by user. */
function knownOf({ tokens, variables }: KubeconfigEvidence, path: string): KnownUsers {
  const claims = new Map<string, TokenEvidence['claims']>();
  for (const token of tokens) if (token.file === path) claims.set(token.user, token.claims);
  const names = new Map<string, string[]>();
  for (const { file, user, name } of variables) {
    if (file !== path) continue;
    const known = names.get(user);
    if (known === undefined) names.set(user, [name]);
    else known.push(name);
  }
  return { claims, variables: names };
}

/** A cheap look before the dear one: most files of a node are no kubeconfigs. */
function readDocument({ type, text }: FileEvidence): ParsedDocument | undefined {
  if (type !== 'file' || text === undefined || !/["']?(?:clusters|users|contexts)["']?\s*:/.test(text))
    return undefined;
  if (/^["']?kind["']?\s*:\s*["']?(?!Config\b)\w/m.test(text)) return undefined;
  try {
    const document = parseYaml(text, 1);
    return isKubeconfig(document.value as Json) ? document : undefined;
  } catch (error) {
    // The collector has told of a file that is no YAML.
    if (error instanceof YamlError) return undefined;
    throw error;
  }
}

type Names = Record<EntryList, Map<string, string>>;

/** Of entries with one name in the merged files the first counts. */
function hiddenEntries({ path, ...lists }: Kubeconfig, names: Names): OwnKubeconfig['hidden'] {
  const hidden: OwnKubeconfig['hidden'][number][] = [];
  for (const list of ['clusters', 'users', 'contexts'] as const) {
    for (const { name, at } of lists[list]) {
      const by = names[list].get(name);
      if (by === undefined) names[list].set(name, path);
      else hidden.push({ list, name, by, at });
    }
  }
  return hidden;
}

import type { AnyControl } from '../controls/control.ts';
import { isExpired } from '../engine/expiry.ts';
import { isList, isObject, type Json, own } from '../model/json.ts';
import { type Path, valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { wordList } from '../model/word-list.ts';
import { parseYaml, YamlError } from '../yaml/parse.ts';
import { splitDocuments } from '../yaml/split.ts';
import type { Loss } from './choose-controls.ts';
import { type AdmissionPolicies, noPolicies } from './policies.ts';
import { isPolicyDocument, readPolicy } from './policy-file.ts';
import type { FileProblem } from './policy-reader.ts';

/** A file of policies as it was read. */
export interface PolicyText {
  readonly file: string;
  readonly text: string;
}

export interface LoadedAdmission {
  /** Undefined where anything is wrong: half of a set of policies is not what its author meant. */
  readonly policies: AdmissionPolicies | undefined;
  readonly problems: readonly FileProblem[];
  /** What is worth knowing, and keeps nothing from being used. */
  readonly notes: readonly string[];
  /** Controls that patterns matched and that cannot judge requests: why, by id. */
  readonly left: ReadonlyMap<string, string>;
}

export interface LoadAdmissionOptions {
  readonly controls: readonly AnyControl[];
  readonly serverMinor?: number;
  /** ValidatingAdmissionPolicies and bindings that are already objects, as a saved cluster has them. */
  readonly objects?: readonly KubeObject[];
  /** Against which exceptions are told to have run out; nothing is said of them without it. */
  readonly now?: Date;
}

const group = 'admissionregistration.k8s.io/';
const ownKinds: ReadonlySet<string> = new Set(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']);

/**
 * Reads policy files: at most one AdmissionPolicy of Bulwark, and any number of ValidatingAdmissionPolicies, their
 * bindings and PodSecurityPolicies beside it. Problems say file, line and column.
 */
export async function loadAdmission(
  texts: readonly PolicyText[],
  options: LoadAdmissionOptions,
): Promise<LoadedAdmission> {
  const problems: FileProblem[] = [];
  const notes: string[] = [];
  const given = new Set((options.objects ?? []).filter(isAdmissionPolicy));
  const objects: KubeObject[] = [...given];
  const podSecurityPolicies: KubeObject[] = [];
  let policies = noPolicies;
  let left: LoadedAdmission['left'] = new Map();
  let first: string | undefined;
  for (const { file, text } of texts) {
    let isEmpty = true;
    for (const document of splitDocuments(text)) {
      const parsed = parse(text.slice(document.start, document.end), { file, line: document.line, problems });
      if (parsed === undefined) {
        isEmpty = false;
        continue;
      }
      const { value, positions, duplicateKeys } = parsed;
      if (value === null) continue;
      isEmpty = false;
      const at = (path: readonly (string | number)[]): string => {
        const region = positions.locate(path);
        return region === undefined ? file : `${file}:${region.line}:${region.column}`;
      };
      for (const { path } of duplicateKeys) {
        problems.push({ place: at(path), message: `${String(path.at(-1))} stands here twice` });
      }
      if (isPolicyDocument(value)) {
        if (first !== undefined) {
          problems.push({ place: at([]), message: `a second AdmissionPolicy; the first is ${first}` });
          continue;
        }
        first = at([]);
        const read = readPolicy(value, {
          controls: options.controls,
          complain: (path, message) => problems.push({ place: at(path), message }),
          place: at,
        });
        policies = read.policies;
        left = read.controls.left;
        notes.push(...read.controls.losses.map(lossText));
        continue;
      }
      const items = itemsOf(value);
      if (items?.length === 0) isEmpty = true;
      for (const { item, base } of items ?? [{ item: value, base: [] }]) {
        const object = objectOf(item, { file, document: document.index, positions, base });
        if (object !== undefined && isAdmissionPolicy(object)) objects.push(object);
        else if (object !== undefined && isPodSecurityPolicy(object)) podSecurityPolicies.push(object);
        else {
          problems.push({
            place: at([...base, 'kind']),
            message: `${object === undefined ? 'this' : `${object.apiVersion} ${object.kind}`} is no policy: an AdmissionPolicy of bulwark.dev/v1, a ValidatingAdmissionPolicy or its binding, or a PodSecurityPolicy, can stand here`,
          });
        }
      }
    }
    if (isEmpty) problems.push({ place: file, message: 'the file holds no policy' });
  }
  policies = { ...policies, ownPodSecurityPolicies: podSecurityPolicies };
  const { now } = options;
  for (const { origin, control, owner, expires } of policies.exceptions) {
    if (now === undefined || !isExpired(expires, now)) continue;
    notes.push(`${origin.place}: the exception for ${control} (${owner}) has run out on ${expires}, and does not hold`);
  }
  if (podSecurityPolicies.length > 0 && !policies.podSecurityPolicies) {
    problems.push(...podSecurityPolicies.map(unasked));
  }
  if (objects.length > 0) {
    // The expressions need an engine, which most policy files can do without.
    const { loadAdmissionPolicies } = await import('../semantics/admission-policy/index.ts');
    const { serverMinor } = options;
    const loaded = await loadAdmissionPolicies(objects, serverMinor === undefined ? {} : { serverMinor });
    for (const { object, path, message, severity } of loaded.problems) {
      const place = placeOf(object, path);
      // What the cluster has already is not this file's author's to mend.
      if (severity === 'warning' || given.has(object)) notes.push(`${place}: ${message}`);
      else problems.push({ place, message });
    }
    policies = { ...policies, admissionPolicies: loaded.policies };
  }
  return { policies: problems.length > 0 ? undefined : policies, problems, notes, left };
}

/** What a List holds, as `kubectl get -o yaml` prints it, each with its place in it; undefined for anything else. */
function itemsOf(value: Json): readonly { readonly item: Json; readonly base: Path }[] | undefined {
  if (!isObject(value)) return undefined;
  const [kind, apiVersion, items] = [own(value, 'kind'), own(value, 'apiVersion'), own(value, 'items')];
  if (typeof kind !== 'string' || !kind.endsWith('List') || !isList(items)) return undefined;
  // Items of a typed list do not say what they are.
  const implied = kind === 'List' ? {} : { apiVersion: apiVersion ?? null, kind: kind.slice(0, -'List'.length) };
  return items.map((item, index) => ({
    item: isObject(item) ? { ...implied, ...item } : item,
    base: ['items', index],
  }));
}

const mostNamed = 3;

/** One line, however many: a pattern such as `network-policies/*` loses dozens. */
function lossText({ pattern, matching, left }: Loss): string {
  const names = [...left.slice(0, mostNamed), ...(left.length > mostNamed ? [`${left.length - mostNamed} more`] : [])];
  const most = left.length * 2 > matching ? 'most is left out, ' : '';
  const [they, are] = left.length === 1 ? ['1', 'is'] : [String(left.length), 'are'];
  const what =
    most === '' ? `${they} of the ${matching} controls ${are} left out, as` : `${they} of ${matching} controls, as`;
  const who = left.length === 1 ? 'it' : 'they';
  return `${pattern}: ${most}${what} ${who} cannot judge requests: ${wordList(names)}; bulwark admit --verbose tells why`;
}

function parse(text: string, { file, line, problems }: { file: string; line: number; problems: FileProblem[] }) {
  try {
    return parseYaml(text, line);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    problems.push({ place: `${file}:${error.line}:${error.column}`, message: error.message });
    return undefined;
  }
}

function isAdmissionPolicy({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion.startsWith(group) && ownKinds.has(kind);
}

function isPodSecurityPolicy({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'PodSecurityPolicy' && (apiVersion.startsWith('policy/') || apiVersion.startsWith('extensions/'));
}

function unasked(object: KubeObject): FileProblem {
  const message = `PodSecurityPolicy ${object.name} would not be asked: set podSecurityPolicies: true in an AdmissionPolicy`;
  return { place: placeOf(object, ['kind']), message };
}

function objectOf(
  value: Json,
  source: {
    readonly file: string;
    readonly document: number;
    readonly positions: NonNullable<KubeObject['source']['positions']>;
    readonly base: Path;
  },
): KubeObject | undefined {
  if (!isObject(value)) return undefined;
  const apiVersion = own(value, 'apiVersion');
  const kind = own(value, 'kind');
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  const name = valueAt(value, ['metadata', 'name']);
  return {
    apiVersion,
    kind,
    name: typeof name === 'string' ? name : '',
    namespace: undefined,
    value,
    source,
  };
}

function placeOf({ source, kind, name }: KubeObject, path: readonly (string | number)[]): string {
  const region = source.positions?.locate([...source.base, ...path]);
  if (region === undefined) return `${kind} ${name}`;
  return `${source.file}:${region.line}:${region.column}`;
}

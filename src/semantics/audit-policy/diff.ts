import type { AuditLevel, AuditStage } from '../../model/audit-event.ts';
import { isLongRunning, resourceVerbs } from './api-resources.ts';
import { levelAtLeast, recordedStages } from './levels.ts';
import type { AuditPolicy, AuditRule } from './policy.ts';
import { aNamespace, anObject, aPerson, aWorkload, type Target, targetText } from './request-atoms.ts';
import { type RequestClass, requestClasses } from './request-space.ts';

/** What one policy makes of a kind of request. */
export interface Outcome {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
  readonly rule: AuditRule | undefined;
}

/** Requests that two policies treat differently, all of them alike. */
export interface PolicyDifference {
  readonly before: Outcome;
  readonly after: Outcome;
  /** `more` and `less`: the level; `other`: the stages, or managed fields. */
  readonly change: 'more' | 'less' | 'other';
  /** Each is a product: any of the users, with any of the verbs, on any of the targets in any of the places. */
  readonly requests: readonly RequestProduct[];
}

/** In words: `everyone but system:kube-proxy`, `get, list`, `pods, services and 3 more`. */
export interface RequestProduct {
  readonly users: string;
  readonly verbs: string;
  readonly targets: string;
  /** Empty where the place makes no difference. */
  readonly places: string;
}

/** The requests that two policies log differently, proven over all kinds of requests. Throws `SpaceTooLarge`. */
export function diffPolicies(before: AuditPolicy, after: AuditPolicy): PolicyDifference[] {
  const classes = requestClasses([before, after]);
  const words = new Words(classes);
  const found = new Map<string, { before: Outcome; after: Outcome; classes: RequestClass[] }>();
  for (const each of classes) {
    if (each.targets.every((target) => target.kind === 'resource' && target.isInvented && !isOther(target))) continue;
    const [one, two] = [outcomeOf(before, each.rules[0]), outcomeOf(after, each.rules[1])];
    if (isSame(one, two, each)) continue;
    const key = `${ruleKey(one)} ${ruleKey(two)}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { before: one, after: two, classes: [each] });
    else known.classes.push(each);
  }
  return [...found.values()]
    .map((each) => ({
      before: each.before,
      after: each.after,
      change: changeOf(each.before, each.after),
      requests: productsOf(each.classes, words),
    }))
    .sort((a, b) => order[a.change] - order[b.change]);
}

const order = { less: 0, more: 1, other: 2 } as const;

/** What stands for resources of groups that nobody has named. */
function isOther(target: Target): boolean {
  return target.kind === 'resource' && target.group === 'other.example.com';
}

function outcomeOf(policy: AuditPolicy, rule: AuditRule | undefined): Outcome {
  const omitStages = [...new Set([...policy.omitStages, ...(rule?.omitStages ?? [])])].sort();
  const omitManagedFields = rule?.omitManagedFields ?? policy.omitManagedFields;
  return { level: rule?.level ?? 'None', omitStages, omitManagedFields, rule };
}

function ruleKey({ rule }: Outcome): string {
  return rule?.path.join('.') ?? 'none';
}

function isSame(one: Outcome, two: Outcome, { verbs, targets }: RequestClass): boolean {
  if (one.level !== two.level) return false;
  if (one.level === 'None') return true;
  if (one.level !== 'Metadata' && one.omitManagedFields !== two.omitManagedFields) return false;
  const runsLong = verbs.some((verb) =>
    targets.some((target) => isLongRunning(verb, target.kind === 'path' ? '' : target.subresource)),
  );
  return recordedStages(one, runsLong).join() === recordedStages(two, runsLong).join();
}

function changeOf(before: Outcome, after: Outcome): PolicyDifference['change'] {
  if (before.level === after.level) return 'other';
  return levelAtLeast(after.level, before.level) ? 'more' : 'less';
}

/** Puts classes together that differ in one dimension only, as long as there are any. */
function productsOf(classes: readonly RequestClass[], words: Words): RequestProduct[] {
  let products: Product[] = classes.map(({ users, verbs, targets, places }) => ({
    users: new Set(users.map((user) => user?.name ?? '')),
    verbs: new Set(verbs),
    targets: new Set(targets.map(targetText)),
    places: new Set(places.map(({ namespace, name }) => `${namespace}\0${name}`)),
  }));
  // In words first: a list has no name and a get has one, which says nothing of what the rules ask for.
  products = merged(products, 'places').map((product) => ({
    ...product,
    places: new Set([placeWords(product.places)]),
  }));
  for (const dimension of ['users', 'verbs', 'targets', 'verbs', 'users'] as const) {
    products = merged(products, dimension);
  }
  return products.map((product) => words.describe(product));
}

type Dimension = 'users' | 'verbs' | 'targets' | 'places';
type Product = Readonly<Record<Dimension, ReadonlySet<string>>>;
const dimensions: readonly Dimension[] = ['users', 'verbs', 'targets', 'places'];

function merged(products: readonly Product[], along: Dimension): Product[] {
  const found = new Map<string, Product>();
  for (const product of products) {
    const key = dimensions
      .map((each) => (each === along ? '' : [...product[each]].sort().join('\u0001')))
      .join('\u0002');
    const known = found.get(key);
    found.set(
      key,
      known === undefined ? product : { ...known, [along]: new Set([...known[along], ...product[along]]) },
    );
  }
  return [...found.values()];
}

/** Tells sets of values against all that there are. */
class Words {
  private readonly users = new Set<string>();
  private readonly targets = new Map<string, Target>();

  constructor(classes: readonly RequestClass[]) {
    for (const { users, targets } of classes) {
      for (const user of users) this.users.add(user?.name ?? '');
      for (const target of targets) this.targets.set(targetText(target), target);
    }
  }

  describe({ users, verbs, targets, places }: Product): RequestProduct {
    return {
      users: this.userWords(users),
      verbs: verbWords(verbs),
      targets: this.targetWords(targets),
      places: [...places].join(' '),
    };
  }

  private userWords(users: ReadonlySet<string>): string {
    const missing = [...this.users].filter((name) => !users.has(name));
    if (missing.length === 0) return 'everyone';
    const ordinary = users.has(aPerson) && users.has(aWorkload);
    if (ordinary && missing.length < users.size) return `everyone but ${listed(missing.map(userName))}`;
    return listed([...users].map(userName));
  }

  private targetWords(targets: ReadonlySet<string>): string {
    const all = [...this.targets.values()];
    const resources = all.filter(({ kind }) => kind === 'resource');
    const paths = all.filter(({ kind }) => kind === 'path');
    const missing = all.filter((target) => !targets.has(targetText(target)));
    if (missing.length === 0) return 'everything';
    const missingOf = (part: readonly Target[]): Target[] => part.filter((target) => missing.includes(target));
    const words: string[] = [];
    for (const [part, name] of [
      [resources, 'all resources'],
      [paths, 'all paths'],
    ] as const) {
      const lacks = missingOf(part).filter((target) => target.kind === 'path' || !target.isInvented || isOther(target));
      const has = part.filter((target) => targets.has(targetText(target)));
      if (has.length === 0) continue;
      if (lacks.length === 0) words.push(name);
      else if (lacks.length <= 6 && has.length > 20) words.push(`${name} but ${listed(lacks.map(targetName))}`);
      else words.push(listed(shortened(has.map(targetName))));
    }
    return words.join(' and ');
  }
}

/** Subresources beside their resource are one entry. */
function shortened(names: readonly string[]): string[] {
  const known = new Set(names);
  return names.filter((name) => !name.includes('/') || name.startsWith('/') || !known.has(name.replace(/\/.*$/, '')));
}

function targetName(target: Target): string {
  if (isOther(target)) return 'resources of other groups';
  if (target.kind === 'resource' && target.isInvented) {
    return `anything else of ${target.group === '' ? 'the core group' : target.group}`;
  }
  return target.kind === 'path' && target.path === '/something-else' ? 'other paths' : targetText(target);
}

function userName(name: string): string {
  if (name === '') return 'refused logins';
  if (name === aPerson) return 'people';
  if (name === aWorkload) return 'workloads';
  return name === 'system:node:a-node' ? 'nodes' : name;
}

function verbWords(verbs: ReadonlySet<string>): string {
  return resourceVerbs.every((verb) => verbs.has(verb)) ? 'any verb' : [...verbs].join(', ');
}

function placeWords(places: ReadonlySet<string>): string {
  const namespaces = new Set<string>();
  const names = new Set<string>();
  for (const place of places) {
    const [namespace = '', name = ''] = place.split('\0');
    namespaces.add(namespace);
    names.add(name);
  }
  const parts: string[] = [];
  if (!namespaces.has(aNamespace) && !(namespaces.size === 1 && namespaces.has(''))) {
    parts.push(`in ${listed([...namespaces].map((name) => name || 'no namespace'))}`);
  }
  const own = [...names].filter((name) => name !== '' && !namespaces.has(name));
  if (!names.has(anObject) && own.length > 0) parts.push(`named ${listed(own)}`);
  return parts.join(', ');
}

function listed(words: readonly string[]): string {
  const most = 8;
  if (words.length <= most) return words.join(', ');
  return `${words.slice(0, most - 1).join(', ')} and ${words.length - most + 1} more`;
}

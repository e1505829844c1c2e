import type { AnyControl } from '../controls/control.ts';
import type { Finding } from '../engine/finding.ts';
import type { Judgement, VerdictCounts } from '../engine/judge.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupBy } from './group-by.ts';
import { compareText } from './location.ts';
import { counted, objectKey } from './names.ts';
import { sortFindings } from './order.ts';

/** One thing to mend: all findings of a control. */
export interface Group {
  readonly control: AnyControl;
  /** Of its gravest finding. */
  readonly severity: Severity;
  /** In no order: `firstOwners` sorts those that are shown. */
  readonly owners: readonly OwnerFindings[];
  /** What is affected, in words: `9 containers in 7 workloads`; `7 workloads` where each has one. */
  readonly extent: string;
}

/** What one control found in one object to go to. */
export interface OwnerFindings {
  readonly owner: KubeObject;
  readonly key: string;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

/** By control, gravest first, then by how many objects are affected. */
export function groupFindings({ findings, coverage }: Pick<Judgement, 'findings' | 'coverage'>): readonly Group[] {
  const keyOf = memoised(objectKey);
  const groups: Group[] = [];
  for (const [control, members] of groupBy(findings, (finding) => finding.control)) {
    const owners: OwnerFindings[] = [];
    for (const [key, found] of groupBy(members, ({ owner }) => keyOf(owner))) {
      const owner = found[0]?.owner;
      if (owner !== undefined) owners.push({ owner, key, severity: gravest(found), findings: found });
    }
    groups.push({
      control,
      severity: gravest(owners),
      owners,
      extent: extentOf(control, owners, coverage.get(control)),
    });
  }
  return groups.toSorted(
    (a, b) =>
      compareSeverity(b.severity, a.severity) ||
      b.owners.length - a.owners.length ||
      compareText(a.control.id, b.control.id),
  );
}

/** The first `limit` objects, gravest first and then by name, each with its findings in order. */
export function firstOwners({ owners }: Group, limit: number): OwnerFindings[] {
  const first = owners.length <= limit ? [...owners] : selectFirst(owners, limit);
  return first.sort(compareOwners).map((owner) => ({ ...owner, findings: sortFindings(owner.findings) }));
}

/** Of all its objects. */
export function findingsOf({ owners }: Group): readonly Finding[] {
  return owners.flatMap(({ findings }) => findings);
}

/** Whether what was found stands in a file that can be mended. */
export function isInFile({ findings }: OwnerFindings): boolean {
  return findings.some(({ places }) =>
    places.some(({ object: { source } }) => source.positions !== undefined && source.rendered === undefined),
  );
}

/** The `limit` that sort first, without sorting the rest. */
function selectFirst(owners: readonly OwnerFindings[], limit: number): OwnerFindings[] {
  const first: OwnerFindings[] = [];
  for (const owner of owners) {
    const last = first.at(-1);
    if (first.length === limit && last !== undefined && compareOwners(owner, last) >= 0) continue;
    if (first.length === limit) first.pop();
    const at = first.findIndex((other) => compareOwners(owner, other) < 0);
    first.splice(at === -1 ? first.length : at, 0, owner);
  }
  return first;
}

function compareOwners(a: OwnerFindings, b: OwnerFindings): number {
  return compareSeverity(b.severity, a.severity) || compareText(a.key, b.key);
}

function extentOf(control: AnyControl, owners: readonly OwnerFindings[], judged: VerdictCounts | undefined): string {
  if (control.subject === 'object') return counted(owners.length, 'object');
  if (control.subject === 'node' || control.subject === 'component') {
    return outOf(owners.length, control.component ?? control.subject, judged);
  }
  if (control.subject === 'certificate') return counted(owners.length, 'certificate');
  if (control.subject === 'kubeconfig') return counted(owners.length, 'kubeconfig');
  if (control.subject === 'etcd-data') return outOf(owners.length, 'etcd database', judged);
  const workloads = counted(owners.length, 'workload');
  if (control.subject === 'pod') return workloads;
  let containers = 0;
  for (const { findings } of owners) containers += findings.length === 1 ? 1 : distinctContainers(findings);
  return containers === owners.length ? workloads : `${counted(containers, 'container')} in ${workloads}`;
}

/** `3 of 40 kubelets` where others are in order: what differs between nodes is what to look at. */
function outOf(failing: number, noun: string, judged: VerdictCounts | undefined): string {
  const total = (judged?.pass ?? 0) + (judged?.fail ?? 0);
  return total > failing ? `${failing} of ${counted(total, noun)}` : counted(failing, noun);
}

function distinctContainers(findings: readonly Finding[]): number {
  return new Set(findings.map(({ subject }) => `${subject.template}\n${subject.container?.name ?? ''}`)).size;
}

function gravest(items: readonly { readonly severity: Severity }[]): Severity {
  let worst: Severity = 'info';
  for (const { severity } of items) {
    if (severity !== worst && compareSeverity(severity, worst) > 0) worst = severity;
  }
  return worst;
}

function memoised(keyOf: (object: KubeObject) => string): (object: KubeObject) => string {
  const known = new Map<KubeObject, string>();
  return (object) => {
    let key = known.get(object);
    if (key === undefined) {
      key = keyOf(object);
      known.set(object, key);
    }
    return key;
  };
}

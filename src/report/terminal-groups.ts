import type { AnyControl } from '../controls/control.ts';
import type { Finding } from '../engine/finding.ts';
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
  readonly owners: readonly OwnerFindings[];
}

/** What one control found in one object to go to. */
export interface OwnerFindings {
  readonly owner: KubeObject;
  readonly findings: readonly Finding[];
}

/** By control, gravest first, then by how many objects are affected. */
export function groupFindings(findings: readonly Finding[]): readonly Group[] {
  const byControl = groupBy(sortFindings(findings), ({ control }) => control);
  const groups: Group[] = [];
  for (const [control, members] of byControl) {
    const byOwner = groupBy(members, ({ owner }) => objectKey(owner));
    const owners: OwnerFindings[] = [];
    for (const found of byOwner.values()) {
      const owner = found[0]?.owner;
      if (owner !== undefined) owners.push({ owner, findings: found });
    }
    groups.push({ control, severity: members[0]?.severity ?? control.severity, owners });
  }
  return groups.toSorted(
    (a, b) =>
      compareSeverity(b.severity, a.severity) ||
      b.owners.length - a.owners.length ||
      compareText(a.control.id, b.control.id),
  );
}

/** What is affected, in words, with the verb: `9 containers in 7 workloads fail`. */
export function affectedFail(group: Group): string {
  const text = affected(group);
  return `${text} ${text.startsWith('1 ') ? 'fails' : 'fail'}`;
}

/** `9 containers in 7 workloads`; `7 workloads` where each has one. */
export function affected({ control, owners }: Group): string {
  if (control.subject === 'object') return counted(owners.length, 'object');
  const workloads = counted(owners.length, 'workload');
  if (control.subject === 'pod') return workloads;
  const containers = new Set<string>();
  for (const { owner, findings } of owners) {
    for (const { subject } of findings) {
      containers.add(`${objectKey(owner)}\n${subject.template}\n${subject.container?.name ?? ''}`);
    }
  }
  if (containers.size === owners.length) return workloads;
  return `${counted(containers.size, 'container')} in ${workloads}`;
}

import type { AnyControl } from '../controls/control.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { Subject } from '../model/subject.ts';
import type { Failure } from '../model/verdict.ts';
import { groupKind } from '../model/workload.ts';
import type { Finding, Place } from './finding.ts';

/** Failures as they come in, put together into findings: the same failure of the same logical subject is one. */
export class Ledger {
  /** By identity, then by message: overlays may make variants of one subject that fail in different ways. */
  private readonly entries = new Map<string, Entry[]>();
  /** Identities without the template's name, to find a pod's failure among its owner's. */
  private readonly ofOwners = new Set<string>();

  /**
   * `owner` is the object that made the subject's, or the subject's own. Owners must come before what they made: a
   * pod's failure that its owner's template shows already is the same finding, and adds no place.
   */
  record(control: AnyControl, subject: Subject, failure: Failure, owner: KubeObject): void {
    const identity = identityOf({ control, subject, failure, owner, template: subject.template });
    const isOwner = owner === subject.object;
    const withoutTemplate =
      subject.template === '' ? identity : identityOf({ control, subject, failure, owner, template: '' });
    if (isOwner) this.ofOwners.add(withoutTemplate);
    else if (this.ofOwners.has(withoutTemplate)) return;
    const variants = this.entries.get(identity);
    const same = variants?.find((entry) => entry.failure.message === failure.message);
    if (same !== undefined) {
      // The replicas of one controller are the same pod again; copies of an object are places to mend.
      if (isOwner) same.places.push({ object: subject.object, path: failure.at });
      return;
    }
    const entry = { control, subject, failure, owner, places: [{ object: subject.object, path: failure.at }] };
    if (variants === undefined) this.entries.set(identity, [entry]);
    else variants.push(entry);
  }

  /** In the order in which they were recorded. Identities do not depend on that order. */
  findings(): Finding[] {
    const findings: Finding[] = [];
    for (const [identity, variants] of this.entries) {
      if (variants.length > 1) variants.sort((a, b) => (a.failure.message < b.failure.message ? -1 : 1));
      for (const [index, entry] of variants.entries()) {
        findings.push({
          ...entry,
          severity: entry.failure.severity ?? entry.control.severity,
          message: entry.failure.message,
          identity: index === 0 ? identity : `${identity}\n${entry.failure.message}`,
        });
      }
    }
    return findings;
  }
}

interface Entry {
  readonly control: AnyControl;
  readonly subject: Subject;
  readonly failure: Failure;
  readonly owner: KubeObject;
  readonly places: Place[];
}

function identityOf(entry: Omit<Entry, 'places'> & { readonly template: string }): string {
  const { control, subject, failure, owner, template } = entry;
  const container = subject.container?.name ?? '';
  const where = `${groupKind(owner)}\n${owner.namespace ?? ''}\n${owner.name}`;
  return `${control.id}\n${where}\n${template}\n${container}\n${failure.key ?? ''}`;
}

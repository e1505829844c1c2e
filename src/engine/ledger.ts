import type { AnyControl } from '../controls/control.ts';
import type { Severity } from '../model/severity.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { Failure } from '../model/verdict.ts';
import type { Finding, FindingSubject, Place } from './finding.ts';
import { logicalName } from './lasting-name.ts';

/** Failures as they come in, put together into findings: the same failure of the same logical subject is one. */
export class Ledger {
  private readonly pages = new Map<string, Page>();
  private readonly pageOf = new Map<KubeObject, Page>();

  /**
   * `owner` is the object that made the subject's, or the subject's own. Owners must come before what they made: a
   * pod's failure that its owner's template shows already is the same finding, and adds no place.
   */
  record(control: AnyControl, subject: FindingSubject, failure: Failure, owner: KubeObject): void {
    const page = this.page(owner);
    page.record(new RecordedFinding(control, subject, failure, { owner, name: page.owner }));
  }

  /** Object by object, in the order in which those were first recorded. Identities do not depend on any order. */
  findings(): Finding[] {
    const findings: Finding[] = [];
    for (const page of this.pages.values()) {
      page.nameVariants();
      for (const finding of page.findings) findings.push(finding);
    }
    return findings;
  }

  private page(owner: KubeObject): Page {
    let page = this.pageOf.get(owner);
    if (page !== undefined) return page;
    const name = logicalName(owner);
    page = this.pages.get(name) ?? new Page(name);
    this.pages.set(name, page);
    this.pageOf.set(owner, page);
    return page;
  }
}

/** A page with more findings than this is looked up by an index instead of from top to bottom. */
const shortPage = 48;

/** The findings about one owner, copies of it included. */
class Page {
  /** Its name, as in identities. */
  readonly owner: string;
  readonly findings: RecordedFinding[] = [];
  private index: Map<string, RecordedFinding[]> | undefined;
  private hasVariants = false;

  constructor(owner: string) {
    this.owner = owner;
  }

  record(finding: RecordedFinding): void {
    const { isOfOwner } = finding;
    for (const other of this.candidates(finding)) {
      if (!other.isSameMatter(finding)) continue;
      // A pod's failure that the template of its owner shows, whichever template it was made from.
      if (!isOfOwner && other.isOfOwner) return;
      if (other.subject.template !== finding.subject.template) continue;
      if (other.message === finding.message) {
        // The replicas of one controller are the same pod again; copies of an object are places to mend.
        if (isOfOwner) other.addPlace(finding.place);
        return;
      }
      this.hasVariants = true;
    }
    this.findings.push(finding);
    if (this.index !== undefined) addTo(this.index, finding.matter, finding);
  }

  /** Overlays may make variants of one subject that fail in different ways: all but one are told apart by message. */
  nameVariants(): void {
    if (!this.hasVariants) return;
    const byIdentity = new Map<string, RecordedFinding[]>();
    for (const finding of this.findings) addTo(byIdentity, finding.identity, finding);
    for (const variants of byIdentity.values()) {
      variants.sort((a, b) => (a.message < b.message ? -1 : 1));
      for (const variant of variants.slice(1)) variant.isVariant = true;
    }
  }

  private candidates(finding: RecordedFinding): readonly RecordedFinding[] {
    if (this.findings.length <= shortPage) return this.findings;
    if (this.index === undefined) {
      this.index = new Map();
      for (const each of this.findings) addTo(this.index, each.matter, each);
    }
    return this.index.get(finding.matter) ?? [];
  }
}

function addTo(map: Map<string, RecordedFinding[]>, key: string, finding: RecordedFinding): void {
  const same = map.get(key);
  if (same === undefined) map.set(key, [finding]);
  else same.push(finding);
}

interface NamedOwner {
  readonly owner: KubeObject;
  readonly name: string;
}

/** There may be a million of these: what can be told from the rest is not stored. */
class RecordedFinding implements Finding {
  readonly control: AnyControl;
  readonly subject: FindingSubject;
  readonly failure: Failure;
  readonly owner: KubeObject;
  isVariant = false;
  private readonly ownerName: string;
  private more: Place[] | undefined;

  constructor(control: AnyControl, subject: FindingSubject, failure: Failure, { owner, name }: NamedOwner) {
    this.control = control;
    this.subject = subject;
    this.failure = failure;
    this.owner = owner;
    this.ownerName = name;
  }

  get severity(): Severity {
    return this.failure.severity ?? this.control.severity;
  }

  get message(): string {
    return this.failure.message;
  }

  get place(): Place {
    return this.failure.place ?? { object: this.subject.object, path: this.failure.at };
  }

  get places(): readonly Place[] {
    return this.more === undefined ? [this.place] : [this.place, ...this.more];
  }

  get isOfOwner(): boolean {
    return this.owner === this.subject.object;
  }

  /** Control and logical subject, without the owner and the template. */
  get matter(): string {
    return `${this.control.id}\n${this.subject.container?.name ?? ''}\n${this.failure.key ?? ''}`;
  }

  get identity(): string {
    return this.isVariant ? `${this.common}\n${this.failure.message}` : this.common;
  }

  get variantOf(): string | undefined {
    return this.isVariant ? this.common : undefined;
  }

  private get common(): string {
    const { control, subject, failure, ownerName } = this;
    const container = subject.container?.name ?? '';
    return `${control.id}\n${ownerName}\n${subject.template}\n${container}\n${failure.key ?? ''}`;
  }

  isSameMatter(other: RecordedFinding): boolean {
    return (
      this.control === other.control &&
      this.failure.key === other.failure.key &&
      this.subject.container?.name === other.subject.container?.name
    );
  }

  addPlace(place: Place): void {
    this.more ??= [];
    this.more.push(place);
  }
}

import type { Exception } from '../model/exception.ts';
import { formatPath } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { hasWildcard, matchesName, matchesPath } from './exception-pattern.ts';
import { expiryOf, isExpired } from './expiry.ts';
import type { Finding } from './finding.ts';

/** An exception that stands on an object, and so is about that one copy of it and what it makes. */
export interface AttachedException extends Exception {
  readonly on: KubeObject;
}

export interface ExceptionProblem {
  readonly kind: 'unknown-control' | 'expired' | 'no-date' | 'contradiction';
  readonly exception: Exception;
  /** What is wrong with it, without where it stands. */
  readonly message: string;
}

/**
 * What somebody has decided to live with. Looking up a finding costs no more with many exceptions than with few, as
 * long as they name their objects.
 */
export class ExceptionBook {
  /** By control and object, where both are named without wildcards. */
  private readonly exact = new Map<string, Exception[]>();
  private readonly wide: Exception[] = [];
  private readonly wideOf = new Map<string, readonly Exception[]>();
  private readonly attached = new Map<KubeObject, AttachedException[]>();
  private readonly used = new Set<Exception>();
  private readonly contradicted: ExceptionProblem[] = [];
  private readonly all: readonly Exception[];
  private readonly known: ReadonlySet<string>;

  /** `knownControls` are ids: of all there are, not only of those that run. */
  constructor(exceptions: readonly (Exception | AttachedException)[], knownControls: Iterable<string>) {
    this.all = exceptions;
    this.known = new Set(knownControls);
    for (const exception of this.withoutContradictions(exceptions)) this.add(exception);
  }

  get size(): number {
    return this.all.length;
  }

  /**
   * The exception that covers a finding at a time, if one does. Expired ones and those whose date cannot be read cover
   * nothing. A finding with several places is covered by exceptions on objects only where every place has one.
   */
  exceptionFor(finding: Finding, now: Date): Exception | undefined {
    if (this.all.length === 0) return undefined;
    return this.named(finding, now) ?? this.onEveryPlace(finding, now);
  }

  /** What keeps exceptions from doing what their authors meant, in the order of the exceptions. */
  problems(now: Date): readonly ExceptionProblem[] {
    const found = this.all.flatMap((exception) => this.problemsOf(exception, now));
    return [...found, ...this.contradicted];
  }

  /** Those that covered none of the findings that were asked about so far. */
  unused(): readonly Exception[] {
    return this.all.filter((exception) => !this.used.has(exception));
  }

  private problemsOf(exception: Exception, now: Date): ExceptionProblem[] {
    const { control, expires } = exception;
    const problems: ExceptionProblem[] = [];
    if (!this.isKnown(control)) {
      const message = hasWildcard(control) ? `no control matches ${control}` : `there is no control ${control}`;
      problems.push({ kind: 'unknown-control', exception, message });
    }
    if (expires !== undefined && expiryOf(expires) === undefined) {
      problems.push({ kind: 'no-date', exception, message: `${expires} is no date such as 2027-01-31` });
    } else if (isExpired(expires, now)) {
      problems.push({ kind: 'expired', exception, message: `the one of ${control} expired on ${expires}` });
    }
    return problems;
  }

  private isKnown(control: string): boolean {
    if (!hasWildcard(control)) return this.known.has(control);
    for (const id of this.known) if (matchesName(control, id)) return true;
    return false;
  }

  /** Of several with one scope the first to expire counts: whoever allowed less has the last word. */
  private withoutContradictions(exceptions: readonly Exception[]): Iterable<Exception> {
    const byScope = new Map<string, Exception>();
    const copies = new Map<KubeObject, number>();
    for (const exception of exceptions) {
      const scope = scopeOf(exception, copies);
      const other = byScope.get(scope);
      if (other === undefined) {
        byScope.set(scope, exception);
        continue;
      }
      const earlier = endOf(other) <= endOf(exception) ? other : exception;
      const later = earlier === other ? exception : other;
      byScope.set(scope, earlier);
      if (earlier.expires === later.expires) {
        this.used.add(later);
        if (earlier.reason === later.reason && earlier.owner === later.owner) continue;
      }
      const message = `it contradicts ${earlier.origin.place}, which has the same scope and counts`;
      this.contradicted.push({ kind: 'contradiction', exception: later, message });
    }
    return byScope.values();
  }

  private add(exception: Exception): void {
    if (isAttached(exception)) {
      addTo(this.attached, exception.on, exception);
      return;
    }
    const { control, object = {} } = exception;
    const { kind, namespace, name } = object;
    if (kind === undefined || namespace === undefined || name === undefined) this.wide.push(exception);
    else if ([control, kind, namespace, name].some(hasWildcard)) this.wide.push(exception);
    else addTo(this.exact, exactKey(control, { kind, namespace, name }), exception);
  }

  private named(finding: Finding, now: Date): Exception | undefined {
    const objects = [finding.owner, finding.subject.object];
    for (const object of new Set(objects)) {
      const found = this.exact.get(exactKey(finding.control.id, object)) ?? [];
      for (const exception of found) if (this.covers(exception, { finding, now })) return exception;
    }
    for (const exception of this.wideFor(finding.control.id)) {
      const isAbout = objects.some((object) => matchesObject(exception.object, object));
      if (isAbout && this.covers(exception, { finding, now })) return exception;
    }
    return undefined;
  }

  private wideFor(control: string): readonly Exception[] {
    let wide = this.wideOf.get(control);
    if (wide !== undefined) return wide;
    wide = this.wide.filter((exception) => matchesName(exception.control, control));
    this.wideOf.set(control, wide);
    return wide;
  }

  private onEveryPlace(finding: Finding, now: Date): Exception | undefined {
    if (this.attached.size === 0) return undefined;
    const { owner, subject, failure } = finding;
    let first: Exception | undefined;
    for (const { object } of finding.places) {
      const bearers = [object];
      if (subject.object !== owner) bearers.push(owner);
      if (failure.place !== undefined) bearers.push(subject.object);
      const on = bearers.flatMap((bearer) => this.attached.get(bearer) ?? []);
      const covering = on.find((exception) => this.covers(exception, { finding, now }));
      if (covering === undefined) return undefined;
      first ??= covering;
    }
    return first;
  }

  /** Whether everything but the object fits. */
  private covers(exception: Exception, { finding, now }: { finding: Finding; now: Date }): boolean {
    const { control, container, path, expires } = exception;
    if (!matchesName(control, finding.control.id)) return false;
    if (container !== undefined && !matchesName(container, finding.subject.container?.name ?? '')) return false;
    if (path !== undefined && !finding.places.every((place) => matchesPath(path, formatPath(place.path)))) return false;
    this.used.add(exception);
    return !isExpired(expires, now);
  }
}

function isAttached(exception: Exception | AttachedException): exception is AttachedException {
  return 'on' in exception;
}

function addTo<K, E>(map: Map<K, E[]>, key: K, exception: E): void {
  const same = map.get(key);
  if (same === undefined) map.set(key, [exception]);
  else same.push(exception);
}

function exactKey(control: string, { kind, namespace, name }: Pick<KubeObject, 'kind' | 'namespace' | 'name'>): string {
  return `${control}\n${kind}\n${namespace ?? ''}\n${name}`;
}

/** Whether an exception is about an object; nodes and files are objects here, too. */
export function matchesObject(wanted: Exception['object'], { kind, namespace, name }: KubeObject): boolean {
  if (wanted === undefined) return true;
  return (
    (wanted.kind === undefined || matchesName(wanted.kind, kind)) &&
    (wanted.namespace === undefined || matchesName(wanted.namespace, namespace ?? '')) &&
    (wanted.name === undefined || matchesName(wanted.name, name))
  );
}

function endOf({ expires }: Exception): number {
  if (expires === undefined) return Number.POSITIVE_INFINITY;
  return expiryOf(expires)?.getTime() ?? Number.NEGATIVE_INFINITY;
}

function scopeOf(exception: Exception, copies: Map<KubeObject, number>): string {
  const { control, object = {}, container, path } = exception;
  let copy = -1;
  if (isAttached(exception)) {
    copy = copies.get(exception.on) ?? copies.size;
    copies.set(exception.on, copy);
  }
  // What was written for another scanner contradicts nothing that was written for this one.
  const scanner = exception.origin.by === 'peer' ? 'peer' : 'own';
  return JSON.stringify([control, object.kind, object.namespace, object.name, container, path, copy, scanner]);
}

import { matchesName, matchesPath } from '../engine/exception-pattern.ts';
import { isExpired } from '../engine/expiry.ts';
import type { Exception } from '../model/exception.ts';
import type { ObjectName, RequestNames } from './owners.ts';

/** What an exception was needed for. */
export interface ExceptionUse {
  readonly exception: Exception;
  /** What would have spoken against the request: a control's id, `pod-security/hostPorts`, `images/tag`. */
  readonly policy: string;
  readonly container: string | undefined;
}

/** One thing that speaks against a request. */
export interface Offence {
  readonly id: string;
  readonly container: string | undefined;
  /** As reports print it; undefined where no field is to blame. */
  readonly path: string | undefined;
}

/** An exception that would have covered the request, but for a reason. */
interface Void {
  readonly exception: Exception;
  readonly why: string;
}

/** The policy of denials that only tell why an exception was of no use. */
export const voidException = 'exception';

/**
 * The exceptions of one request: finds those that cover what is wrong with it, and remembers which were needed, and
 * which would have been had they held.
 */
export class RequestExceptions {
  readonly uses: ExceptionUse[] = [];
  private readonly exceptions: readonly Exception[];
  private readonly voids: readonly Void[];
  private readonly missed = new Set<Void>();

  constructor(exceptions: readonly Exception[], { names, unproven }: RequestNames, now: Date) {
    const holding: Exception[] = [];
    const voids: Void[] = [];
    for (const exception of exceptions) {
      const { object, expires } = exception;
      const over = isExpired(expires, now);
      if (names.some((name) => isMeant(object, name))) {
        if (over) voids.push({ exception, why: `has run out on ${expires}` });
        else holding.push(exception);
        continue;
      }
      const claim = over ? undefined : unproven.find(({ name }) => isMeant(object, name));
      if (claim !== undefined) voids.push({ exception, why: `does not hold: ${claim.why}` });
    }
    this.exceptions = holding;
    this.voids = voids;
  }

  /** Whether none means the object, so that nobody need ask. */
  get isEmpty(): boolean {
    return this.exceptions.length === 0 && this.voids.length === 0;
  }

  /** Why exceptions were of no use that somebody may have counted on. */
  get notes(): readonly string[] {
    return [...this.missed].map(({ exception, why }) => `${exceptionText(exception)} ${why}`);
  }

  covers(offence: Offence): boolean {
    const exception = this.find(offence);
    if (exception === undefined) return false;
    this.use(exception, offence);
    return true;
  }

  /** Whether every one of them is covered; one that is not leaves them all standing, and uses nothing. */
  coversAll(offences: readonly Offence[]): boolean {
    const found = offences.map((offence) => ({ offence, exception: this.find(offence) }));
    if (found.some(({ exception }) => exception === undefined)) return false;
    for (const { offence, exception } of found) if (exception !== undefined) this.use(exception, offence);
    return true;
  }

  private find(offence: Offence): Exception | undefined {
    const found = this.exceptions.find((exception) => isAbout(exception, offence));
    if (found !== undefined) return found;
    const missed = this.voids.find(({ exception }) => isAbout(exception, offence));
    if (missed !== undefined) this.missed.add(missed);
    return undefined;
  }

  private use(exception: Exception, { id, container }: Offence): void {
    const known = this.uses.some(
      (use) => use.exception === exception && use.policy === id && use.container === container,
    );
    if (!known) this.uses.push({ exception, policy: id, container });
  }
}

/** `the exception for pods/privileged (net team, policy.yaml:9:7)`. */
function exceptionText({ control, owner, origin }: Exception): string {
  return `the exception for ${control} (${owner}, ${origin.place})`;
}

function isAbout(exception: Exception, { id, container, path }: Offence): boolean {
  return (
    matchesName(exception.control, id) &&
    (exception.container === undefined || matchesName(exception.container, container ?? '')) &&
    (exception.path === undefined || matchesPath(exception.path, path ?? ''))
  );
}

function isMeant(wanted: Exception['object'], { kind, namespace, name }: ObjectName): boolean {
  if (wanted === undefined) return true;
  return (
    (wanted.kind === undefined || matchesName(wanted.kind, kind)) &&
    (wanted.namespace === undefined || matchesName(wanted.namespace, namespace)) &&
    (wanted.name === undefined || matchesName(wanted.name, name))
  );
}

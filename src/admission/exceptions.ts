import { matchesName, matchesPath } from '../engine/exception-pattern.ts';
import { isExpired } from '../engine/expiry.ts';
import type { Exception } from '../model/exception.ts';
import type { ObjectName } from './request-object.ts';

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

/**
 * The exceptions of one request: finds those that cover what is wrong with it, and remembers which were needed.
 * `names` are those of the object and, where Kubernetes itself made it, of its owners.
 */
export class RequestExceptions {
  readonly uses: ExceptionUse[] = [];
  private readonly exceptions: readonly Exception[];

  constructor(exceptions: readonly Exception[], names: readonly ObjectName[], now: Date) {
    this.exceptions = exceptions.filter(
      ({ object, expires }) => !isExpired(expires, now) && names.some((name) => isMeant(object, name)),
    );
  }

  get isEmpty(): boolean {
    return this.exceptions.length === 0;
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

  private find({ id, container, path }: Offence): Exception | undefined {
    return this.exceptions.find(
      (exception) =>
        matchesName(exception.control, id) &&
        (exception.container === undefined || matchesName(exception.container, container ?? '')) &&
        (exception.path === undefined || matchesPath(exception.path, path ?? '')),
    );
  }

  private use(exception: Exception, { id, container }: Offence): void {
    const known = this.uses.some(
      (use) => use.exception === exception && use.policy === id && use.container === container,
    );
    if (!known) this.uses.push({ exception, policy: id, container });
  }
}

function isMeant(wanted: Exception['object'], { kind, namespace, name }: ObjectName): boolean {
  if (wanted === undefined) return true;
  return (
    (wanted.kind === undefined || matchesName(wanted.kind, kind)) &&
    (wanted.namespace === undefined || matchesName(wanted.namespace, namespace)) &&
    (wanted.name === undefined || matchesName(wanted.name, name))
  );
}

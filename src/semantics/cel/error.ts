/** A position in an expression: the UTF-16 offset of its first character. */
export type Offset = number;

/** An expression that cannot be compiled: thrown while it is, and told as a problem at the door. */
export class CompileError extends Error {
  readonly offset: Offset;
  /** Set where only a newer server can compile it: the minor of Kubernetes 1.x that brought what it uses. */
  readonly needsMinor: number | undefined;

  constructor(message: string, offset: Offset, needsMinor?: number) {
    super(message);
    this.offset = offset;
    this.needsMinor = needsMinor;
  }
}

/**
 * What an expression comes to where its value is an error. Not an `Error`: `||` and `&&` absorb thousands of these, and
 * a stack for each would be most of the work.
 */
export class EvaluationError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** The cost limit or the deadline: never absorbed, as nothing more is evaluated. */
export class Stopped {
  readonly reason: 'cost' | 'deadline';

  constructor(reason: 'cost' | 'deadline') {
    this.reason = reason;
  }

  get message(): string {
    return this.reason === 'cost' ? 'operation cancelled: actual cost limit exceeded' : 'operation interrupted';
  }
}

export function fail(message: string): never {
  throw new EvaluationError(message);
}

/** What cel-go says where no overload takes the values that came. */
export function noSuchOverload(): never {
  throw new EvaluationError('no such overload');
}

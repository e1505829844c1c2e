import { goQuote } from './go-syntax.ts';

/** One complaint in the API server's words. Source: apimachinery/pkg/util/validation/field/errors.go. */
export interface FieldError {
  /** As upstream prints it, which is not always where the field is in JSON: `spec.securityContext.hostNetwork`. */
  readonly path: string;
  /** The whole complaint, path included. */
  readonly text: string;
}

/** `value` is printed as it is given: see go-syntax.ts. */
export function invalid(path: string, value: string | number | boolean, detail: string): FieldError {
  return made(path, `Invalid value: ${value}`, detail);
}

export function invalidText(path: string, value: string, detail: string): FieldError {
  return invalid(path, goQuote(value), detail);
}

export function required(path: string, detail: string): FieldError {
  return made(path, 'Required value', detail);
}

export function forbidden(path: string, detail: string): FieldError {
  return made(path, 'Forbidden', detail);
}

export function duplicate(path: string, value: string): FieldError {
  return made(path, `Duplicate value: ${goQuote(value)}`, '');
}

export function unsupported(path: string, value: string, supported: readonly string[]): FieldError {
  return made(path, `Unsupported value: ${goQuote(value)}`, `supported values: ${supported.map(goQuote).join(', ')}`);
}

function made(path: string, problem: string, detail: string): FieldError {
  return { path, text: `${path}: ${problem}${detail === '' ? '' : `: ${detail}`}` };
}

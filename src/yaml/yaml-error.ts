import { YAMLException } from 'js-yaml';

/** Why a document cannot be read, and where. Lines and columns count from 1. The reason quotes no source text. */
export class YamlError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(reason: string, line: number, column: number) {
    super(reason);
    this.name = 'YamlError';
    this.line = line;
    this.column = column;
  }
}

/** Where a document's first character stands in its file. */
export interface Origin {
  readonly line: number;
  readonly column: number;
}

/** js-yaml's reasons that quote the document, which may hold a credential, and the same in words of our own. */
const quoting: readonly (readonly [start: string, reason: string])[] = [
  ['unidentified alias', 'an alias refers to an anchor that is not there'],
  ['undeclared tag handle', 'a tag uses a handle that is not declared'],
  ['unknown tag', 'a tag that has no meaning here'],
  ['cannot resolve a node', 'a value does not fit its tag'],
  ['unacceptable node kind', 'a value does not fit its tag'],
  ['tag ', 'a tag is malformed'],
  ['ill-formed tag', 'a tag is malformed'],
  ['there is a previously declared suffix', 'a tag handle is declared twice'],
  ['nesting exceeded maxDepth', 'nested too deeply'],
  ['merge keys exceeded', 'merge keys (<<) expand to too many keys'],
];

/** Turns what reading threw into a `YamlError`; throws it again where it is no fault of the document. */
export function asYamlError(error: unknown, origin: Origin): YamlError {
  if (error instanceof YamlError) return error;
  if (error instanceof YAMLException) {
    const mark = error.mark as { line: number; column: number } | undefined;
    const line = mark?.line ?? 0;
    const column = (mark?.column ?? 0) + (line === 0 ? origin.column : 1);
    const plain = quoting.find(([start]) => error.reason.startsWith(start));
    return new YamlError(plain?.[1] ?? error.reason, origin.line + line, column);
  }
  if (error instanceof RangeError) return new YamlError('nested too deeply', origin.line, origin.column);
  throw error;
}

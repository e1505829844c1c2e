import { CompileError, type Offset } from './error.ts';
import { readQuoted } from './string-literal.ts';
import { Double, plainInt, Uint, type Value } from './value.ts';

export interface Token {
  readonly kind: 'identifier' | 'escaped-identifier' | 'literal' | 'symbol' | 'end';
  /** The identifier, or the symbol. */
  readonly text: string;
  readonly value: Value;
  readonly offset: Offset;
}

const symbols = ['&&', '||', '==', '!=', '<=', '>=', ...'+-*/%<>!?:.,()[]{}'];

const space = /[\t\n\f\r ]+|\/\/[^\n]*/y;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const escaped = /`[A-Za-z0-9_.\-/ ]+`/y;
const double = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const integer = /(?:0[xX]([0-9a-fA-F]+)|[0-9]+)([uU]?)/y;
const quote = /(?:[bB][rR]|[rR][bB]|[rRbB])?(?="|')/y;

/**
 * The tokens of an expression, the last of kind `end`. Throws a CompileError.
 * Source: the lexis of the CEL specification, and cel-go's escaped identifiers.
 */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = offset;
    return pattern.exec(text);
  };
  const push = (kind: Token['kind'], source: string, value: Value): void => {
    tokens.push({ kind, text: source, value, offset });
  };
  while (offset < text.length) {
    const blank = match(space);
    if (blank !== null) {
      offset += blank[0].length;
      continue;
    }
    const prefix = match(quote);
    if (prefix !== null) {
      const literal = readQuoted(text, offset, prefix[0].toLowerCase());
      push('literal', '', literal.value);
      offset = literal.end;
      continue;
    }
    const number = match(double) ?? match(integer);
    if (number !== null) {
      push('literal', '', readNumber(number, offset));
      offset += number[0].length;
      continue;
    }
    const name = match(identifier) ?? match(escaped);
    if (name !== null) {
      const isEscaped = name[0].startsWith('`');
      if (isEscaped) push('escaped-identifier', name[0].slice(1, -1), null);
      else push('identifier', name[0], null);
      offset += name[0].length;
      continue;
    }
    const symbol = symbols.find((candidate) => text.startsWith(candidate, offset));
    if (symbol === undefined) {
      const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
      throw new CompileError(`Syntax error: token recognition error at: '${character}'`, offset);
    }
    push('symbol', symbol, null);
    offset += symbol.length;
  }
  push('end', '', null);
  return tokens;
}

const intEnd = 2n ** 63n;
const uintEnd = 2n ** 64n;

/** An int may still be the negative limit here: the parser knows whether a minus stands before it. */
function readNumber(match: RegExpExecArray, offset: Offset): Value {
  const text = match[0];
  // Only the pattern for integers has groups.
  if (match[2] === undefined) {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new CompileError('invalid double literal', offset);
    return new Double(value);
  }
  // Too many digits would take quadratic time to read.
  if (text.length > 400) throw new CompileError('invalid int literal', offset);
  const number = BigInt(match[2] === '' ? text : text.slice(0, -1));
  if (match[2] !== '') {
    if (number >= uintEnd) throw new CompileError('invalid uint literal', offset);
    return new Uint(number);
  }
  if (number > intEnd) throw new CompileError('invalid int literal', offset);
  return plainInt(number);
}

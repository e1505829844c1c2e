import { CompileError, type Offset } from './error.ts';
import type { Value } from './value.ts';

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ['?', '?'],
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

const hexDigits = /^[0-9a-fA-F]+$/;
const octal = /^[0-3][0-7]{2}$/;

/**
 * The string or bytes literal at `start`, whose prefix, in lower case, is `prefix`: of `r`, `b`, both or neither.
 * In strings `\x41` and `\101` are code points, in bytes they are bytes; other characters are UTF-8 in bytes.
 */
export function readQuoted(
  text: string,
  start: Offset,
  prefix: string,
): { readonly value: Value; readonly end: Offset } {
  const isRaw = prefix.includes('r');
  const isBytes = prefix.includes('b');
  const open = start + prefix.length;
  const mark = text[open] ?? '';
  const isTriple = text.startsWith(mark.repeat(3), open);
  const delimiter = isTriple ? mark.repeat(3) : mark;
  const parts = isBytes ? new BytesParts() : new TextParts();
  let offset = open + delimiter.length;
  let plainFrom = offset;
  while (offset < text.length) {
    const character = text[offset] ?? '';
    if (text.startsWith(delimiter, offset)) {
      parts.text(text.slice(plainFrom, offset));
      return { value: parts.value(), end: offset + delimiter.length };
    }
    if (!isTriple && (character === '\n' || character === '\r')) break;
    if (character !== '\\' || isRaw) {
      offset += 1;
      continue;
    }
    parts.text(text.slice(plainFrom, offset));
    offset += readEscape(text, offset, parts, start);
    plainFrom = offset;
  }
  throw new CompileError('Syntax error: the string is not closed', start);
}

/** Reads the escape at `offset` into `parts` and returns its length. */
function readEscape(text: string, offset: Offset, parts: Parts, start: Offset): number {
  const letter = text[offset + 1] ?? '';
  const simple = simpleEscapes.get(letter);
  if (simple !== undefined) {
    parts.text(simple);
    return 2;
  }
  const bad = (): never => {
    throw new CompileError(`Syntax error: unable to unescape '\\${letter}'`, offset);
  };
  const digits = { x: 2, X: 2, u: 4, U: 8 }[letter];
  if (digits !== undefined) {
    const hex = text.slice(offset + 2, offset + 2 + digits);
    if (hex.length !== digits || !hexDigits.test(hex)) return bad();
    const code = Number.parseInt(hex, 16);
    if (digits === 2) parts.code(code);
    else if (!parts.allowsUnicode || code > 0x10ffff) return bad();
    else if (code >= 0xd800 && code <= 0xdfff) throw new CompileError('invalid unicode code point', start);
    else parts.text(String.fromCodePoint(code));
    return 2 + digits;
  }
  const number = text.slice(offset + 1, offset + 4);
  if (!octal.test(number)) return bad();
  parts.code(Number.parseInt(number, 8));
  return 4;
}

interface Parts {
  readonly allowsUnicode: boolean;
  text(text: string): void;
  /** At most 255. */
  code(code: number): void;
  value(): Value;
}

class TextParts implements Parts {
  readonly allowsUnicode = true;
  private readonly parts: string[] = [];

  text(text: string): void {
    this.parts.push(text);
  }

  code(code: number): void {
    this.parts.push(String.fromCharCode(code));
  }

  value(): Value {
    return this.parts.join('');
  }
}

class BytesParts implements Parts {
  readonly allowsUnicode = false;
  private readonly bytes: number[] = [];
  private readonly encoder = new TextEncoder();

  text(text: string): void {
    for (const byte of this.encoder.encode(text)) this.bytes.push(byte);
  }

  code(code: number): void {
    this.bytes.push(code);
  }

  value(): Value {
    return Uint8Array.from(this.bytes);
  }
}

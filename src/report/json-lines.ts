import { printableAscii, unsafe } from './visible.ts';

/**
 * JSON as pieces of text, for reports too large for one string: a Map is an object with a field a line, an iterable
 * a list with an item a line, anything else stands on one line. Lines keep diffs and `grep` useful.
 * What is unsafe to show is escaped: JSON is looked at in terminals and editors too. Iterables are drawn from as the text is taken. Pieces are some 64 KiB, so that a write a piece is cheap.
 */
export function* jsonLines(root: ReadonlyMap<string, unknown> | Iterable<unknown>): Generator<string> {
  let pending = '';
  for (const piece of valueText(root, '')) {
    pending += piece;
    if (pending.length < pieceSize) continue;
    yield pending;
    pending = '';
  }
  yield `${pending}\n`;
}

const pieceSize = 65_536;

function* valueText(value: unknown, indent: string): Generator<string> {
  if (value instanceof Map) yield* collectionText('{}', fieldsOf(value, `${indent}  `), indent);
  else if (isIterable(value)) yield* collectionText('[]', itemsOf(value, `${indent}  `), indent);
  else yield jsonText(value);
}

function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (printableAscii.test(text)) return text;
  return text.replaceAll(unsafe, (character) => {
    let escaped = '';
    for (let index = 0; index < character.length; index += 1) {
      escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}

function* fieldsOf(fields: ReadonlyMap<unknown, unknown>, indent: string): Generator<Iterable<string>> {
  for (const [name, value] of fields) {
    if (value !== undefined) yield namedText(jsonText(String(name)), value, indent);
  }
}

function* namedText(name: string, value: unknown, indent: string): Generator<string> {
  yield `${name}: `;
  yield* valueText(value, indent);
}

/** Most items stand on a line, and there may be a million: a string needs no generator of its own. */
function* itemsOf(items: Iterable<unknown>, indent: string): Generator<string | Iterable<string>> {
  for (const item of items) yield isIterable(item) ? valueText(item, indent) : jsonText(item);
}

function* collectionText(
  brackets: '{}' | '[]',
  members: Iterable<string | Iterable<string>>,
  indent: string,
): Generator<string> {
  let separator = `${brackets[0]}\n${indent}  `;
  let empty = true;
  for (const member of members) {
    yield separator;
    if (typeof member === 'string') yield member;
    else yield* member;
    separator = `,\n${indent}  `;
    empty = false;
  }
  yield empty ? brackets : `\n${indent}${brackets[1]}`;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

const key = '"managedFields":[';

/** `told`: of each entry its client, version and time stay, in short. */
export type ManagedFieldsUse = 'dropped' | 'told';

/**
 * A page of a list without its `metadata.managedFields`, or with little of them: often two thirds of the text, of little
 * use to anyone here, and cheaper to step over than to parse and throw away. Only arrays that look like managed fields
 * go; what is written in another way is left for the caller to drop from the parsed objects. Text that is no JSON comes
 * back as it is.
 */
export function withoutManagedFields(json: string, use: ManagedFieldsUse = 'dropped'): string {
  let at = json.indexOf(key);
  if (at === -1) return json;
  const kept: string[] = [];
  let from = 0;
  while (at !== -1) {
    const start = at + key.length - 1;
    const end = looksManaged(json, start) ? endOfArray(json, start) : -1;
    if (end === -1) {
      at = json.indexOf(key, start);
      continue;
    }
    if (use === 'told') {
      kept.push(json.slice(from, start), entriesIn(json.slice(start, end)));
      from = end;
    } else {
      // One of the two commas around the field goes with it.
      const commaAfter = json[end] === ',';
      const commaBefore = !commaAfter && json[at - 1] === ',';
      kept.push(json.slice(from, commaBefore ? at - 1 : at));
      from = commaAfter ? end + 1 : end;
    }
    at = json.indexOf(key, from);
  }
  kept.push(json.slice(from));
  return kept.join('');
}

/** How an entry begins, as the API server writes it: keys in this order, and the fields themselves behind them. */
const entryHead =
  /\{("manager":"(?:[^"\\]|\\.){0,512}","operation":"(?:Apply|Update)","apiVersion":"[^"\\]{1,253}"(?:,"time":"[^"\\]{1,64}")?),"fieldsType"/g;

/** Those of custom resources have their keys in another order, and stay as they are. */
function entriesIn(array: string): string {
  const heads = [...array.matchAll(entryHead)].map(([, head]) => `{${head}}`);
  return heads.length === 0 ? array : `[${heads.join(',')}]`;
}

/** As the API server writes meta/v1 ManagedFieldsEntry; an empty list has nothing worth stepping over. */
function looksManaged(json: string, start: number): boolean {
  const head = json.slice(start, start + 400);
  return head.startsWith('[{"') && /"operation":"(?:Apply|Update)"/.test(head);
}

/** The offset behind the array that begins at `start`, or -1 where it does not end. */
function endOfArray(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(json, at);
      if (at === -1) return -1;
    } else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** The offset of the quote that ends the string whose first quote is at `start`. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (end !== -1) {
    let escapes = 0;
    while (json.charCodeAt(end - 1 - escapes) === 0x5c) escapes += 1;
    if (escapes % 2 === 0) return end;
    end = json.indexOf('"', end + 1);
  }
  return -1;
}

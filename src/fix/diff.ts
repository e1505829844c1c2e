import { diffArrays, FILE_HEADERS_ONLY, formatPatch, type StructuredPatchHunk } from 'diff';

/** Lines of context around a change. */
const context = 3;

/** Equal lines in a row that show where two texts are alike again. */
const anchor = 3;

/** Farthest that is looked for it. */
const reach = 600;

/**
 * A unified diff that `patch -p1` and `git apply` take; empty where the texts are equal. Made for edits that are small
 * and far apart: it takes time in proportion to the texts, and a large change is shown whole rather than at its least.
 */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return '';
  const name = file.replaceAll('\\', '/').replace(/^(?:[A-Za-z]:)?\/+/, '');
  const changes = compare(linesOf(before), linesOf(after));
  const patch = { oldFileName: `a/${name}`, newFileName: `b/${name}`, oldHeader: undefined, newHeader: undefined };
  return formatPatch({ ...patch, hunks: hunksOf(linesOf(before), linesOf(after), changes) }, FILE_HEADERS_ONLY);
}

/** Lines `start` to `end` of the old text, in place of which stand `from` to `to` of the new one. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/** Lines with their line breaks, so that a missing last one is a difference. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

function compare(old: readonly string[], now: readonly string[]): Change[] {
  const changes: Change[] = [];
  let at = 0;
  let to = 0;
  while (at < old.length || to < now.length) {
    if (at < old.length && old[at] === now[to]) {
      at += 1;
      to += 1;
      continue;
    }
    const next = nextAlike(old, now, { at, to });
    for (const change of smallest(old.slice(at, next.at), now.slice(to, next.to))) {
      changes.push({ start: at + change.start, end: at + change.end, from: to + change.from, to: to + change.to });
    }
    at = next.at;
    to = next.to;
  }
  return changes;
}

/** The nearest place at which both texts go on alike; their ends where there is none within reach. */
function nextAlike(old: readonly string[], now: readonly string[], from: { at: number; to: number }) {
  for (let distance = 1; distance <= reach; distance += 1) {
    for (let skipped = 0; skipped <= distance; skipped += 1) {
      const at = from.at + skipped;
      const to = from.to + distance - skipped;
      if (at <= old.length && to <= now.length && isAlike(old, now, { at, to })) return { at, to };
    }
  }
  return { at: old.length, to: now.length };
}

function isAlike(old: readonly string[], now: readonly string[], { at, to }: { at: number; to: number }): boolean {
  for (let line = 0; line < anchor; line += 1) {
    if (old[at + line] !== now[to + line]) return false;
    if (old[at + line] === undefined) return true;
  }
  return true;
}

function smallest(old: readonly string[], now: readonly string[]): Change[] {
  if (old.length + now.length > 2 * reach) return [{ start: 0, end: old.length, from: 0, to: now.length }];
  const changes: Change[] = [];
  let at = 0;
  let to = 0;
  for (const part of diffArrays([...old], [...now])) {
    const { length } = part.value;
    const start = at;
    const from = to;
    if (!part.added) at += length;
    if (!part.removed) to += length;
    if (part.added || part.removed) changes.push({ start, end: at, from, to });
  }
  return changes;
}

function hunksOf(old: readonly string[], now: readonly string[], changes: readonly Change[]): StructuredPatchHunk[] {
  const groups: Change[][] = [];
  for (const change of changes) {
    const last = groups.at(-1)?.at(-1);
    if (last === undefined || change.start - last.end > 2 * context) groups.push([change]);
    else groups.at(-1)?.push(change);
  }
  return groups.map((group) => hunkOf(old, now, group));
}

function hunkOf(old: readonly string[], now: readonly string[], group: readonly Change[]): StructuredPatchHunk {
  const first = group[0] ?? { start: 0, from: 0 };
  const last = group.at(-1) ?? { end: 0, to: 0 };
  const start = Math.max(0, first.start - context);
  const end = Math.min(old.length, last.end + context);
  const from = first.from - (first.start - start);
  const to = last.to + (end - last.end);
  const lines: string[] = [];
  const add = (sign: string, some: readonly string[]) => {
    for (const line of some) {
      lines.push(sign + line.replace(/\n$/, ''));
      if (!line.endsWith('\n')) lines.push('\\ No newline at end of file');
    }
  };
  let at = start;
  for (const change of group) {
    add(' ', old.slice(at, change.start));
    add('-', old.slice(change.start, change.end));
    add('+', now.slice(change.from, change.to));
    at = change.end;
  }
  add(' ', old.slice(at, end));
  return { oldStart: start + 1, oldLines: end - start, newStart: from + 1, newLines: to - from, lines };
}

import type { SettingTable } from './table.ts';

/** Longest key that a likely place is looked for: the search costs its square. */
const longestKey = 100;

export interface LikelyPlace {
  /** `misplaced`: the same name stands elsewhere. `misspelled`: a name like it stands here. */
  readonly kind: 'misplaced' | 'misspelled';
  readonly paths: readonly string[];
}

/** Where a key that does not belong at `parent` was probably meant to stand; undefined where nothing is like it. */
export function likelyPlace(table: SettingTable, parent: string, key: string): LikelyPlace | undefined {
  const here = parent === '' ? key : `${parent}.${key}`;
  const lower = key.toLowerCase();
  const elsewhere: string[] = [];
  const similar: { path: string; distance: number }[] = [];
  for (const path of table.paths()) {
    const dot = path.lastIndexOf('.');
    const name = path.slice(dot + 1);
    const holder = dot === -1 ? '' : path.slice(0, dot);
    if (holder === parent) {
      const distance = name.toLowerCase() === lower ? 0 : editDistance(name, key);
      if (distance <= 2 && distance < name.length / 3) similar.push({ path, distance });
    } else if (name === key) elsewhere.push(path);
  }
  const best = Math.min(...similar.map(({ distance }) => distance));
  const misspelled = similar.filter(({ distance }) => distance === best).map(({ path }) => path);
  if (best === 0) return { kind: 'misspelled', paths: misspelled };
  if (elsewhere.length > 0) return { kind: 'misplaced', paths: elsewhere.sort() };
  if (misspelled.length > 0) return { kind: 'misspelled', paths: misspelled };
  const byFlag = table.byFlag(key.replaceAll('_', '-'))?.field;
  return byFlag === undefined || byFlag === here ? undefined : { kind: 'misspelled', paths: [byFlag] };
}

/** The names that are nearest to one that is not known, if any is near enough to be meant. */
export function nearestNames(name: string, known: Iterable<string>): readonly string[] {
  let least = 2;
  let near: string[] = [];
  for (const each of known) {
    const distance = editDistance(each, name);
    if (distance > least || distance >= each.length / 3) continue;
    if (distance < least) near = [];
    least = distance;
    near.push(each);
  }
  return near;
}

function editDistance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2 || right.length > longestKey) return Number.POSITIVE_INFINITY;
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1] ? 0 : 1;
      current.push(
        Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + same),
      );
    }
    previous = current;
  }
  return previous[right.length] ?? Number.POSITIVE_INFINITY;
}

import type { Worsening } from '../engine/finding-record.ts';
import { counted } from './names.ts';

/** Names before the rest is counted. */
const named = 5;

/** In what a finding is worse than it was: `was high`, `SYS_PTRACE is new`. Not made safe for any format. */
export function worseningWords({ was, items = [], words = [], files = [] }: Worsening): string {
  const parts = [
    ...(was === undefined ? [] : [`was ${was}`]),
    ...(items.length === 0 ? [] : [`new: ${few(items)}`]),
    ...(words.length === 0 ? [] : ['it said something else']),
    ...(files.length === 0 ? [] : [`not in ${few(files)} before`]),
  ];
  return parts.join('; ');
}

function few(names: readonly string[]): string {
  const rest = names.length - named;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, named).join(', ')} and ${counted(rest, 'more', 'more')}`;
}

import type { Score } from '../engine/score.ts';
import { counted } from './names.ts';

/** Both figures, each with what it counts; undefined where no control could decide anything. */
export function scoreWords({ score, gravest, objects, affected, coverage, decided, due }: Score): string | undefined {
  if (score === undefined || coverage === undefined) return undefined;
  const grave = gravest === undefined ? '' : `, at worst ${gravest}`;
  const what = `Score ${score} of 100: ${affected} of ${counted(objects, 'object')} with findings${grave}`;
  return `${what}; coverage ${coverage}%: ${decided} of ${counted(due, 'verdict')}`;
}

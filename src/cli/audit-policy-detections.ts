import type { DetectionNeeds } from '../model/alert.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Severity } from '../model/severity.ts';
import { visible } from '../report/visible.ts';
import { nearest } from './nearest.ts';

/** A detection as far as an audit policy is concerned. */
export interface PolicyDetection {
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly needs: DetectionNeeds;
}

/** The built-in detections that alert, or those of them that are named. Throws `usage` for a name that there is not. */
export async function chosenDetections(names: readonly string[] | undefined): Promise<readonly PolicyDetection[]> {
  const { builtInRules } = await import('../detect/index.ts');
  const known = builtInRules().filter(({ alerts }) => alerts);
  if (names === undefined || (names.length === 1 && names[0] === 'all')) return known;
  const byName = new Map(known.flatMap((rule) => [[rule.name, rule] as const, [rule.id, rule] as const]));
  return names.map((name) => {
    const found = byName.get(name);
    if (found !== undefined) return found;
    const near = nearest(
      name,
      known.map((rule) => rule.name),
    );
    const hint = near === undefined ? 'see "bulwark detections list"' : `did you mean ${near}?`;
    throw new BulwarkError('usage', `there is no detection ${visible(name)}`, hint);
  });
}

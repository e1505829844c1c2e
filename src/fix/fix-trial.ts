import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import type { AnyControl } from '../controls/control.ts';
import { judge } from '../engine/judge.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { ManifestFile } from './manifest-file.ts';
import { mend } from './mend.ts';

/**
 * What is wrong with the fix of a control, by its own examples: each that fails is mended as `bulwark fix` would mend
 * the file, and judged again. A fix may leave cases to a person, but not all of them.
 */
export function fixProblems(control: AnyControl, { takenAt }: { readonly takenAt: string }): readonly string[] {
  if (control.fix === undefined) return [];
  const judging = { controls: [control], profiles: [control.profile] };
  let mended = 0;
  const problems = control.examples.fail.flatMap((text, index) => {
    const name = `examples.fail[${index}]`;
    const snapshot: Snapshot = assembleSnapshot([decodeManifest(text, name)], takenAt);
    const file = new ManifestFile({ name, path: name, bytes: Buffer.from(text) });
    const { fixes, left } = mend(judge(snapshot, judging), new Map([[name, file]]), { judging, allow: 'may-break' });
    for (const made of fixes.values()) mended += made.length;
    return left.flatMap(({ cause, detail = cause }) =>
      cause === 'needs-a-person' ? [] : [`example fail[${index}] is not mended: ${detail}`],
    );
  });
  return mended === 0 && problems.length === 0 ? ['its fix mends none of its examples'] : problems;
}

import { parsePatch } from 'diff';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import type { AnyControl } from '../../src/controls/control.ts';
import { controls } from '../../src/controls/registry.ts';
import { type Judgement, judge } from '../../src/engine/judge.ts';
import { unifiedDiff } from '../../src/fix/diff.ts';
import { ManifestFile } from '../../src/fix/manifest-file.ts';
import { type Mended, mend } from '../../src/fix/mend.ts';
import { type PlannedFix, planFixes } from '../../src/fix/plan.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { lineEnd } from '../../src/yaml/splice-lines.ts';
import { readYamlTree } from '../../src/yaml/splice-read-yaml.ts';
import { splitDocuments } from '../../src/yaml/split.ts';

const name = 'example.yaml';

/** Every failing example is mended as `bulwark fix` would mend the file, and looked at again. */
describe.each(controls.filter(({ fix }) => fix !== undefined).map((control) => [control.id, control] as const))(
  'the fix of %s',
  (_, control) => {
    const examples = control.examples.fail.map((text) => ({ text, ...mended(text, [control]) }));

    it('mends an example at least, and what it mends passes', () => {
      const made = examples.flatMap(({ result }) => [...result.fixes.values()].flat());
      expect(made.length).toBeGreaterThan(0);
      for (const { text, file, result } of examples) {
        for (const { cause, detail } of result.left) expect(cause, `${detail} in\n${text}`).toBe('needs-a-person');
        const stays = result.left.map(({ finding }) => finding.message).sort();
        expect(messages(judged(file.after, [control])), text).toEqual(stays);
      }
    });

    it('changes only the lines that it is about', () => {
      for (const { text, file, fixes } of examples) expectOnlyTheirLines(text, file.after, fixes);
    });

    it('changes nothing the second time', () => {
      for (const { file } of examples) expect(mended(file.after, [control]).file.isChanged).toBe(false);
    });

    it('leaves a manifest that every control can judge', () => {
      for (const { text, file } of examples) {
        expect(judged(file.after, controls).errors, text).toEqual([]);
        expect(judged(file.after, controls).inputs.unparsable, text).toBe(0);
      }
    });
  },
);

describe('all fixes together', () => {
  const all = [...new Set(controls.flatMap(({ examples }) => [...examples.fail, ...examples.pass]))];

  it('leave nothing that a fix could still mend, and stay so', () => {
    let made = 0;
    for (const text of all) {
      const { file, result } = mended(text, controls);
      made += [...result.fixes.values()].flat().length;
      const left = result.left.filter(({ cause }) => cause !== 'needs-a-person');
      expect(
        left.map(({ finding, cause, detail }) => [finding.control.id, cause, detail]),
        text,
      ).toEqual([]);
      expect(mended(file.after, controls).file.after, text).toBe(file.after);
    }
    expect(made).toBeGreaterThan(all.length);
  }, 180_000);
});

function mended(
  text: string,
  chosen: readonly AnyControl[],
): { file: ManifestFile; result: Mended; fixes: PlannedFix[] } {
  const file = new ManifestFile({ name, path: name, bytes: Buffer.from(text) });
  const options = { judging: judging(chosen), allow: 'may-break' } as const;
  const result = mend(judged(text, chosen), new Map([[name, file]]), options);
  return { file, result, fixes: [...result.fixes.values()].flat() };
}

function judged(text: string, chosen: readonly AnyControl[]): Judgement {
  return judge(snapshotOf(text), judging(chosen));
}

function messages(judgement: Judgement): string[] {
  return judgement.findings.flatMap(({ message, places }) => places.map(() => message)).sort();
}

function judging(chosen: readonly AnyControl[]) {
  return { controls: chosen, profiles: ['security', 'reliability'] } as const;
}

function snapshotOf(text: string): Snapshot {
  return assembleSnapshot([decodeManifest(text, name)], '2026-11-21T12:00:00Z');
}

/**
 * Lines that are gone or replaced are those of an edit's field, or of the nearest thing that was there above it, or
 * that of the key above, which becomes `key: {}` when its last field goes.
 */
function expectOnlyTheirLines(before: string, after: string, fixes: readonly PlannedFix[]): void {
  const allowed = new Set(fixes.flatMap((fix) => linesOf(before, fix)));
  for (const hunk of parsePatch(unifiedDiff(name, before, after)).flatMap(({ hunks }) => hunks)) {
    let line = hunk.oldStart;
    for (const text of hunk.lines) {
      if (text.startsWith('-')) expect(allowed.has(line), `line ${line} (${text}) of\n${before}`).toBe(true);
      if (text.startsWith('-') || text.startsWith(' ')) line += 1;
    }
  }
}

function linesOf(text: string, { place, edits }: PlannedFix): number[] {
  const { document, base } = place.object.source;
  const found = splitDocuments(text).find(({ index }) => index === document);
  if (found === undefined) return [];
  const content = text.slice(found.start, found.end);
  return edits.flatMap(({ path }) => {
    let node = readYamlTree(content);
    let range = { start: 0, end: 0 };
    let above = 0;
    for (const step of [...base, ...path]) {
      const child = typeof step === 'number' ? node.children[step] : node.byKey.get(step)?.at(-1);
      if (child === undefined) break;
      above = range.start;
      range = { start: child.start, end: lineEnd(content, child.end) };
      node = child.value;
    }
    const lineOf = (offset: number) => found.line + (content.slice(0, offset).match(/\n/g)?.length ?? 0);
    const first = lineOf(range.start);
    return [lineOf(above), ...Array.from({ length: lineOf(range.end) - first + 1 }, (_, index) => first + index)];
  });
}

it('plans nothing for controls without a fix', () => {
  const text = controls.flatMap(({ fix, examples }) => (fix === undefined ? examples.fail : [])).join('---\n');
  const without = controls.filter(({ fix }) => fix === undefined);
  const plan = planFixes(judged(text, without), { allow: 'may-break' });
  expect(plan.fixes.size).toBe(0);
  expect(new Set(plan.left.map(({ cause }) => cause))).toEqual(new Set(['needs-a-person']));
});

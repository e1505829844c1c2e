import { decodeManifest } from '../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../src/collect/snapshot.ts';
import type { AnyControl } from '../src/controls/control.ts';
import { type Judgement, judge } from '../src/engine/judge.ts';
import { formatPath } from '../src/model/path.ts';
import { nodeExample } from './node-example.ts';

/** Judges manifest text, or the files of a node, by the controls given. */
export function judgeText(controls: readonly AnyControl[], text: string): Judgement {
  const node = nodeExample(text);
  const decoded =
    node === undefined ? decodeManifest(text, 'example.yaml') : { objects: [], inputs: [], gaps: [], nodes: [node] };
  return judge(assembleSnapshot([decoded], '2026-11-21T00:00:00Z'), {
    controls,
    profiles: ['security', 'reliability'],
  });
}

/** What one control finds in an example, in a form that is easy to compare. */
export function judgeExample(
  control: AnyControl,
  text: string,
): { control: string; message: string; place: string; severity: string }[] {
  return judgeText([control], text).findings.map((finding) => ({
    control: finding.control.id,
    message: finding.message,
    place: formatPath(finding.failure.at),
    severity: finding.severity,
  }));
}

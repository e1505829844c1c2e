import { decodeManifest } from '../src/collect/manifests/decode.ts';
import { assembleSnapshot, type Collected } from '../src/collect/snapshot.ts';
import type { AnyControl } from '../src/controls/control.ts';
import { type Judgement, judge } from '../src/engine/judge.ts';
import { formatPath } from '../src/model/path.ts';
import { etcdExample } from './etcd-example.ts';
import { nodeExample } from './node-example.ts';
import { userExample } from './user-example.ts';

/** Judges manifest text, the files of a node, a user's kubeconfigs, or what is in etcd, by the controls given. */
export function judgeText(controls: readonly AnyControl[], text: string): Judgement {
  return judge(assembleSnapshot([collectedExample(text)], '2026-11-21T00:00:00Z'), {
    controls,
    profiles: ['security', 'reliability'],
  });
}

function collectedExample(text: string): Collected {
  const nothing = { objects: [], inputs: [], gaps: [] };
  const kubeconfigs = userExample(text);
  if (kubeconfigs !== undefined) return { ...nothing, kubeconfigs };
  const etcd = etcdExample(text);
  if (etcd !== undefined) return { ...nothing, ...etcd };
  const node = nodeExample(text);
  return node === undefined ? decodeManifest(text, 'example.yaml') : { ...nothing, nodes: [node] };
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

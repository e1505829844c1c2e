import { decodeManifest } from '../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../src/collect/snapshot.ts';
import { controls } from '../src/controls/registry.ts';
import { type Judgement, judge } from '../src/engine/judge.ts';

/** Names that would be markup, formulas, commands or links where a report does not write them as text. */
export const hostileNames = [
  '</script><script>window.hacked=1</script>',
  '<img src=x onerror=window.hacked=1>',
  '"onmouseover="window.hacked=1',
  '=HYPERLINK("http://x")',
  'a|b `c` [d](http://e) @someone #1',
  'a\n::error::b\r\n',
  ']]>&amp;\u0000\u001b[31m\ufffe',
] as const;

/** What is found in privileged pods of those names, and in a document that cannot be parsed. */
export function hostileJudgement(): Judgement {
  const pods = hostileNames.map((name) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: name },
    spec: { containers: [{ name, image: name, securityContext: { privileged: true } }] },
  }));
  const text = pods.map((pod) => JSON.stringify(pod)).join('\n---\n');
  const decoded = decodeManifest(text, `${hostileNames[0]}.yaml`);
  const broken = decodeManifest('a: [', `${hostileNames[1]}.yaml`);
  return judge(assembleSnapshot([decoded, broken], '2026-11-21T00:00:00Z'), { controls });
}

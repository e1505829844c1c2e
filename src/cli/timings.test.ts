import { expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { controls } from '../controls/registry.ts';
import { judge } from '../engine/judge.ts';
import { timed } from './timings.ts';

it('changes no verdict, and charges each control what its calls took', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { containers: [{ name: 'b', image: 'c' }] },
  };
  const snapshot = assembleSnapshot([decodeManifest(JSON.stringify(pod), 'a.json')], '');
  let now = 0;
  const timings = timed(controls, () => (now += 1));
  const messages = (of: readonly (typeof controls)[number][]) =>
    judge(snapshot, { controls: of }).findings.map(({ control, message }) => `${control.id} ${message}`);
  expect(messages(timings.controls)).toEqual(messages(controls));
  const text = timings.text();
  expect(text).toMatch(/^[a-z-]+\/[a-z-]+ +1\.0 +1 +1\.0$/m);
  expect(text).toMatch(/^\d+ controls took \d+\.0 ms\./m);
});

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decompress } from 'fzstd';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { controls } from '../../src/controls/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import { formatPath } from '../../src/model/path.ts';
import { redactCredentials } from '../../src/model/redact-credentials.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { groupBy } from '../../src/report/group-by.ts';

const recorded = fileURLToPath(new URL('../../../shared/samples/lab-cluster.json.zst', import.meta.url));
const isThere = existsSync(recorded);
if (!isThere) console.warn(`skipped: the recorded cluster is not at ${recorded}`);

/** `--save` leaves out what opens something; what is wrong with it is told all the same. */
describe('a snapshot without credentials has the findings that it had with them', () => {
  const components = groupBy(controls, ({ id }) => id.slice(0, id.indexOf('/')));

  it.each([...components])('in the examples of %s', (_, members) => {
    for (const text of new Set(members.flatMap(({ examples }) => [...examples.fail, ...examples.pass]))) {
      expectSame(text);
    }
  });

  it.skipIf(!isThere)('in a recorded cluster', () => {
    expectSame(Buffer.from(decompress(readFileSync(recorded))).toString());
  });
});

function expectSame(text: string): void {
  const live = assembleSnapshot([decodeManifest(text, 'example.yaml')], '2026-11-21T00:00:00Z');
  const objects = live.objects.map((object) => ({ ...object, value: redactCredentials(object.value) }));
  expect(found({ ...live, objects }), text.slice(0, 10_000)).toEqual(found(live));
}

function found(snapshot: Snapshot): readonly string[] {
  const { findings } = judge(snapshot, { controls, profiles: ['security', 'reliability'] });
  return findings
    .map(({ identity, severity, message, failure }) => [identity, severity, message, formatPath(failure.at)].join('\n'))
    .sort();
}

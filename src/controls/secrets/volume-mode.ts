import { entriesOf } from '../../facts/routes.ts';
import { edit } from '../../model/edit.ts';
import { type Json, own } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import type { Volume } from '../../model/pod.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

/** Owner and group may read, others nothing. */
const closed = 0o440;

/** That others in the pod may read is the default, 0644, which the API server writes into every pod. */
export default control({
  id: 'secrets/volume-mode',
  title: 'Files of Secrets are not for everybody to change or run',
  severity: 'low',
  subject: 'pod',
  why: 'Nobody who writes 0777 has thought about the Secret: every process of the pod has it, whichever user it runs as, and a program that copies the file takes the mode along.',
  remedy: 'Set defaultMode: 0440, and fsGroup for the group that reads it.',
  check: ({ pod }) => {
    const failures: Failure[] = [];
    for (const volume of pod.volumes) {
      for (const { mode, at } of modesOf(volume)) {
        if (typeof mode !== 'number' || !Number.isInteger(mode) || (mode & 0o003) === 0) continue;
        const text = `0${mode.toString(8)}`;
        failures.push(
          fail(`files of volume ${volume.name} have mode ${text}: every user of the pod may change or run them`, at, {
            key: `${volume.name} ${at.slice(volume.path.length).join(' ')}`,
          }),
        );
      }
    }
    return failures;
  },
  fix: { safety: 'may-break', edits: (_, { at }) => [edit.set(at, closed)] },
  examples: {
    fail: [
      inPod('volumes: [{ name: db, secret: { secretName: db, defaultMode: 0777 } }]'),
      inPod('volumes: [{ name: db, secret: { secretName: db, items: [{ key: a, path: a, mode: 0666 }] } }]'),
      inPod('volumes: [{ name: db, projected: { defaultMode: 0755, sources: [{ secret: { name: db } }] } }]'),
    ],
    pass: [
      inPod('volumes: [{ name: db, secret: { secretName: db, defaultMode: 0440 } }]'),
      inPod('volumes: [{ name: db, secret: { secretName: db, defaultMode: 0644 } }]'),
      inPod('volumes: [{ name: db, secret: { secretName: db } }]'),
      inPod('volumes: [{ name: a, projected: { defaultMode: 0777, sources: [{ configMap: { name: a } }] } }]'),
    ],
  },
});

function* modesOf({ type, raw, path }: Volume): Generator<{ readonly mode: Json | undefined; readonly at: Path }> {
  if (type === 'secret') {
    yield { mode: own(raw, 'defaultMode'), at: [...path, 'secret', 'defaultMode'] };
    for (const [index, item] of entriesOf(own(raw, 'items'))) {
      yield { mode: own(item, 'mode'), at: [...path, 'secret', 'items', index, 'mode'] };
    }
    return;
  }
  if (type !== 'projected') return;
  const sources = [...entriesOf(own(raw, 'sources'))].filter(
    ([, source]) => own(source, 'secret') !== undefined || own(source, 'serviceAccountToken') !== undefined,
  );
  if (sources.length > 0) yield { mode: own(raw, 'defaultMode'), at: [...path, 'projected', 'defaultMode'] };
}

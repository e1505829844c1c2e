import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectCluster } from '../../src/collect/cluster/collect.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import type { AnyControl } from '../../src/controls/control.ts';
import { controls } from '../../src/controls/registry.ts';
import type { Finding } from '../../src/engine/finding.ts';
import { type Judgement, judge } from '../../src/engine/judge.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { judgeText } from '../judge-example.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { completed, definitionsFor, objectsOf, Visit } from './example-objects.ts';
import { moved } from './move-example.ts';
import { type Manifest, ObjectClient } from './object-client.ts';
import { seenOtherwise } from './seen-otherwise.ts';

warnIfNoLab('test/e2e/insecure-examples.test.ts');

/** One example of a control that fails, and what became of it in the live cluster. */
interface Row {
  readonly control: AnyControl;
  readonly name: string;
  readonly objects: readonly Manifest[];
}

type Outcome =
  | { readonly kind: 'found' }
  /** The API server does not take it. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The API server took something else of it: fields that its version does not have, or sets itself. */
  | { readonly kind: 'changed'; readonly why: string }
  | { readonly kind: 'missing'; readonly why: string };

/** Components, files of nodes, kubeconfigs and etcd are no objects of the API. */
const ofObjects = controls.filter(({ subject }) => ['object', 'pod', 'container'].includes(subject));
const rows: readonly Row[] = ofObjects.flatMap((control) =>
  control.examples.fail.map((text, index) => ({
    control,
    name: `${control.id} ${index + 1}`,
    objects: completed(objectsOf(text)),
  })),
);

const profiles = ['security', 'reliability'] as const;

/** Of which object and container it is found, and in which words. What says no namespace goes to `default`. */
function told({ control, owner, subject, message }: Finding): string {
  const { kind, namespace = 'default', name } = owner;
  return `${control.id}: ${kind} ${namespace}/${name} ${subject.container?.name ?? ''}: ${message}`;
}

function expectedOf({ control, objects }: Row): readonly string[] {
  const text = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  return [...new Set(judgeText([control], text).findings.map(told))];
}

function outcomeOf(row: Row, found: ReadonlySet<string>): Outcome {
  const expected = expectedOf(row);
  // Keys that are given twice, for one: what is about the text is not in the objects.
  if (expected.length === 0) return { kind: 'changed', why: 'it is about the text of a file' };
  const missing = expected.filter((each) => !found.has(each));
  if (missing.length === 0) return { kind: 'found' };
  return { kind: 'missing', why: `${missing.join('; ')} is not among: ${[...found].slice(0, 5).join('; ')}` };
}

/** Some at once: the server answers more quickly than it takes to ask it. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

describe.skipIf(!labAvailable)('the examples of controls, one by one in a live cluster', () => {
  let lab: Lab;
  let client: ObjectClient;
  const outcomes = new Map<string, Outcome>();

  const scan = async (): Promise<Snapshot> =>
    assembleSnapshot([await collectCluster({ kubeconfig: lab.kubeconfig })], '2026-11-21T00:00:00Z');

  beforeAll(async () => {
    lab = await startLab({ port: 21_320 });
    client = new ObjectClient(lab.kubeconfig);
    const together = rows.flatMap((row, index) => {
      const objects = moved(row.objects, `example-${index}`);
      return objects === undefined ? [] : [{ ...row, objects }];
    });
    const all = [...rows, ...together].flatMap(({ objects }) => objects);
    const spaces = new Set(all.flatMap(({ metadata }) => metadata?.namespace ?? []));
    const ground = [...spaces].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    await each([...definitionsFor(all), ...ground], (object) => client.create(object));
    await judgeTogether(together);
    for (const row of rows) if (isOpen(row)) outcomes.set(row.name, await judgeAlone(row));
  }, 480_000);

  afterAll(async () => {
    client?.close();
    await lab?.stop();
  }, 120_000);

  /** What is not found among the others may be so because of them. */
  function isOpen({ name, control }: Row): boolean {
    const outcome = outcomes.get(name);
    return outcome === undefined || (outcome.kind === 'missing' && !seenOtherwise.has(control.id));
  }

  /** What stands in a namespace of its own needs no scan of its own. */
  async function judgeTogether(together: readonly Row[]): Promise<void> {
    const visits = new Map<Row, Visit>();
    await each(together, async (row) => {
      const visit = new Visit(client, row.objects);
      visits.set(row, visit);
      const refused = await visit.begin();
      if (refused !== undefined) outcomes.set(row.name, { kind: 'refused', why: refused });
    });
    const snapshot = await scan();
    const judged = new Map<AnyControl, ReadonlySet<string>>();
    for (const row of together) {
      if (outcomes.has(row.name)) continue;
      const found = judged.get(row.control) ?? findingsOf(judge(snapshot, { controls: [row.control], profiles }));
      judged.set(row.control, found);
      outcomes.set(row.name, outcomeOf(row, found));
    }
    await each([...visits], async ([{ name }, visit]) => {
      const isMissing = outcomes.get(name)?.kind === 'missing';
      const changed = isMissing ? await visit.changed() : [];
      if (changed.length > 0) outcomes.set(name, { kind: 'changed', why: changed.join(', ') });
      await visit.end();
    });
  }

  async function judgeAlone(row: Row): Promise<Outcome> {
    const visit = new Visit(client, row.objects);
    try {
      const refused = await visit.begin();
      if (refused !== undefined) return { kind: 'refused', why: refused };
      const outcome = outcomeOf(row, findingsOf(judge(await scan(), { controls: [row.control], profiles })));
      if (outcome.kind === 'found') return outcome;
      const changed = await visit.changed();
      return changed.length > 0 ? { kind: 'changed', why: changed.join(', ') } : outcome;
    } finally {
      await visit.end();
    }
  }

  it.each(ofObjects.map(({ id }) => id))('%s', (id) => {
    const missing = rows
      .filter(({ control }) => control.id === id)
      .flatMap(({ name }) => {
        const outcome = outcomes.get(name) ?? { kind: 'missing', why: 'it was not tried' };
        return outcome.kind === 'missing' ? [`${name}: ${outcome.why}`] : [];
      });
    if (!seenOtherwise.has(id)) expect(missing).toEqual([]);
  });

  it('are accounted for, and most of them are found', () => {
    const of = (kind: Outcome['kind']) => rows.filter(({ name }) => outcomes.get(name)?.kind === kind);
    const lines = (['refused', 'changed', 'missing'] as const).flatMap((kind) =>
      of(kind).map(({ name, control }) => {
        const outcome = outcomes.get(name);
        const why = outcome === undefined || outcome.kind === 'found' ? '' : outcome.why;
        return `${kind}  ${name}: ${(kind === 'missing' && seenOtherwise.get(control.id)) || why.slice(0, 160)}`;
      }),
    );
    const seen = new Set(of('missing').map(({ control }) => control.id));
    const stale = [...seenOtherwise.keys()].filter((id) => !seen.has(id));
    console.info(
      [
        `${rows.length} examples of ${ofObjects.length} controls: ${of('found').length} found as from a file, ` +
          `${of('refused').length} refused by the API server, ${of('changed').length} not kept by it as given, ` +
          `${of('missing').length} seen otherwise in a live cluster`,
        ...lines,
        ...stale.map((id) => `found after all, although seen-otherwise.ts says not: ${id}`),
      ].join('\n'),
    );
    expect([...seenOtherwise.keys()].filter((id) => !ofObjects.some((control) => control.id === id))).toEqual([]);
    expect(of('found').length / rows.length).toBeGreaterThan(0.7);
  });
});

function findingsOf({ findings, errors }: Judgement): ReadonlySet<string> {
  if (errors.length > 0) throw new Error(String(errors[0]?.error));
  return new Set(findings.map(told));
}

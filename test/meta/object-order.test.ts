import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { decompress } from 'fzstd';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import type { AnyControl } from '../../src/controls/control.ts';
import { controls } from '../../src/controls/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import { formatPath } from '../../src/model/path.ts';
import type { KubeObject, Snapshot } from '../../src/model/snapshot.ts';
import { groupBy } from '../../src/report/group-by.ts';

const recorded = fileURLToPath(new URL('../../../shared/samples/lab-cluster.json.zst', import.meta.url));
const isThere = existsSync(recorded);
if (!isThere) console.warn(`skipped: the recorded cluster is not at ${recorded}`);

/** A list of objects has no order: an API server sorts it by name, a folder by file, a renderer as it likes. */
describe('whatever order the objects are listed in, the findings are the same', () => {
  const components = groupBy(controls, ({ id }) => id.slice(0, id.indexOf('/')));

  it.each([...components])('in the examples of %s', (_, members) => {
    for (const text of new Set(members.flatMap(({ examples }) => [...examples.fail, ...examples.pass]))) {
      const snapshot = snapshotOf(text);
      if (snapshot.objects.length > 1) expectSame(snapshot, text);
    }
  });

  it.skipIf(!isThere)(
    'in a recorded cluster',
    () => {
      const text = Buffer.from(decompress(readFileSync(recorded))).toString();
      expectSame(snapshotOf(text), 'the recorded cluster');
    },
    120_000,
  );
});

describe('of many that share something', () => {
  const names = ['web', 'api', 'cron', 'worker', 'mail', 'audit'];
  const each = (text: (name: string) => string): string => names.map(text).join('---\n');
  const binding = (name: string, kind: string, subjects: string): string =>
    `apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata: {name: ${name}${kind === 'RoleBinding' ? ', namespace: shop' : ''}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [${subjects}]
`;
  const account = (name: string): string => `{kind: ServiceAccount, name: ${name}, namespace: shop}`;
  const pod = (name: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}
spec:
  containers: [{name: app, image: registry.example/app:1.0, volumeMounts: [{name: files, mountPath: /f}]}]
  volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
`;
  const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files, namespace: shop}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
`;

  it.each<[string, string, string]>([
    ['rbac/duplicate-binding', 'bindings of one subject', each((name) => binding(name, 'RoleBinding', account('app')))],
    [
      'rbac/duplicate-binding',
      'bindings of more and fewer subjects, here and everywhere',
      [
        ...names.map((name, index) => binding(name, 'RoleBinding', names.slice(index).map(account).join())),
        ...names.slice(3).map((name) => binding(name, 'ClusterRoleBinding', account(name))),
        binding('web', 'RoleBinding', account('other')),
      ].join('---\n'),
    ],
    ['storage/shared-claim', 'writers of a claim', `${claim}---\n${each(pod)}`],
  ])('%s is the same for %s', (id, _, text) => {
    const snapshot = snapshotOf(text);
    const asked = controls.filter((control) => control.id === id);
    const expected = found(snapshot, asked);
    expect(expected.length).toBeGreaterThan(0);
    const shuffled = fc.shuffledSubarray([...snapshot.objects.keys()], { minLength: snapshot.objects.length });
    fc.assert(
      fc.property(shuffled, (order) => {
        const objects = order.flatMap((index) => snapshot.objects[index] ?? []);
        expect(found({ ...snapshot, objects }, asked)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

function expectSame(snapshot: Snapshot, what: string): void {
  const expected = found(snapshot);
  for (const objects of orders(snapshot.objects)) expect(found({ ...snapshot, objects }), what).toEqual(expected);
}

function snapshotOf(text: string): Snapshot {
  return assembleSnapshot([decodeManifest(text, join('folder', 'example.yaml'))], '2026-11-21T00:00:00Z');
}

/** What is said of each finding, sorted. */
function found(snapshot: Snapshot, asked: readonly AnyControl[] = controls): readonly string[] {
  const { findings, undecided } = judge(snapshot, { controls: asked, profiles: ['security', 'reliability'] });
  return [
    ...findings.map(({ identity, message, severity, owner, places }) => {
      const at = places.map(({ object, path }) => `${placeOf(object)} ${formatPath(path)}`).sort();
      return [identity, severity, message, `${owner.kind} ${owner.name}`, ...at].join('\n');
    }),
    ...undecided.map(({ control, kind, reason, subjects }) => [control.id, kind, reason, subjects].join('\n')),
  ].sort();
}

/** Copies of an object are told apart by where they stand. */
function placeOf({ kind, namespace, name, source }: KubeObject): string {
  return `${kind} ${namespace ?? ''}/${name} ${source.document} ${formatPath(source.base)}`;
}

/** The reverse, so that each two objects change places, and some more. */
function orders(objects: readonly KubeObject[]): readonly (readonly KubeObject[])[] {
  const shuffled = fc.shuffledSubarray([...objects], { minLength: objects.length });
  return [objects.toReversed(), ...fc.sample(shuffled, { numRuns: 2, seed: objects.length })];
}

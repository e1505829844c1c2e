import { afterAll, describe, expect, it } from 'vitest';
import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import type { AnyControl } from '../../src/controls/control.ts';
import { controls } from '../../src/controls/registry.ts';
import { type Judgement, judge } from '../../src/engine/judge.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { KubeObject } from '../../src/model/snapshot.ts';

const profiles = ['security', 'reliability'] as const;

/** Pods of a Deployment show what its template does not: what admission put in, or what somebody changed since. */
describe('what all pods of a workload have wrong is one finding, at the workload', () => {
  let seen = 0;
  afterAll(() => expect(seen).toBeGreaterThan(50));
  const judged = controls.filter(({ subject }) => subject === 'pod' || subject === 'container');

  it.each(judged.map((control) => [control.id, control] as const))('%s', (_, control) => {
    for (const text of control.examples.fail) {
      const { objects } = decodeManifest(text, 'example.yaml');
      const pods = objects.filter(({ kind, apiVersion }) => kind === 'Pod' && apiVersion === 'v1');
      const [pod] = pods;
      if (pod === undefined || pods.length > 1) continue;
      const others = objects.filter((each) => each !== pod);
      const alone = found(control, [...others, pod]);
      const replicas = found(control, [...others, ...deployed(pod)]);
      // A control that is about pods without a controller, or about what is no DaemonSet, may see none.
      if (replicas.length === 0) continue;
      seen += 1;
      expect(
        replicas.map(({ owner }) => owner.kind),
        text,
      ).not.toContain('Pod');
      expect(replicas.length, `${replicas.map(({ message }) => message).join('\n')}\n${text}`).toBeLessThanOrEqual(
        alone.length,
      );
    }
  });
});

function found(control: AnyControl, objects: readonly KubeObject[]): Judgement['findings'] {
  const snapshot = { ...assembleSnapshot([], '2026-11-21T00:00:00Z'), objects };
  return judge(snapshot, { controls: [control], profiles }).findings;
}

/** A Deployment with a plain template, its ReplicaSet, and two pods like this one. */
function deployed(pod: KubeObject): readonly KubeObject[] {
  const plain = { metadata: { labels: { app: 'web' } }, spec: { containers: [] } };
  const owned = (kind: string, name: string): JsonObject => ({
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: name, controller: true }],
  });
  const make = (kind: string, name: string, value: JsonObject): KubeObject => {
    const { namespace } = pod;
    const own = { name, uid: name, ...(namespace !== undefined && { namespace }) };
    const metadata = { ...(value['metadata'] as JsonObject), ...own };
    const apiVersion = kind === 'Pod' ? 'v1' : 'apps/v1';
    const source = { file: `${kind}/${name}`, document: 0, base: [] };
    return { apiVersion, kind, name, namespace, value: { ...value, apiVersion, kind, metadata }, source };
  };
  const replica = (name: string): KubeObject =>
    make('Pod', name, {
      ...pod.value,
      metadata: { ...(pod.value['metadata'] as JsonObject), ...owned('ReplicaSet', 'web-7d4b9c6f5') },
    });
  return [
    make('Deployment', 'web', { metadata: {}, spec: { template: plain } }),
    make('ReplicaSet', 'web-7d4b9c6f5', { metadata: owned('Deployment', 'web'), spec: { template: plain } }),
    replica('web-7d4b9c6f5-abcde'),
    replica('web-7d4b9c6f5-fghij'),
  ];
}

import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { apiLifecycles, lifecycleOf, replacementOf, servedIn } from './index.ts';
import { writtenVersions } from './written-version.ts';

describe('how long a kind is served', () => {
  it.each([
    ['extensions/v1beta1', 'Ingress', 21, 'removed-next'],
    ['extensions/v1beta1', 'Ingress', 22, 'not-served'],
    ['extensions/v1beta1', 'Deployment', 16, 'not-served'],
    ['batch/v1beta1', 'CronJob', 20, 'served'],
    ['batch/v1beta1', 'CronJob', 21, 'deprecated'],
    ['batch/v1beta1', 'CronJob', 24, 'removed-next'],
    ['batch/v1beta1', 'CronJob', 25, 'not-served'],
    ['policy/v1beta1', 'PodSecurityPolicy', 25, 'not-served'],
    ['autoscaling/v2beta2', 'HorizontalPodAutoscaler', 25, 'removed-next'],
    ['flowcontrol.apiserver.k8s.io/v1beta3', 'FlowSchema', 32, 'not-served'],
    ['certificates.k8s.io/v1alpha1', 'PodCertificateRequest', 35, 'not-served'],
    ['resource.k8s.io/v1beta1', 'ResourceClaim', 37, 'removed-next'],
  ])('%s %s in v1.%i: %s', (apiVersion, kind, minor, expected) => {
    const lifecycle = lifecycleOf(apiVersion, kind);
    expect(lifecycle && servedIn(lifecycle, minor)).toBe(expected);
  });

  it.each([
    ['batch/v1', 'CronJob'],
    ['batch/v1beta1', 'Job'],
    ['example.com/v1beta1', 'CronJob'],
    ['__proto__', 'constructor'],
  ])('says nothing of %s %s', (apiVersion, kind) => {
    expect(lifecycleOf(apiVersion, kind)).toBeUndefined();
  });

  it('names what takes its place, and what else is to be changed', () => {
    const say = (apiVersion: string, kind: string) => {
      const lifecycle = lifecycleOf(apiVersion, kind);
      return lifecycle === undefined ? '' : replacementOf(lifecycle);
    };
    expect(say('batch/v1beta1', 'CronJob')).toBe('use batch/v1, which is there since v1.21');
    expect(say('networking.k8s.io/v1beta1', 'Ingress')).toBe(
      'use networking.k8s.io/v1, which is there since v1.19: each path needs a pathType, and backends are written as service.name and service.port',
    );
    expect(say('policy/v1beta1', 'PodSecurityPolicy')).toBe(
      'no API takes its place: Pod Security admission, or policies of another kind, take its place',
    );
  });
});

function object(apiVersion: string, metadata: JsonObject): KubeObject {
  const source = { file: 'a.yaml', document: 0, base: [] };
  return {
    apiVersion,
    kind: 'CronJob',
    name: 'a',
    namespace: 'b',
    value: { apiVersion, kind: 'CronJob', metadata },
    source,
  };
}

describe('the version in which an object is written', () => {
  const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
  const applied = (text: string): JsonObject => ({ annotations: { [lastApplied]: text } });
  it.each<[string, JsonObject, readonly string[]]>([
    ['a manifest', {}, ['batch/v1 manifest']],
    [
      'a manifest that was exported with its annotation',
      applied('{"apiVersion":"batch/v1beta1"}'),
      ['batch/v1 manifest'],
    ],
    ['a live object that tells nothing', { uid: '1' }, []],
    [
      'a live object that kubectl applied',
      { uid: '1', ...applied('{"apiVersion":"batch/v1beta1"}') },
      ['batch/v1beta1 last-applied'],
    ],
    [
      'keys in another order',
      { uid: '1', ...applied('{"kind":"CronJob","apiVersion":"batch/v1beta1"}') },
      ['batch/v1beta1 last-applied'],
    ],
    ['an annotation that is cut off', { uid: '1', ...applied('{"apiVersion":"batch/v1be') }, []],
    ['an annotation that is no object', { uid: '1', ...applied('null') }, []],
    [
      'managed fields, of clients alone',
      {
        uid: '1',
        ...applied('{"apiVersion":"batch/v2alpha1"}'),
        managedFields: [
          { manager: 'helm', apiVersion: 'batch/v1beta1', operation: 'Update' },
          { manager: 'kube-controller-manager', apiVersion: 'batch/v1beta1', operation: 'Update' },
        ],
      },
      ['batch/v1beta1 managed-fields'],
    ],
  ])('%s', (_, metadata, expected) => {
    expect(
      writtenVersions(object('batch/v1', metadata)).map(({ apiVersion, from }) => `${apiVersion} ${from}`),
    ).toEqual(expected);
  });

  it('never throws for what metadata may hold', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('uid', 'managedFields', 'annotations', '__proto__'), fc.jsonValue()),
        (metadata) => {
          // fast-check knows JSON by another type.
          expect(Array.isArray(writtenVersions(object('v1', metadata as JsonObject)))).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the data', () => {
  it('deprecates before it removes, and names versions that come before the end', () => {
    for (const { apiVersion, kind, since = 0, deprecated, removed, to, sameShape } of apiLifecycles) {
      const name = `${apiVersion} ${kind}`;
      if (deprecated !== undefined) expect(deprecated, name).toBeGreaterThanOrEqual(since);
      if (deprecated !== undefined && removed !== undefined) expect(removed, name).toBeGreaterThan(deprecated);
      if (sameShape === true) expect(to, name).toBeDefined();
      expect(lifecycleOf(to ?? '', kind)?.removed ?? Number.POSITIVE_INFINITY, name).toBeGreaterThan(removed ?? 0);
    }
  });

  const facts = new URL('../../../../shared/facts/deprecated-apis.json', import.meta.url);
  const hasFacts = existsSync(facts);
  if (!hasFacts) console.warn('skipped: the list of APIs that data/deprecated-apis.json is made from is not here');
  it.skipIf(!hasFacts)('removes what was found to be removed, in the same version', () => {
    interface Found {
      readonly apiVersion: string;
      readonly kind: string;
      readonly removedIn: string | null;
      readonly component: string;
    }
    const known: { readonly apis: readonly Found[] } = JSON.parse(readFileSync(facts, 'utf8'));
    const removed = new Map(known.apis.map((row) => [`${row.apiVersion} ${row.kind}`, row.removedIn]));
    for (const row of apiLifecycles) {
      const text = removed.get(`${row.apiVersion} ${row.kind}`);
      expect(text, `${row.apiVersion} ${row.kind}`).toBe(
        row.of === undefined ? `1.${row.removed}` : `${row.of} ${row.removedIn}`,
      );
    }
  });
});

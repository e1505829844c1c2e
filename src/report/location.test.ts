import { describe, expect, it } from 'vitest';
import { livePod } from '../../test/golden/fixture.ts';
import { decodeManifest } from '../collect/manifests/decode.ts';
import type { KubeObject, Rendered } from '../model/snapshot.ts';
import { comparePlaces, locationOf } from './location.ts';

const list = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: { name: a }
    spec:
      hostPID: true
`;

function only(text: string, rendered?: Rendered): KubeObject {
  const [object] = decodeManifest(text, 'list.yaml', { rendered }).objects;
  if (object === undefined) throw new Error('no object');
  return object;
}

describe('locationOf', () => {
  it('gives the field in its object and in its document, and its lines in the file', () => {
    expect(locationOf({ object: only(list), path: ['spec', 'hostPID'] })).toEqual({
      source: 'file',
      file: 'list.yaml',
      line: 8,
      column: 7,
      endLine: 8,
      endColumn: 20,
      document: 0,
      path: 'spec.hostPID',
      pointer: '/items/0/spec/hostPID',
    });
  });

  it('points to the nearest ancestor of a field that is missing', () => {
    const { line, path } = locationOf({ object: only(list), path: ['spec', 'securityContext', 'runAsUser'] });
    expect({ line, path }).toEqual({ line: 7, path: 'spec.securityContext.runAsUser' });
  });

  it('names the template of rendered output, and gives no line of it', () => {
    const object = only(list, { by: 'helm', from: 'charts/db', template: 'charts/db/templates/pod.yaml' });
    const location = locationOf({ object, path: ['spec', 'hostPID'] });
    expect(location).toMatchObject({ source: 'rendered', file: 'charts/db/templates/pod.yaml' });
    expect(location.line).toBeUndefined();
    expect(location.rendered).toMatchObject({ by: 'helm', from: 'charts/db' });
  });

  it('names the API path of a live object', () => {
    expect(locationOf({ object: livePod('a'), path: ['metadata', 'labels', 'a/b~c'] })).toEqual({
      source: 'cluster',
      file: '/api/v1/namespaces/kube-system/pods/a',
      document: 0,
      path: 'metadata.labels["a/b~c"]',
      pointer: '/metadata/labels/a~1b~0c',
    });
  });
});

describe('comparePlaces', () => {
  it('orders list items by number, and an object before its fields', () => {
    const object = only(list);
    const at = (...path: (string | number)[]) => ({ object, path });
    const sorted = [at('spec', 'a', 10), at('spec', 'a', 9), at('spec'), at('metadata', 'z')].toSorted(comparePlaces);
    expect(sorted.map(({ path }) => path.join('.'))).toEqual(['metadata.z', 'spec', 'spec.a.9', 'spec.a.10']);
  });
});

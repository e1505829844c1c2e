import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { misnamedWorkload } from './misnamed.ts';

function hintFor(apiVersion: string, kind: string): string | undefined {
  const [object] = decodeManifest(
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: x }\n`,
    'x.yaml',
  ).objects;
  return object && misnamedWorkload(object)?.hint;
}

describe('objects that look like workloads', () => {
  it.each([
    ['apps/v1', 'Deploymnt', 'did you mean apps/v1 Deployment?'],
    ['apps/v1', 'deployment', 'did you mean apps/v1 Deployment?'],
    ['apps/v1', 'Deamonset', undefined],
    ['apps/v1', 'DeamonSet', 'did you mean apps/v1 DaemonSet?'],
    ['v1', 'Deployment', 'did you mean apps/v1 Deployment?'],
    ['networking.k8s.io/v1', 'Deployment', 'did you mean apps/v1 Deployment?'],
    ['batch/v1', 'CronJobs', 'did you mean batch/v1 CronJob?'],
    ['v1', 'Pdo', undefined],
    ['v1', 'Config', undefined],
    ['v1', 'ConfigMap', undefined],
    ['apps/v1', 'ControllerRevision', undefined],
    ['apps.kruise.io/v1alpha1', 'DaemonSet', undefined],
    ['apps/v1', 'Deployment', undefined],
  ])('%s %s: %s', (apiVersion, kind, hint) => {
    expect(hintFor(apiVersion, kind)).toBe(hint);
  });
});

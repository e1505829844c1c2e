import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { lastingName } from './lasting-name.ts';

const owned = (kind: string, name: string, controller = true): string =>
  `ownerReferences: [{apiVersion: apps/v1, kind: ${kind}, name: ${name}, uid: u, controller: ${controller}}]`;
const hash = 'labels: {pod-template-hash: 5d4f8}';

describe('the name that an object keeps', () => {
  it.each<[string, string, string, string]>([
    ['its own', 'Deployment', 'name: web', 'web'],
    ['of a pod, its own', 'Pod', 'name: web', 'web'],
    [
      'of a pod of a Deployment',
      'Pod',
      `name: web-5d4f8-x2z, ${hash}, ${owned('ReplicaSet', 'web-5d4f8')}`,
      'ReplicaSet/web',
    ],
    ['of a pod of a ReplicaSet alone', 'Pod', `name: web-x2z, ${owned('ReplicaSet', 'web')}`, 'ReplicaSet/web'],
    ['of a ReplicaSet', 'ReplicaSet', `name: web-5d4f8, ${hash}, ${owned('Deployment', 'web')}`, 'Deployment/web'],
    ['of a Job', 'Job', `name: nightly-2890, ${owned('CronJob', 'nightly')}`, 'CronJob/nightly'],
    ['of a pod of a DaemonSet', 'Pod', `name: cni-x2z, ${owned('DaemonSet', 'cni')}`, 'DaemonSet/cni'],
    ['of what an operator made', 'Deployment', `name: web, ${owned('App', 'shop')}`, 'web'],
    ['of a pod that an operator made', 'Pod', `name: web, ${owned('App', 'shop')}`, 'web'],
    ['of a pod of its node', 'Pod', `name: etcd-n1, ${owned('Node', 'n1')}`, 'etcd-n1'],
    ['of what is owned and not controlled', 'Pod', `name: web, ${owned('ReplicaSet', 'x', false)}`, 'web'],
    ['with references that are none', 'Pod', 'name: web, ownerReferences: [3, {controller: true}]', 'web'],
    [
      'with a hash that is no end',
      'Pod',
      `name: a, labels: {pod-template-hash: "9"}, ${owned('ReplicaSet', 'web')}`,
      'ReplicaSet/web',
    ],
  ])('%s', (_, kind, metadata, expected) => {
    const { objects } = decodeManifest(`apiVersion: v1\nkind: ${kind}\nmetadata: {${metadata}}\n`, 'a.yaml');
    expect(objects.map(lastingName)).toEqual([expected]);
  });
});

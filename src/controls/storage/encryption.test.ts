import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { felix } from '../wire-encryption/examples.ts';
import encryptedAtRest from './encrypted-at-rest.ts';
import encryptedInTransit from './encrypted-in-transit.ts';
import { storageClass, volume } from './examples.ts';

function told(control: typeof encryptedAtRest, ...texts: readonly string[]): readonly string[] {
  const { findings, undecided } = judgeText([control], texts.join('---\n'));
  return [
    ...findings.map(({ message }) => /^(?:storage of )?(\S+ \S+)/.exec(message)?.[1] ?? message),
    ...undecided.map(({ reason }) => `? ${reason.split(':')[0]?.replace(/ at rest$/, '')}`),
  ];
}

const longhorn = 'driver.longhorn.io';
const csi = (driver: string, attributes = ''): string =>
  `csi: {driver: ${driver}, volumeHandle: v, volumeAttributes: {${attributes}}}`;
const made = (driver: string, attributes = ''): string =>
  volume(`storageClassName: data, ${csi(driver, attributes)}`, `pv.kubernetes.io/provisioned-by: ${driver}`);
const encrypted = 'parameters: {encrypted: "true"}';

describe('classes and the volumes that they made', () => {
  it.each([
    [
      'is told once, at the class',
      [storageClass(longhorn), made(longhorn, 'encrypted: "false"')],
      ['StorageClass data'],
    ],
    ['volumes keep how they were made', [storageClass(longhorn, encrypted), made(longhorn)], ['PersistentVolume data']],
    [
      'volumes that do not tell are as their class',
      [storageClass('ebs.csi.aws.com', encrypted), made('ebs.csi.aws.com')],
      [],
    ],
    ['volumes without a class', [volume(csi('ebs.csi.aws.com'))], ['? Amazon EBS']],
    [
      'a class of another driver says nothing',
      [storageClass(longhorn, encrypted), made('ebs.csi.aws.com')],
      ['? Amazon EBS'],
    ],
    ['a provider that always encrypts', [volume(csi('pd.csi.storage.gke.io'))], []],
    [
      'a driver that is not known',
      [storageClass('storage.example')],
      ['? nothing is known of the provisioner storage.example'],
    ],
    ['a value that is no text', [storageClass(longhorn, 'parameters: {encrypted: true}')], ['StorageClass data']],
  ])('%s', (_, texts, expected) => {
    expect(told(encryptedAtRest, ...texts)).toEqual(expected);
  });
});

function ceph(spec: string): string {
  return `apiVersion: ceph.rook.io/v1
kind: CephCluster
metadata: {name: rook-ceph, namespace: rook-ceph}
spec: {${spec}}
`;
}

function pool(name: string, spec: string): string {
  return `apiVersion: openebs.io/v1beta3
kind: DiskPool
metadata: {name: ${name}, namespace: openebs}
spec: {${spec}}
`;
}

const rbd = storageClass('rook-ceph.rbd.csi.ceph.com');
const mayastor = storageClass('io.openebs.csi-mayastor');
const key = 'encryptionConfig: {source: {secret: {name: key}}}';

describe('what decides elsewhere in the cluster', () => {
  it.each([
    ['no CephCluster', [rbd], ['? Ceph RBD']],
    ['its disks', [rbd, ceph('storage: {storageClassDeviceSets: [{encrypted: true}]}')], []],
    ['its disks by configuration', [rbd, ceph('storage: {config: {encryptedDevice: "true"}}')], []],
    ['plain disks', [rbd, ceph('storage: {useAllDevices: true}')], ['StorageClass data']],
    ['disks that differ', [rbd, ceph('storage: {storageClassDeviceSets: [{encrypted: true}, {}]}')], ['? Ceph RBD']],
    ['a cluster elsewhere', [rbd, ceph('external: {enable: true}')], ['? Ceph RBD']],
    ['every pool', [mayastor, pool('a', key), pool('b', key)], []],
    ['not every pool', [mayastor, pool('a', key), pool('b', '')], ['StorageClass data']],
  ])('at rest: %s', (_, texts, expected) => {
    expect(told(encryptedAtRest, ...texts)).toEqual(expected);
  });

  it.each([
    ['connections of Ceph', [rbd, ceph('network: {connections: {encryption: {enabled: true}}}')], []],
    ['plain connections of Ceph', [rbd, ceph('')], ['StorageClass data']],
    ['the network plugin encrypts', [storageClass(longhorn), felix('wireguardEnabled: true')], []],
    ['the network plugin does not', [storageClass(longhorn), felix('')], ['StorageClass data']],
    ['the network plugin was not read', [storageClass(longhorn)], ['? Longhorn in transit']],
  ])('in transit: %s', (_, texts, expected) => {
    expect(told(encryptedInTransit, ...texts)).toEqual(expected);
  });
});

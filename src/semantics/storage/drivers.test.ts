import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type EncryptionState, storageDriver, storageDrivers } from './drivers.ts';
import { encryptionOf, readMountOptions, readParameters } from './encryption.ts';

type Row = readonly [
  provisioner: string,
  parameters: Readonly<Record<string, string>>,
  atRest: EncryptionState,
  inTransit: EncryptionState,
  ...mountOptions: readonly string[],
];

const [yes, no, open] = ['encrypted', 'unencrypted', 'unknown'] as const;

/** What each driver does by default, and with what turns encryption on. */
const table: readonly Row[] = [
  ['ebs.csi.aws.com', {}, no, open],
  ['ebs.csi.aws.com', { encrypted: 'true' }, yes, yes],
  ['ebs.csi.aws.com', { ENCRYPTED: 'True' }, yes, yes],
  ['kubernetes.io/aws-ebs', { encrypted: 'false' }, no, open],
  ['ebs.csi.eks.amazonaws.com', { encrypted: 'true' }, yes, yes],
  ['efs.csi.aws.com', {}, open, yes],
  ['efs.csi.aws.com', { encryptInTransit: 'false' }, open, no],
  ['fsx.csi.aws.com', {}, yes, open],
  ['pd.csi.storage.gke.io', {}, yes, yes],
  ['kubernetes.io/gce-pd', {}, yes, yes],
  ['filestore.csi.storage.gke.io', {}, yes, no],
  ['filestore.csi.storage.gke.io', { protocol: 'NFS_V4_1' }, yes, open],
  ['disk.csi.azure.com', {}, yes, yes],
  ['kubernetes.io/azure-disk', {}, yes, yes],
  ['file.csi.azure.com', {}, yes, yes],
  ['file.csi.azure.com', { protocol: 'nfs' }, yes, no],
  ['file.csi.azure.com', { PROTOCOL: 'NFS', encryptintransit: 'true' }, yes, yes],
  ['kubernetes.io/azure-file', {}, yes, yes],
  ['blob.csi.azure.com', {}, yes, yes],
  ['blob.csi.azure.com', { protocol: 'nfs' }, yes, no],
  ['csi.vsphere.vmware.com', { StoragePolicyName: 'gold' }, open, open],
  ['kubernetes.io/vsphere-volume', {}, open, open],
  ['pxd.portworx.com', {}, no, open],
  ['pxd.portworx.com', { secure: 'true' }, yes, open],
  ['kubernetes.io/portworx-volume', { secure: 'true' }, yes, open],
  ['driver.longhorn.io', {}, no, open],
  ['driver.longhorn.io', { encrypted: 'true' }, yes, open],
  ['rbd.csi.ceph.com', { encrypted: 'true' }, yes, open],
  ['rook-ceph.rbd.csi.ceph.com', { mapOptions: 'krbd:ms_mode=secure' }, open, yes],
  ['rook-ceph.cephfs.csi.ceph.com', { kernelMountOptions: 'ms_mode=secure', encrypted: 'true' }, yes, yes],
  ['cephfs.csi.ceph.com', {}, open, open],
  ['io.openebs.csi-mayastor', {}, open, no],
  ['zfs.csi.openebs.io', {}, open, yes],
  ['zfs.csi.openebs.io', { encryption: 'aes-256-gcm' }, yes, yes],
  ['zfs.csi.openebs.io', { encryption: 'off' }, no, yes],
  ['local.csi.openebs.io', {}, open, yes],
  ['dobs.csi.digitalocean.com', {}, yes, open],
  ['linodebs.csi.linode.com', {}, no, open],
  ['linodebs.csi.linode.com', { 'linodebs.csi.linode.com/encrypted': 'true' }, yes, open],
  ['linodebs.csi.linode.com', { 'linodebs.csi.linode.com/luks-encrypted': 'true' }, yes, yes],
  ['cinder.csi.openstack.org', {}, open, open],
  ['kubernetes.io/cinder', { type: 'luks' }, open, open],
  ['blockvolume.csi.oraclecloud.com', {}, yes, no],
  ['blockvolume.csi.oraclecloud.com', { 'attachment-type': 'paravirtualized' }, yes, open],
  ['fss.csi.oraclecloud.com', {}, yes, no],
  ['fss.csi.oraclecloud.com', { encryptInTransit: 'true' }, yes, yes],
  ['lustre.csi.oraclecloud.com', {}, yes, no],
  ['vpc.block.csi.ibm.io', { encrypted: 'false' }, yes, yes],
  ['vpc.block.csi.ibm.io', { encrypted: 'true', encryptionKey: '' }, no, yes],
  ['vpc.block.csi.ibm.io', { encrypted: 'true', encryptionKey: 'crn:v1' }, yes, yes],
  ['diskplugin.csi.alibabacloud.com', { kmsKeyId: 'a' }, no, yes],
  ['diskplugin.csi.alibabacloud.com', { encrypted: 'true' }, yes, yes],
  ['nasplugin.csi.alibabacloud.com', {}, no, no],
  ['nasplugin.csi.alibabacloud.com', { encryptType: '1' }, yes, yes, 'sec=krb5p'],
  ['ossplugin.csi.alibabacloud.com', { encrypted: 'kms', url: 'https://oss' }, yes, yes],
  ['ossplugin.csi.alibabacloud.com', { url: 'http://oss' }, open, no],
  ['csi.scaleway.com', {}, no, open],
  ['csi.scaleway.com', { encrypted: 'true' }, yes, yes],
  ['csi.hetzner.cloud', {}, no, open],
  ['csi.hetzner.cloud', { 'csi.storage.k8s.io/node-publish-secret-name': 'key' }, yes, yes],
  ['linstor.csi.linbit.com', {}, no, open],
  ['linstor.csi.linbit.com', { 'linstor.csi.linbit.com/encryption': 'true' }, yes, open],
  ['linstor.csi.linbit.com', { layerList: 'drbd luks storage' }, yes, open],
  ['csi.trident.netapp.io', {}, open, open],
  ['csi.trident.netapp.io', {}, open, yes, 'nfsvers=4.1', 'sec=krb5p'],
  ['nfs.csi.k8s.io', {}, open, no],
  ['nfs.csi.k8s.io', { mountOptions: 'nfsvers=4.1,sec=krb5p' }, open, yes],
  ['nfs', {}, open, yes, 'xprtsec=tls'],
  ['nfs.csi.k8s.io', {}, open, no, 'sec=krb5i'],
  ['k8s-sigs.io/nfs-subdir-external-provisioner', {}, open, no],
  ['cluster.local/nfs-subdir-external-provisioner', {}, open, yes, 'sec=krb5p'],
  ['smb.csi.k8s.io', {}, open, no],
  ['smb.csi.k8s.io', {}, open, yes, 'vers=3.1.1,seal'],
  ['smb.csi.k8s.io', {}, open, no, 'vers=2.1', 'seal'],
  ['rancher.io/local-path', {}, open, yes],
  ['kubernetes.io/no-provisioner', {}, open, yes],
  ['microk8s.io/hostpath', {}, open, yes],
  ['docker.io/hostpath', {}, open, yes],
  ['k8s.io/minikube-hostpath', {}, open, yes],
  ['hostpath.csi.k8s.io', {}, open, yes],
];

describe('storage drivers', () => {
  for (const [provisioner, parameters, atRest, inTransit, ...mountOptions] of table) {
    it([provisioner, JSON.stringify(parameters), ...mountOptions].join(' '), () => {
      const driver = storageDriver(provisioner);
      if (driver === undefined) throw new Error('the driver is not known');
      const request = {
        driver,
        parameters: readParameters(driver, parameters),
        mountOptions: readMountOptions(mountOptions, parameters.mountOptions),
        evidence: () => 'unknown' as const,
      };
      const [rest, transit] = [encryptionOf(request, 'atRest'), encryptionOf(request, 'inTransit')];
      expect([rest.state, transit.state]).toEqual([atRest, inTransit]);
      // What cannot be proven says how it could be.
      for (const { state, prove } of [rest, transit]) expect(state === 'unknown').toBe(prove !== undefined);
    });
  }

  it('are all in the table above', () => {
    const tried = new Set(table.map(([provisioner]) => storageDriver(provisioner)));
    expect(storageDrivers.filter((driver) => !tried.has(driver)).map(({ name }) => name)).toEqual([]);
  });

  it('end with a case that always holds', () => {
    for (const { name, atRest, inTransit } of storageDrivers) {
      for (const cases of [atRest, inTransit]) {
        expect(
          cases.findIndex(({ when }) => when === undefined),
          name,
        ).toBe(cases.length - 1);
      }
    }
  });

  it('are not found by part of a name', () => {
    expect(storageDriver('evil-rbd.csi.ceph.com')).toBeUndefined();
    expect(storageDriver('ebs.csi.aws.com.example')).toBeUndefined();
    expect(storageDriver('__proto__')).toBeUndefined();
  });
});

const facts = join(dirname(fileURLToPath(import.meta.url)), '../../../../shared/facts/storage.json');
if (!existsSync(facts)) console.warn(`${facts} is missing: that every researched driver is known is not tested`);

describe('the research', () => {
  it.skipIf(!existsSync(facts))('names no driver that is not known', () => {
    const read = JSON.parse(readFileSync(facts, 'utf8')) as { drivers: { provisioner: string[] }[] };
    const names = read.drivers.flatMap(({ provisioner }) => provisioner);
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => storageDriver(name) === undefined)).toEqual([]);
  });
});

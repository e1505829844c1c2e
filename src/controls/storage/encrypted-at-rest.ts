import { encryptionControl } from './encryption-control.ts';
import { storageClass, volume } from './examples.ts';

export default encryptionControl('atRest', {
  id: 'storage/encrypted-at-rest',
  title: 'Volumes are encrypted where they are stored',
  severity: 'high',
  why: 'Snapshots, backups, discarded disks and whoever runs the storage hold the data of a volume that is not encrypted, and no right in the cluster keeps them from it.',
  remedy:
    'Set the parameter that the message names in a new class, and move data to volumes of it: volumes keep how they were made.',
  examples: {
    fail: [
      storageClass('ebs.csi.aws.com', 'parameters: {type: gp3}'),
      storageClass('driver.longhorn.io', 'parameters: {numberOfReplicas: "3"}'),
      storageClass('csi.hetzner.cloud'),
      volume('csi: {driver: driver.longhorn.io, volumeHandle: pvc-1, volumeAttributes: {encrypted: "false"}}'),
    ],
    pass: [
      storageClass('ebs.csi.aws.com', 'parameters: {Encrypted: "true"}'),
      storageClass('pd.csi.storage.gke.io', 'parameters: {type: pd-ssd}'),
      storageClass('driver.longhorn.io', 'parameters: {encrypted: "true"}'),
      storageClass('rancher.io/local-path'),
      volume('csi: {driver: disk.csi.azure.com, volumeHandle: disk-1}'),
    ],
  },
});

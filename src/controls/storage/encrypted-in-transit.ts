import { encryptionControl } from './encryption-control.ts';
import { storageClass, volume } from './examples.ts';

export default encryptionControl('inTransit', {
  id: 'storage/encrypted-in-transit',
  title: 'Volumes are encrypted on their way to the node',
  severity: 'medium',
  why: 'A volume that is mounted over the network in plain text is read and changed by whoever sees that network, whatever encrypts it where it is stored.',
  remedy: 'Set the mount option or parameter that the message names, or encrypt the network between nodes and storage.',
  examples: {
    fail: [
      storageClass('nfs.csi.k8s.io', 'parameters: {server: nfs.example, share: /data}\nmountOptions: [nfsvers=4.1]'),
      storageClass('file.csi.azure.com', 'parameters: {protocol: nfs}'),
      volume('csi: {driver: efs.csi.aws.com, volumeHandle: fs-1, volumeAttributes: {encryptInTransit: "false"}}'),
      volume('nfs: {server: nfs.example, path: /data}'),
      volume('mountOptions: [vers=2.1], csi: {driver: smb.csi.k8s.io, volumeHandle: files}'),
    ],
    pass: [
      storageClass('nfs.csi.k8s.io', 'parameters: {server: nfs.example, share: /data}\nmountOptions: [sec=krb5p]'),
      storageClass('file.csi.azure.com', 'parameters: {protocol: nfs, encryptInTransit: "true"}'),
      storageClass('file.csi.azure.com'),
      volume('csi: {driver: efs.csi.aws.com, volumeHandle: fs-1}'),
      volume('mountOptions: [xprtsec=mtls], nfs: {server: nfs.example, path: /data}'),
      volume('mountOptions: ["seal,vers=3.1.1"], csi: {driver: smb.csi.k8s.io, volumeHandle: files}'),
    ],
  },
});

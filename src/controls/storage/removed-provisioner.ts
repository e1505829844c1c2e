import { serverVersion } from '../../facts/cluster-version.ts';
import { storageClassOf } from '../../facts/storage.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { inTreeRemoval } from '../../semantics/storage/drivers.ts';
import { control } from '../control.ts';
import { storageClass } from './examples.ts';

/** Kinds whose code left Kubernetes without a CSI driver that takes over. */
const withoutMigration: ReadonlySet<string> = new Set([
  'kubernetes.io/glusterfs',
  'kubernetes.io/flocker',
  'kubernetes.io/quobyte',
  'kubernetes.io/storageos',
  'kubernetes.io/scaleio',
]);

/** Sources: Kubernetes documentation, "Volumes"; `inTreeRemoved` of data/storage-drivers.json. */
export default control({
  id: 'storage/removed-provisioner',
  title: 'Classes name a CSI driver',
  severity: 'low',
  profile: 'reliability',
  subject: 'object',
  kinds: ['StorageClass'],
  why: 'Kubernetes has no storage code of its own any more: such classes work where a CSI driver takes over for them, without its options for encryption, or not at all.',
  remedy: 'Make a class with the CSI driver of the same storage, and move claims to it.',
  check: ({ object }, facts) => {
    const provisioner = facts.get(storageClassOf)(object)?.provisioner;
    const removed = provisioner === undefined ? undefined : inTreeRemoval(provisioner);
    if (provisioner === undefined) return notApplicable('it is no StorageClass');
    if (removed === undefined) return pass;
    const minor = facts.get(serverVersion)?.minor;
    const isGone = minor !== undefined && minor >= Number(removed.slice(2));
    if (minor !== undefined && !isGone) return unknown(`${provisioner} ends with Kubernetes ${removed}`);
    const ends = withoutMigration.has(provisioner) ? 'and no driver takes over' : 'and its CSI driver takes over';
    const message = `StorageClass ${object.name} names ${provisioner}, which Kubernetes ${removed} removed, ${ends}`;
    return fail(message, ['provisioner'], {
      ...(isGone && withoutMigration.has(provisioner) && { severity: 'medium' }),
    });
  },
  examples: {
    fail: [
      storageClass('kubernetes.io/aws-ebs', 'parameters: {encrypted: "true"}'),
      storageClass('kubernetes.io/glusterfs'),
    ],
    pass: [storageClass('ebs.csi.aws.com', 'parameters: {encrypted: "true"}')],
  },
});

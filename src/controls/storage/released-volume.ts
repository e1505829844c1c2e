import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { volume } from './examples.ts';

const shop = 'claimRef: {namespace: shop, name: data}, csi: {driver: ebs.csi.aws.com, volumeHandle: vol-1}';

/** Source: Kubernetes documentation, "Persistent Volumes", Retain. */
export default control({
  id: 'storage/released-volume',
  title: 'Volumes whose claim is gone do not keep its data',
  severity: 'low',
  subject: 'object',
  kinds: ['PersistentVolume'],
  why: 'A volume that was released holds the data of whoever had it: nobody watches over it any more, and an administrator may bind it to somebody else.',
  remedy: 'Save what is still needed, then delete the PersistentVolume and the storage behind it.',
  check: ({ object }) => {
    if (groupKind(object) !== '/PersistentVolume') return notApplicable('it is no PersistentVolume');
    const phase = valueAt(object.value, ['status', 'phase']);
    if (phase === undefined) return notApplicable('its state was not read');
    if (phase !== 'Released') return pass;
    const claim = ['namespace', 'name'].map((key) => valueAt(object.value, ['spec', 'claimRef', key]));
    const of = claim.every((part) => typeof part === 'string') ? ` of claim ${claim.join('/')}` : '';
    return fail(`PersistentVolume ${object.name} was released and keeps the data${of}`, [
      'spec',
      'persistentVolumeReclaimPolicy',
    ]);
  },
  examples: {
    fail: [`${volume(`persistentVolumeReclaimPolicy: Retain, ${shop}`)}status: {phase: Released}\n`],
    pass: [`${volume(`persistentVolumeReclaimPolicy: Retain, ${shop}`)}status: {phase: Bound}\n`],
  },
});

import { storageClassOf } from '../../facts/storage.ts';
import { own } from '../../model/json.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { storageClass } from './examples.ts';

const nodeLocal: ReadonlySet<string> = new Set([
  'kubernetes.io/no-provisioner',
  'rancher.io/local-path',
  'local.csi.openebs.io',
  'zfs.csi.openebs.io',
]);

/** Source: Kubernetes documentation, "Storage Classes", volume binding mode. */
export default control({
  id: 'storage/binding-mode',
  title: 'Volumes of one node are bound when a pod is placed',
  severity: 'low',
  profile: 'reliability',
  subject: 'object',
  kinds: ['StorageClass'],
  why: 'A volume of a node that is bound before its pod is placed decides where the pod must run, whatever selectors, taints and spread say.',
  remedy: 'Set volumeBindingMode: WaitForFirstConsumer.',
  check: ({ object }, facts) => {
    const here = facts.get(storageClassOf)(object);
    if (here === undefined || !nodeLocal.has(here.provisioner)) return notApplicable('its volumes are not of one node');
    if (own(object.value, 'volumeBindingMode') === 'WaitForFirstConsumer') return pass;
    return fail(`StorageClass ${object.name} binds volumes of ${here.provisioner} at once`, ['volumeBindingMode']);
  },
  examples: {
    fail: [storageClass('kubernetes.io/no-provisioner')],
    pass: [storageClass('kubernetes.io/no-provisioner', 'volumeBindingMode: WaitForFirstConsumer')],
  },
});

import { persistentVolumeOf, storageClassOf } from '../../facts/storage.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { hazardsOf } from '../../semantics/storage/encryption.ts';
import { control } from '../control.ts';
import { storageClass, volume } from './examples.ts';

export default control({
  id: 'storage/driver-options',
  title: 'Classes and volumes do not open storage to others',
  severity: 'medium',
  subject: 'object',
  kinds: ['StorageClass', 'PersistentVolume'],
  why: 'Some parameters of storage drivers open what they make to the network, to all users or to root of any client, past whatever the cluster allows.',
  remedy:
    'Leave the parameter that the message names out, or set it to the value that its driver documents as private.',
  check: ({ object }, facts) => {
    const found = facts.get(storageClassOf)(object) ?? facts.get(persistentVolumeOf)(object);
    if (found === undefined) return notApplicable('it is neither a class nor a volume');
    const { request } = found;
    if (request === undefined) return notApplicable('nothing is known of its driver');
    if ('madeBy' in found && found.madeBy !== undefined) return notApplicable('its class is judged');
    const hazards = hazardsOf(request);
    if (hazards.length === 0) return pass;
    const at = object.kind === 'StorageClass' ? ['parameters'] : ['spec'];
    return hazards.map(({ says, severity }, index) =>
      fail(`${object.kind} ${object.name} (${request.driver.name}): ${says}`, at, { severity, key: `${index}` }),
    );
  },
  examples: {
    fail: [
      storageClass('disk.csi.azure.com', 'parameters: {networkAccessPolicy: AllowAll}'),
      storageClass('file.csi.azure.com', 'parameters: {allowBlobPublicAccess: "true"}'),
      storageClass('hostpath.csi.k8s.io'),
      storageClass('nfs.csi.k8s.io', 'parameters: {server: nfs.example, share: /}'),
    ],
    pass: [
      storageClass('disk.csi.azure.com', 'parameters: {networkAccessPolicy: DenyAll}'),
      volume('csi: {driver: ebs.csi.aws.com, volumeHandle: vol-1}'),
    ],
  },
});

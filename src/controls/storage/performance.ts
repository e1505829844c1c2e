import { storageClassOf } from '../../facts/storage.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { firstSet } from '../../semantics/storage/encryption.ts';
import { control } from '../control.ts';
import { storageClass } from './examples.ts';

export default control({
  id: 'storage/performance',
  title: 'Classes say how much IOPS and throughput volumes have',
  severity: 'info',
  subject: 'object',
  kinds: ['StorageClass'],
  why: 'Without a bound one volume takes the throughput of its neighbours, or is slower than its application needs, and nobody has decided which.',
  remedy: 'Set IOPS and throughput by the parameters that the message names.',
  check: ({ object }, facts) => {
    const request = facts.get(storageClassOf)(object)?.request;
    if (request === undefined || request.driver.performance.length === 0) {
      return notApplicable('its driver has no such parameter');
    }
    if (firstSet(request, request.driver.performance) !== undefined) return pass;
    const names = request.driver.performance.slice(0, 3).join(', ');
    return fail(`StorageClass ${object.name} sets none of ${names}`, ['parameters']);
  },
  examples: {
    fail: [storageClass('ebs.csi.aws.com', 'parameters: {type: gp3}')],
    pass: [
      storageClass('ebs.csi.aws.com', 'parameters: {type: gp3, iops: "4000"}'),
      storageClass('disk.csi.azure.com', 'parameters: {diskiopsreadwrite: "4000"}'),
    ],
  },
});

import { storageClassOf } from '../../facts/storage.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { encryptionOf, firstSet } from '../../semantics/storage/encryption.ts';
import { control } from '../control.ts';
import { storageClass } from './examples.ts';

/** Only where it is encrypted at all: else `storage/encrypted-at-rest` says what comes first. */
export default control({
  id: 'storage/customer-key',
  title: 'Volumes are encrypted with a key of your own',
  severity: 'info',
  profile: 'reliability',
  subject: 'object',
  kinds: ['StorageClass'],
  why: 'With the key of the provider nobody decides in a key policy who may decrypt, no use of it is logged, and nobody can withdraw it.',
  remedy: 'Name a key of your own by the parameter that the message names, where your rules ask for one.',
  check: ({ object }, facts) => {
    const request = facts.get(storageClassOf)(object)?.request;
    if (request === undefined || request.driver.keys.length === 0) {
      return notApplicable('no key can be named to its driver');
    }
    if (encryptionOf(request, 'atRest').state !== 'encrypted') return notApplicable('it is not known to be encrypted');
    if (firstSet(request, request.driver.keys) !== undefined) return pass;
    const [key] = request.driver.keys;
    return fail(`StorageClass ${object.name} names no key by ${key}: that of ${request.driver.name} is used`, [
      'parameters',
    ]);
  },
  examples: {
    fail: [storageClass('ebs.csi.aws.com', 'parameters: {encrypted: "true"}'), storageClass('pd.csi.storage.gke.io')],
    pass: [storageClass('ebs.csi.aws.com', 'parameters: {encrypted: "true", kmsKeyId: arn:aws:kms:eu-west-1:1:key/a}')],
  },
});

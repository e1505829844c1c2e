import type { Facts } from '../../facts/facts.ts';
import { persistentVolumeOf, storageClassOf } from '../../facts/storage.ts';
import type { Path } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass, unknown, type Verdict } from '../../model/verdict.ts';
import type { Encryption } from '../../semantics/storage/drivers.ts';
import { type EncryptionAnswer, encryptionOf } from '../../semantics/storage/encryption.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';

type Words = Pick<ControlDefinition<'object'>, 'id' | 'title' | 'severity' | 'why' | 'remedy' | 'examples'>;

/** Whether classes and the volumes that no class made are encrypted, by what is known of their drivers. */
export function encryptionControl(encryption: Encryption, words: Words): Control<'object'> {
  return control({
    ...words,
    subject: 'object',
    kinds: ['StorageClass', 'PersistentVolume'],
    check: ({ object }, facts) =>
      object.kind === 'StorageClass' ? judgeClass(object, encryption, facts) : judgeVolume(object, encryption, facts),
  });
}

function judgeClass(object: KubeObject, encryption: Encryption, facts: Facts): Verdict {
  const found = facts.get(storageClassOf)(object);
  if (found === undefined) return notApplicable('it is no StorageClass');
  const { request, provisioner, isDefault } = found;
  if (request === undefined) return unknown(`nothing is known of the provisioner ${provisioner}`);
  const also = isDefault ? '; it is the default, which every claim gets that names none' : '';
  return asVerdict(encryptionOf(request, encryption), {
    driver: request.driver.name,
    what: `storage of StorageClass ${object.name} (${request.driver.name})`,
    encryption,
    also,
    at: ['parameters'],
  });
}

/** Volumes that a class made are told there, unless they themselves say something else. */
function judgeVolume(object: KubeObject, encryption: Encryption, facts: Facts): Verdict {
  const found = facts.get(persistentVolumeOf)(object);
  if (found === undefined) return notApplicable('it is no PersistentVolume with a source that is known');
  const { request, provisioner, madeBy } = found;
  if (request === undefined) return unknown(`nothing is known of the driver ${provisioner}`);
  const answer = encryptionOf(request, encryption);
  const byClass = madeBy?.request === undefined ? undefined : encryptionOf(madeBy.request, encryption);
  const { driver } = request;
  const tells = !answer.isByDefault || driver[encryption].length === 1 || driver.volumeTells.includes(encryption);
  if (byClass !== undefined && (!tells || byClass.state === answer.state)) return notApplicable('its class is judged');
  if (!tells && answer.state !== 'unknown') {
    return unknown(`${driver.name}: a volume does not tell how it was made; ask for it where the storage is run`);
  }
  const what = `PersistentVolume ${object.name} (${driver.name})`;
  return asVerdict(answer, { driver: driver.name, what, encryption, also: '', at: ['spec'] });
}

interface Told {
  readonly driver: string;
  readonly what: string;
  readonly encryption: Encryption;
  readonly also: string;
  readonly at: Path;
}

function asVerdict(
  { state, says, prove, severity }: EncryptionAnswer,
  { driver, what, encryption, also, at }: Told,
): Verdict {
  if (state === 'encrypted') return pass;
  const where = encryption === 'atRest' ? 'at rest' : 'in transit';
  if (state === 'unknown') {
    // Reasons are counted together: the object's own name would part them.
    const how = prove === undefined ? '' : `; to prove it: ${prove}`;
    return unknown(`${driver} ${where}: ${says}${how}`);
  }
  const message = `${what} is not encrypted ${where}: ${says}${also}`;
  return fail(message, at, { ...(severity !== undefined && { severity }) });
}

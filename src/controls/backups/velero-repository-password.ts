import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';

const secretName = 'velero-repo-credentials';
const key = 'repository-password';

/** Source: vmware-tanzu/velero pkg/repository/keys/keys.go; velero-io/velero issues 1053 and 5443. */
export default control({
  id: 'backups/velero-repository-password',
  title: "Velero's repositories of files have a password of their own",
  severity: 'critical',
  subject: 'object',
  kinds: ['Secret'],
  why: 'Velero encrypts what restic and kopia copy with the same constant password everywhere unless the Secret was there before the first backup: whoever reads the bucket reads the data.',
  remedy:
    'Make a random password, write it to the Secret, and start repositories anew: delete the BackupRepository objects and what is stored of them. Backups that exist cannot be moved to another password.',
  check: ({ object }) => {
    if (object.kind !== 'Secret' || object.name !== secretName) return notApplicable('it is no Secret of Velero');
    for (const field of ['data', 'stringData']) {
      const value = valueAt(object.value, [field, key]);
      if (isObject(value) && own(value, 'knownDefault') === true) {
        const message = `the password of Velero's repositories in Secret ${object.name} is the one that Velero comes with`;
        return fail(message, [field, key]);
      }
    }
    return pass;
  },
  examples: { fail: [repository('static-passw0rd')], pass: [repository('correct-horse-battery-staple')] },
});

function repository(password: string): string {
  return `apiVersion: v1
kind: Secret
metadata: {name: ${secretName}, namespace: velero}
type: Opaque
stringData: {${key}: ${password}}
`;
}

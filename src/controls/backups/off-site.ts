import { claimCoverage } from '../../facts/backups.ts';
import { wholeCluster } from '../../facts/whole-cluster.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isNamespace } from '../namespaces/whole-cluster.ts';
import { claim, cluster, copies, velero } from './examples.ts';

export default control({
  id: 'backups/off-site',
  title: 'Backups are copies outside the storage of the volume',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'A snapshot is on the storage of its volume and in the same account: what deletes or encrypts the one takes the other along.',
  remedy:
    'Let the tool move data to an object store: snapshotMoveData or defaultVolumesToFsBackup of Velero, an export action of Kasten, the task backup of Longhorn.',
  check: ({ object }, facts) => {
    if (!isNamespace(object)) return notApplicable('it is no namespace');
    if (!facts.get(wholeCluster).isWhole) return notApplicable('what was read is not a whole cluster');
    const here = facts.get(claimCoverage).get(object.name) ?? [];
    const snapshots = here.filter(({ coverage }) => coverage === 'snapshot');
    if (snapshots.length > 0) {
      const names = snapshots
        .map(({ claim: { name } }) => name)
        .sort()
        .slice(0, 3);
      const more = snapshots.length > names.length ? ` and ${snapshots.length - names.length} more` : '';
      return fail(`of claims of namespace ${object.name} there are snapshots only: ${names.join(', ')}${more}`, [], {
        items: snapshots.map(({ claim: { name } }) => name),
      });
    }
    return here.some(({ coverage }) => coverage === 'backup')
      ? pass
      : notApplicable('none of its claims is in a backup');
  },
  examples: {
    fail: [cluster(claim('data'), velero('snapshotVolumes: true'))],
    pass: [cluster(claim('data'), velero(copies)), cluster(claim('data'), velero('defaultVolumesToFsBackup: true'))],
  },
});

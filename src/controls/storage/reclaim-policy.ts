import { claimCoverage } from '../../facts/backups.ts';
import { defineFact } from '../../facts/facts.ts';
import { storageClassOf } from '../../facts/storage.ts';
import { wholeCluster } from '../../facts/whole-cluster.ts';
import { own } from '../../model/json.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { claim, cluster, copies, velero } from '../backups/examples.ts';
import { control } from '../control.ts';
import { storageClass } from './examples.ts';

/** How many claims of each class are in no backup. */
const uncovered = defineFact('uncovered-claims-of-class', (facts): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const claims of facts.get(claimCoverage).values()) {
    for (const { claim: each, coverage } of claims) {
      if (coverage === 'none') counts.set(each.className, (counts.get(each.className) ?? 0) + 1);
    }
  }
  return counts;
});

/** Deleting with the claim is the default, and right where backups are: only both together lose data. */
export default control({
  id: 'storage/reclaim-policy',
  title: 'Volumes that are in no backup outlive their claim',
  severity: 'low',
  subject: 'object',
  kinds: ['StorageClass'],
  why: 'Who deletes a claim, or the namespace that it is in, deletes the volume with the data, and without a backup that is the last of it.',
  remedy: 'Back up the claims, or set reclaimPolicy: Retain in a class for data that matters.',
  check: ({ object }, facts) => {
    if (facts.get(storageClassOf)(object) === undefined) return notApplicable('it is no StorageClass');
    if (!facts.get(wholeCluster).isWhole) return notApplicable('what was read is not a whole cluster');
    if (own(object.value, 'reclaimPolicy') === 'Retain') return pass;
    const count = facts.get(uncovered).get(object.name) ?? 0;
    if (count === 0) return pass;
    const what = count === 1 ? 'a claim of it is' : `${count} claims of it are`;
    return fail(`StorageClass ${object.name} deletes volumes with their claim, and ${what} in no backup`, [
      'reclaimPolicy',
    ]);
  },
  examples: {
    fail: [cluster(storageClass('ebs.csi.aws.com'), claim('data'))],
    pass: [
      cluster(storageClass('ebs.csi.aws.com', 'reclaimPolicy: Retain'), claim('data')),
      cluster(storageClass('ebs.csi.aws.com'), claim('data'), velero(copies)),
    ],
  },
});

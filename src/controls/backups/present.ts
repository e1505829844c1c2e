import { backupClaims } from '../../facts/backup-claims.ts';
import { backupPlans } from '../../facts/backups.ts';
import { wholeCluster } from '../../facts/whole-cluster.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { standsForCluster } from '../namespaces/whole-cluster.ts';
import { claim, cluster, copies, velero } from './examples.ts';

/** Told once of a cluster, at its namespace kube-system. */
export default control({
  id: 'backups/present',
  title: 'Something backs up the volumes of the cluster',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Whoever can delete a claim, ransomware among them, deletes its data: only a copy that the cluster cannot delete brings it back.',
  remedy:
    'Set up Velero, Kasten, Portworx, Longhorn or another tool with copies outside the cluster; where the cloud makes them from outside, accept this finding and say so.',
  check: ({ object }, facts) => {
    if (!standsForCluster(object)) return notApplicable('it is asked once a cluster');
    if (!facts.get(wholeCluster).isWhole) return notApplicable('what was read is not a whole cluster');
    const claims = facts.get(backupClaims).length;
    if (claims === 0) return notApplicable('the cluster has no claims');
    if (facts.get(backupPlans).length > 0) return pass;
    const what = claims === 1 ? 'its one claim' : `its ${claims} claims`;
    return fail(
      `nothing in the cluster backs up ${what}; backups that a cloud makes from outside are not seen here`,
      [],
    );
  },
  examples: { fail: [cluster(claim('data'))], pass: [cluster(claim('data'), velero(copies))] },
});

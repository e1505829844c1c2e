import { backupPlans, type ClaimCoverage, claimCoverage, coverageOf } from '../../facts/backups.ts';
import { defineFact, type Facts } from '../../facts/facts.ts';
import { wholeCluster } from '../../facts/whole-cluster.ts';
import { type Failure, fail, notApplicable, unknown, type Verdict } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { claim, cluster, copies, velero } from './examples.ts';

/** The namespaces of which at least one claim is, or may be, in a backup. */
const coveredNamespaces = defineFact('covered-namespaces', (facts): ReadonlySet<string> => {
  const isCovered = ({ coverage }: ClaimCoverage): boolean => coverage !== 'none';
  return new Set([...facts.get(claimCoverage)].filter(([, claims]) => claims.some(isCovered)).map(([name]) => name));
});

/** Where nothing of a namespace is backed up that is told once, of the namespace; else of each claim that is left out. */
export default control({
  id: 'backups/coverage',
  title: 'Every claim is in a backup',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace', 'PersistentVolumeClaim'],
  why: 'Namespaces and claims that came later than the schedule are left out without a word, and that is noticed on the day of the restore.',
  remedy:
    'Add the namespace to a schedule, or take away what excludes the claim; accept the finding for data that can be made again.',
  check: ({ object }, facts) => {
    if (!facts.get(wholeCluster).isWhole) return notApplicable('what was read is not a whole cluster');
    if (facts.get(backupPlans).length === 0) return notApplicable('nothing backs up the cluster at all');
    const key = groupKind(object);
    if (key === '/Namespace') return judgeNamespace(object.name, facts);
    if (key !== '/PersistentVolumeClaim') return notApplicable('it is no claim');
    const coverage = facts.get(coverageOf).get(object);
    if (coverage === 'unknown') return cannotTell;
    if (coverage !== 'none') return [];
    if (!facts.get(coveredNamespaces).has(object.namespace ?? '')) return notApplicable('its namespace is judged');
    return fail(`claim ${object.name} is in no backup, and others of namespace ${object.namespace} are`, ['spec']);
  },
  examples: {
    fail: [
      cluster(claim('data'), velero(`includedNamespaces: [bank], ${copies}`)),
      cluster(claim('data'), velero(`excludedNamespaces: [shop], ${copies}`)),
      cluster(claim('data'), claim('cache', 'velero.io/exclude-from-backup: "true"'), velero(copies)),
    ],
    pass: [
      cluster(claim('data'), velero(copies)),
      cluster(claim('data'), velero(`includedNamespaces: [shop], ${copies}`)),
    ],
  },
});

const cannotTell = unknown(
  'a plan for backups chooses by what the objects do not show: a resource policy or a selector',
);

function judgeNamespace(name: string, facts: Facts): Verdict | readonly Failure[] {
  const here = facts.get(claimCoverage).get(name) ?? [];
  if (here.length === 0) return notApplicable('it has no claims');
  const left = here.filter(({ coverage }) => coverage === 'none');
  if (left.length < here.length) return [];
  const names = left
    .map(({ claim: { name: each } }) => each)
    .sort()
    .slice(0, 3);
  const more = left.length > names.length ? ` and ${left.length - names.length} more` : '';
  const what = left.length === 1 ? 'its claim' : 'its claims';
  return fail(`nothing backs up namespace ${name}: ${what} ${names.join(', ')}${more}`, [], {
    items: left.map(({ claim: { name: each } }) => each),
  });
}

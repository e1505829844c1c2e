import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { unfixed } from '../../semantics/cves/index.ts';
import { control } from '../control.ts';
import { namespaces, standsForCluster } from '../namespaces/whole-cluster.ts';

const endpointsEditor = 'system:aggregate-to-edit';

/**
 * Vulnerabilities of Kubernetes that no version mends (`unfixed` of `data/cves.json`). Others than these have controls of
 * their own there. CVE-2021-25740: kubernetes/kubernetes#103675; clusters that were made by v1.22 or later are safe.
 */
export default control({
  id: 'versions/unfixed-vulnerabilities',
  title: 'What no version of Kubernetes mends is closed by configuration',
  severity: 'low',
  subject: 'object',
  kinds: ['ClusterRole', 'Namespace'],
  why: 'Some holes are how Kubernetes is meant to work: an upgrade does not close them, and only configuration does.',
  remedy: 'Take the writing of endpoints and endpointslices out of the role, and give it to those who need it.',
  check: ({ object }) => {
    if (standsForCluster(object)) {
      const reasons = unfixed.flatMap(({ id, title, manual }) =>
        manual === undefined ? [] : [`${id}: ${title}; ${manual}`],
      );
      return { kind: 'manual', reason: `no version mends ${reasons.join(', nor ')}` };
    }
    if (groupKind(object) !== 'rbac.authorization.k8s.io/ClusterRole') return notApplicable('it is no ClusterRole');
    if (object.name !== endpointsEditor) return notApplicable('no default role that editors get');
    const at = writesEndpoints(object.value);
    if (at === undefined) return pass;
    const message = `ClusterRole ${object.name} lets editors of any namespace write endpoints, and so send load balancers to pods of other namespaces (CVE-2021-25740)`;
    return fail(message, ['rules', at], { key: 'CVE-2021-25740' });
  },
  examples: {
    fail: [editRole('endpoints, services')],
    pass: [editRole('services'), `${namespaces('shop')}---\n${editRole('services')}`],
  },
});

function writesEndpoints(role: JsonObject): number | undefined {
  const rules = own(role, 'rules');
  if (!isList(rules)) return undefined;
  const has = (rule: JsonObject, field: string, words: readonly string[]): boolean => {
    const value: Json | undefined = own(rule, field);
    return isList(value) && value.some((each) => typeof each === 'string' && words.includes(each));
  };
  const index = rules.findIndex(
    (rule) =>
      isObject(rule) &&
      has(rule, 'resources', ['endpoints', 'endpointslices', '*']) &&
      has(rule, 'verbs', ['create', 'update', 'patch', '*']),
  );
  return index === -1 ? undefined : index;
}

function editRole(resources: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: system:aggregate-to-edit, labels: { rbac.authorization.k8s.io/aggregate-to-edit: "true" } }
rules:
  - { apiGroups: [""], resources: [${resources}], verbs: [create, update] }
`;
}

import { rbac } from '../../facts/rbac.ts';
import { componentOf, givesOwnRole } from '../../facts/rbac-components.ts';
import { type Failure, fail, notApplicable, pass } from '../../model/verdict.ts';
import { addedSubjects, subjectName } from '../../semantics/rbac/default-objects.ts';
import { control } from '../control.ts';
import { binding, clusterBinding, group, user } from './example-grants.ts';
import { bindingKinds, isBindingKind, noGrant } from './grant-judging.ts';
import { strengthOf } from './strength.ts';

const kubeProxy = '{kind: ServiceAccount, name: kube-proxy, namespace: kube-system}';

export default control({
  id: 'rbac/control-plane-grants',
  title: 'Components of the control plane have the rights that Kubernetes gives them',
  severity: 'high',
  subject: 'object',
  kinds: bindingKinds,
  why: 'Their credentials lie on nodes and in files: what they have beyond their task is there for whoever gets hold of one.',
  remedy: 'Delete the binding, or give the right to the program that needs it under a name of its own.',
  coveredBy: ['rbac/cluster-admin'],
  check: ({ object }, facts) => {
    if (!isBindingKind(object.kind)) return noGrant;
    const known = facts.get(rbac);
    const bound = known.bindingOf(object);
    if (bound === undefined) return notApplicable('it names no role');
    const failures = addedSubjects(bound).flatMap((subject): Failure[] => {
      const component = componentOf(subject);
      if (component === undefined || givesOwnRole(bound, subject)) return [];
      const { strength, does } = strengthOf(known.rulesOf(bound), bound);
      const role = `${bound.role.kind} ${bound.role.name}`;
      const where = bound.scope === 'cluster' ? '' : ` in namespace ${object.namespace ?? 'of the binding'}`;
      const can = does === undefined ? `has ${role}${where}` : `can ${does}${where}, by ${role}`;
      const message = `${component} (${subjectName(subject)}) ${can}, which Kubernetes does not give it`;
      const severity = strength === 'strong' ? 'high' : strength === 'some' ? 'medium' : 'low';
      return [fail(message, [...subject.path], { key: subjectName(subject), severity })];
    });
    return failures.length === 0 ? pass : failures;
  },
  examples: {
    fail: [
      clusterBinding('view', user('system:kube-scheduler')),
      clusterBinding('system:node', group('system:nodes')),
      clusterBinding('edit', kubeProxy),
      clusterBinding('view', user('system:node:node-1')),
      clusterBinding('view', '{kind: ServiceAccount, name: job-controller, namespace: kube-system}'),
    ],
    pass: [
      clusterBinding('system:node-proxier', user('system:kube-proxy')).replace('given', 'system:node-proxier'),
      clusterBinding('system:node-proxier', kubeProxy).replace('given', 'kubeadm:node-proxier'),
      // By whatever binding, it is the role that is made for it.
      clusterBinding('system:node-proxier', kubeProxy),
      clusterBinding('view', group('ops')),
      binding('{kind: ClusterRole, name: view}', 'kube-system'),
    ],
  },
});

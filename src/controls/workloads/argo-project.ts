import { entriesOf } from '../../facts/routes.ts';
import { own } from '../../model/json.ts';
import { stringsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

/** Source: the documentation of Argo CD on projects; the project `default` is shipped open. */
export default control({
  id: 'workloads/argo-project',
  title: 'Projects of Argo CD say from where to where they deploy',
  severity: 'medium',
  subject: 'object',
  kinds: ['AppProject'],
  why: 'Argo CD deploys with rights of its own: whoever may make an Application in an open project has everything that Argo CD has, in every cluster that it knows.',
  remedy:
    'List the repositories, clusters, namespaces and cluster-wide kinds that the project is for; leave the project default empty.',
  check: ({ object }) => {
    if (groupKind(object) !== 'argoproj.io/AppProject') return notApplicable('it is no project of Argo CD');
    const open: { readonly says: string; readonly at: readonly (string | number)[]; readonly isWide: boolean }[] = [];
    for (const [index, each] of entriesOf(valueAt(object.value, ['spec', 'destinations']))) {
      const server = own(each, 'server') ?? own(each, 'name');
      if (own(each, 'namespace') !== '*' || server !== '*') continue;
      open.push({ says: 'into every namespace of every cluster', at: ['spec', 'destinations', index], isWide: true });
      break;
    }
    for (const [index, each] of entriesOf(valueAt(object.value, ['spec', 'clusterResourceWhitelist']))) {
      if (own(each, 'kind') !== '*' || own(each, 'group') !== '*') continue;
      open.push({
        says: 'every kind of cluster-wide object',
        at: ['spec', 'clusterResourceWhitelist', index],
        isWide: true,
      });
      break;
    }
    if (stringsIn(valueAt(object.value, ['spec', 'sourceRepos'])).includes('*')) {
      open.push({ says: 'from any repository', at: ['spec', 'sourceRepos'], isWide: false });
    }
    const [first] = open;
    if (first === undefined || !open.some(({ isWide }) => isWide)) return [] satisfies readonly Failure[];
    return fail(`project ${object.name} deploys ${open.map(({ says }) => says).join(', ')}`, first.at);
  },
  examples: {
    fail: [
      project(
        'sourceRepos: ["*"], destinations: [{namespace: "*", server: "*"}], clusterResourceWhitelist: [{group: "*", kind: "*"}]',
      ),
      project('sourceRepos: ["https://git.example/shop"], destinations: [{namespace: "*", server: "*"}]'),
    ],
    pass: [
      project(
        'sourceRepos: ["https://git.example/shop"], destinations: [{namespace: shop, server: "https://kubernetes.default.svc"}]',
      ),
      project('sourceRepos: ["*"], destinations: [{namespace: shop, server: "*"}]'),
    ],
  },
});

function project(fields: string): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: shop, namespace: argocd}
spec: {${fields}}
`;
}

import { rootOwner } from '../../facts/owners.ts';
import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { builtInWorkloads, groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { deployment } from './examples.ts';

/** Any of these says what runs. */
const names = ['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app', 'k8s-app', 'component'];

const kinds: ReadonlySet<string> = new Set(builtInWorkloads().map(({ group, kind }) => `${group}/${kind}`));

/** Source: Kubernetes documentation, recommended labels. */
export default control({
  id: 'reliability/labels',
  title: 'Workloads are labelled with what they are',
  severity: 'info',
  profile: 'reliability',
  subject: 'object',
  kinds: builtInWorkloads().map(({ kind }) => kind),
  why: 'Tools, queries and network policies find workloads by labels; without any, people go by names.',
  remedy: 'Add app.kubernetes.io/name, and instance, version and part-of where they help.',
  check: ({ object }, facts) => {
    // What operators are asked to make is labelled by them.
    if (!kinds.has(groupKind(object))) return notApplicable('it is no workload of Kubernetes itself');
    if (facts.get(rootOwner)(object) !== object) return notApplicable('what made it is judged');
    const labels = valueAt(object.value, ['metadata', 'labels']);
    if (isObject(labels) && names.some((name) => own(labels, name) !== undefined)) return pass;
    return fail(`no label says what ${object.kind} ${object.name} is`, ['metadata', 'labels']);
  },
  examples: {
    fail: [deployment('')],
    pass: [deployment('').replace('name: web,', 'name: web, labels: {app.kubernetes.io/name: web},')],
  },
});

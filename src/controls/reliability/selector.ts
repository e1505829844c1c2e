import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { selectsLabels } from '../../semantics/rbac/label-selector.ts';
import { control } from '../control.ts';
import { deployment } from './examples.ts';

const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'];
const selecting: ReadonlySet<string> = new Set(kinds.map((kind) => `apps/${kind}`));

/** Source: pkg/apis/apps/validation: the selector must match the labels of the template. */
export default control({
  id: 'reliability/selector',
  title: 'Workloads select the pods that they make',
  severity: 'low',
  profile: 'reliability',
  subject: 'object',
  kinds,
  why: 'The API server refuses a workload whose selector does not match the labels of its template.',
  remedy: 'Give the template the labels that the selector names.',
  check: ({ object }) => {
    if (!selecting.has(groupKind(object))) return notApplicable('it selects no pods');
    const spec = own(object.value, 'spec');
    const selector = isObject(spec) ? own(spec, 'selector') : undefined;
    // A patch leaves to what it is for what it does not change.
    if (selector === undefined) return notApplicable('it is a part of a manifest');
    const labels = valueAt(object.value, ['spec', 'template', 'metadata', 'labels']);
    if (isObject(selector) && Object.keys(selector).length > 0 && selectsLabels(selector, labels)) return pass;
    return fail(`the selector of ${object.kind} ${object.name} does not select its own pods`, ['spec', 'selector']);
  },
  examples: {
    fail: [
      deployment('').replace('labels: {app: web}', 'labels: {app: api}'),
      deployment('').replace('matchLabels: {app: web}', ''),
    ],
    pass: [deployment('')],
  },
});

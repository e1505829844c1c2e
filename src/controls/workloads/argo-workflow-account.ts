import { hasRights } from '../../facts/rbac-tokens.ts';
import { type Path, valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

const specs: ReadonlyMap<string, Path> = new Map([
  ['argoproj.io/Workflow', ['spec']],
  ['argoproj.io/WorkflowTemplate', ['spec']],
  ['argoproj.io/ClusterWorkflowTemplate', ['spec']],
  ['argoproj.io/CronWorkflow', ['spec', 'workflowSpec']],
]);

/** Source: the documentation of Argo Workflows on service accounts. */
export default control({
  id: 'workloads/argo-workflow-account',
  title: 'Workflows of Argo name a service account',
  severity: 'low',
  subject: 'object',
  kinds: ['Workflow', 'WorkflowTemplate', 'ClusterWorkflowTemplate', 'CronWorkflow'],
  why: 'The executor of every step reports to the API server with the account of the pod. Without a name that is the default account, which then gets the right for it, and with it every other pod of the namespace.',
  remedy: 'Set serviceAccountName to an account that may create and patch workflowtaskresults and nothing else.',
  check: ({ object }, facts) => {
    const spec = specs.get(groupKind(object));
    if (spec === undefined) return notApplicable('it is no workflow of Argo');
    // Templates leave it to the workflow that uses them.
    if (object.kind.endsWith('Template') || valueAt(object.value, [...spec, 'workflowTemplateRef']) !== undefined)
      return pass;
    const at = [...spec, 'serviceAccountName'];
    const name = valueAt(object.value, at);
    if (typeof name === 'string' && name !== '' && name !== 'default') return pass;
    const severity = facts.get(hasRights)(object.namespace, 'default') ? ({ severity: 'medium' } as const) : {};
    return fail(`${object.kind} ${object.name} runs as the default service account`, at, severity);
  },
  examples: {
    fail: [workflow('entrypoint: main, templates: []'), workflow('serviceAccountName: default, templates: []')],
    pass: [workflow('serviceAccountName: build, templates: []'), workflow('workflowTemplateRef: {name: build}')],
  },
});

function workflow(fields: string): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: build, namespace: ci}
spec: {${fields}}
`;
}

import { own } from '../../model/json.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { deployment } from './examples.ts';

const always: ReadonlySet<string> = new Set([
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => `apps/${kind}`),
  '/ReplicationController',
]);
const jobs: ReadonlySet<string> = new Set(['batch/Job', 'batch/CronJob']);

/** Source: pkg/apis/{apps,batch}/validation: which policies the API server takes. */
export default control({
  id: 'reliability/restart-policy',
  title: 'Pods are restarted as their controller needs it',
  severity: 'low',
  profile: 'reliability',
  subject: 'pod',
  why: 'The API server refuses a Job whose pods restart always, and any other workload whose pods do not.',
  remedy: 'Leave restartPolicy out, or set it to OnFailure or Never in a Job.',
  check: ({ object, pod }) => {
    const policy = own(pod.raw, 'restartPolicy');
    const kind = groupKind(object);
    const at = pod.at('restartPolicy');
    if (always.has(kind)) {
      if (policy === undefined || policy === null || policy === 'Always') return pass;
      return fail(`the API server refuses a ${object.kind} with this restartPolicy`, at);
    }
    if (!jobs.has(kind)) return notApplicable('any policy is good for it');
    if (policy === 'OnFailure' || policy === 'Never') return pass;
    return fail(`the API server refuses a ${object.kind} whose pods restart always, as they do by default`, at);
  },
  examples: {
    fail: [deployment('', 'restartPolicy: Never'), job('')],
    pass: [deployment('', 'restartPolicy: Always'), job('restartPolicy: OnFailure')],
  },
});

function job(fields: string): string {
  return `apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec: {template: {spec: {containers: [{name: app, image: "registry.example/app:1.0"}], ${fields}}}}
`;
}

import { own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

export default control({
  id: 'reliability/cron-job',
  title: 'Jobs on a schedule neither overlap nor pile up',
  severity: 'info',
  profile: 'reliability',
  subject: 'object',
  kinds: ['CronJob'],
  why: 'By default a run starts though the last one has not ended; when runs hang, there are more of them every hour.',
  remedy: 'Set concurrencyPolicy to Forbid or Replace, and activeDeadlineSeconds in the Job.',
  check: ({ object }) => {
    if (groupKind(object) !== 'batch/CronJob') return notApplicable('it is no CronJob');
    const spec = own(object.value, 'spec');
    const policy = valueAt(spec, ['concurrencyPolicy']);
    const failures: Failure[] = [];
    const isBounded = typeof valueAt(spec, ['jobTemplate', 'spec', 'activeDeadlineSeconds']) === 'number';
    if (policy !== 'Forbid' && policy !== 'Replace' && !isBounded) {
      failures.push(fail(`runs of ${object.name} may overlap without end`, ['spec', 'concurrencyPolicy']));
    }
    return failures;
  },
  examples: {
    fail: [cronJob('')],
    pass: [
      cronJob('concurrencyPolicy: Forbid, '),
      cronJob('').replace('template:', 'activeDeadlineSeconds: 600, template:'),
    ],
  },
});

function cronJob(fields: string): string {
  return `apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec: {schedule: "0 3 * * *", ${fields}jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: []}}}}}
`;
}

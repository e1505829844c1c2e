import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { deployment, workload } from './examples.ts';

const fields: ReadonlyMap<string, string> = new Map([
  ['apps/Deployment', 'strategy'],
  ['apps/StatefulSet', 'updateStrategy'],
  ['apps/DaemonSet', 'updateStrategy'],
]);

export default control({
  id: 'reliability/update-strategy',
  title: 'Workloads are updated pod by pod',
  severity: 'info',
  profile: 'reliability',
  subject: 'object',
  kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
  why: 'Recreate stops all pods before it starts new ones; with OnDelete, fixes wait until somebody deletes each pod.',
  remedy: 'Use RollingUpdate.',
  check: ({ object }) => {
    const field = fields.get(groupKind(object));
    if (field === undefined) return notApplicable('it is not updated so');
    const at = ['spec', field, 'type'];
    const type = valueAt(object.value, at);
    if (type !== 'Recreate' && type !== 'OnDelete') return pass;
    // Two pods at once would both want the volume.
    const volumes = objectsIn(valueAt(object.value, ['spec', 'template', 'spec', 'volumes']));
    if (type === 'Recreate' && volumes.some((volume) => 'persistentVolumeClaim' in volume)) return pass;
    return fail(`${object.kind} ${object.name} is updated by ${type}`, at);
  },
  examples: {
    fail: [deployment('strategy: {type: Recreate}'), workload('DaemonSet', 'updateStrategy: {type: OnDelete}')],
    pass: [
      deployment(''),
      deployment('strategy: {type: RollingUpdate}'),
      deployment('strategy: {type: Recreate}', 'volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]'),
    ],
  },
});

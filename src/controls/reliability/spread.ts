import { isObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { deployment } from './examples.ts';
import { scaledControl } from './scaled-control.ts';

export default scaledControl({
  id: 'reliability/spread',
  title: 'Replicas are spread over nodes',
  why: 'Replicas that share a node fail together. The scheduler spreads pods by itself only as far as nothing else weighs more.',
  remedy: 'Add topologySpreadConstraints over kubernetes.io/hostname, and over zones where there are some.',
  judge: ({ object, replicas, podSpec }) => {
    if (replicas < 2) return notApplicable('it is one pod at most');
    if (objectsIn(own(podSpec, 'topologySpreadConstraints')).length > 0) return pass;
    if (isObject(valueAt(podSpec, ['affinity', 'podAntiAffinity']))) return pass;
    const at = ['spec', 'template', 'spec', 'topologySpreadConstraints'];
    return fail(`nothing spreads the ${replicas} pods of ${object.kind} ${object.name} over nodes`, at);
  },
  examples: {
    fail: [deployment('replicas: 2')],
    pass: [
      deployment('replicas: 2', 'topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname}]'),
      deployment('replicas: 2', 'affinity: {podAntiAffinity: {}}'),
      `${deployment('replicas: 1')}---\n${deployment('replicas: 2', 'affinity: {podAntiAffinity: {}}').replace('name: web', 'name: api')}`,
    ],
  },
});

import { isObject, type Json, own } from '../../model/json.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { budget } from './examples.ts';

/** Source: Kubernetes documentation, disruption budgets: zero voluntary evictions. */
export default control({
  id: 'reliability/blocking-budget',
  title: 'Disruption budgets let nodes be drained',
  severity: 'low',
  profile: 'reliability',
  subject: 'object',
  kinds: ['PodDisruptionBudget'],
  why: 'A budget that allows no eviction stops the drain of a node, and with it upgrades and fixes of the node.',
  remedy: 'Set maxUnavailable to 1 or more.',
  check: ({ object }) => {
    if (groupKind(object) !== 'policy/PodDisruptionBudget') return notApplicable('it is no PodDisruptionBudget');
    const given = own(object.value, 'spec');
    const spec = isObject(given) ? given : {};
    const [most, least] = [own(spec, 'maxUnavailable'), own(spec, 'minAvailable')];
    if (isZero(most)) return fail(`${object.name} allows no pod to be evicted`, ['spec', 'maxUnavailable']);
    if (least === '100%') return fail(`${object.name} asks for all pods to stay`, ['spec', 'minAvailable']);
    return pass;
  },
  examples: {
    fail: [budget('maxUnavailable: 0'), budget('maxUnavailable: 0%'), budget('minAvailable: 100%')],
    pass: [budget('maxUnavailable: 1'), budget('minAvailable: 50%')],
  },
});

function isZero(value: Json | undefined): boolean {
  return value === 0 || value === '0' || value === '0%';
}

import type { Facts } from '../../facts/facts.ts';
import { type ScaledWorkload, scaledWorkloadOf } from '../../facts/scaled-workloads.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';

const notScaled = notApplicable('it is no Deployment or StatefulSet');

interface ScaledDefinition extends Omit<ControlDefinition<'object'>, 'check' | 'subject' | 'profile' | 'severity'> {
  readonly judge: (workload: ScaledWorkload, facts: Facts) => Verdict | readonly Failure[];
}

/** A control on the availability of Deployments and StatefulSets, of the profile for reliability. */
export function scaledControl({ judge, ...definition }: ScaledDefinition): Control<'object'> {
  return control({
    ...definition,
    severity: 'info',
    profile: 'reliability',
    subject: 'object',
    kinds: ['Deployment', 'StatefulSet'],
    check: ({ object }, facts) => {
      const workload = facts.get(scaledWorkloadOf)(object);
      return workload === undefined ? notScaled : judge(workload, facts);
    },
  });
}

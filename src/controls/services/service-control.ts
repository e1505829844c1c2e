import type { Facts } from '../../facts/facts.ts';
import { readService, type Service } from '../../facts/services.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';

const noService = notApplicable('it is no Service');

interface ServiceDefinition extends Omit<ControlDefinition<'object'>, 'check' | 'subject'> {
  readonly judge: (service: Service, facts: Facts) => Verdict | readonly Failure[];
}

/** A control that is asked about Services alone. */
export function serviceControl({ judge, ...definition }: ServiceDefinition): Control<'object'> {
  return control({
    ...definition,
    subject: 'object',
    kinds: ['Service'],
    check: ({ object }, facts) => {
      const service = readService(object);
      return service === undefined ? noService : judge(service, facts);
    },
  });
}

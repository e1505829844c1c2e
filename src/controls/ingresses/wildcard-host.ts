import { entriesOf } from '../../facts/routes.ts';
import { isObject, own } from '../../model/json.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { ingress, rule } from './examples.ts';
import { ingressControl } from './ingress-control.ts';

export default ingressControl({
  id: 'ingresses/wildcard-host',
  title: 'Ingresses name the hosts that they answer for',
  severity: 'low',
  why: 'An Ingress without a host answers for every name that nothing else claims, by address too: it is found by scanning, and serves under names that belong to others.',
  remedy: 'Name the host in every rule.',
  judge: ({ object, spec }) => {
    const failures: Failure[] = [];
    for (const [index, each] of entriesOf(own(spec, 'rules'))) {
      const host = own(each, 'host');
      if (typeof host === 'string' && host !== '' && host !== '*') continue;
      failures.push(fail(`a rule of Ingress ${object.name} is for every host`, ['spec', 'rules', index, 'host']));
      break;
    }
    if (failures.length > 0) return failures;
    for (const field of ['defaultBackend', 'backend']) {
      if (!isObject(own(spec, field))) continue;
      failures.push(fail(`Ingress ${object.name} takes what no rule is for`, ['spec', field], { severity: 'info' }));
    }
    return failures;
  },
  examples: {
    fail: [ingress(`rules: [${rule()}]`), ingress('defaultBackend: {service: {name: web, port: {number: 80}}}')],
    pass: [ingress(`rules: [${rule('web.example.com')}, ${rule('*.example.com')}]`)],
  },
});

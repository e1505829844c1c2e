import { entriesOf } from '../../facts/routes.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { gateway } from './examples.ts';

/** Source: the security model of the Gateway API. */
export default control({
  id: 'gateways/allowed-routes',
  title: 'Gateways take routes from chosen namespaces',
  severity: 'low',
  subject: 'object',
  kinds: ['Gateway'],
  why: 'A listener without a host that takes routes from all namespaces serves any name for anyone who may write a route somewhere: the login page of another team, for one.',
  remedy:
    'Give the listener a hostname, or set allowedRoutes.namespaces.from: Selector with a label that administrators set.',
  check: ({ object }) => {
    if (groupKind(object) !== 'gateway.networking.k8s.io/Gateway') return notApplicable('it is no Gateway');
    const failures: Failure[] = [];
    for (const [index, listener] of entriesOf(valueAt(object.value, ['spec', 'listeners']))) {
      const from = ['allowedRoutes', 'namespaces', 'from'];
      if (valueAt(listener, from) !== 'All' || typeof valueAt(listener, ['hostname']) === 'string') continue;
      const given = valueAt(listener, ['name']);
      const name = typeof given === 'string' ? given : `${index + 1}`;
      const message = `listener ${name} takes routes for any host from every namespace`;
      failures.push(fail(message, ['spec', 'listeners', index, ...from], { key: name }));
    }
    return failures;
  },
  examples: {
    fail: [gateway('{name: https, port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}}}')],
    pass: [
      gateway('{name: https, port: 443, protocol: HTTPS}'),
      gateway(
        '{name: https, port: 443, protocol: HTTPS, hostname: web.example.com, allowedRoutes: {namespaces: {from: All}}}',
      ),
    ],
  },
});

import { defineFact } from '../../facts/facts.ts';
import { entriesOf } from '../../facts/routes.ts';
import { type JsonObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { gateway, httpRoute, istioGateway } from './examples.ts';

interface Attached {
  readonly section: string | undefined;
  /** Whether every rule sends people on to https. */
  readonly isRedirect: boolean;
}

const attachedRoutes = defineFact('attached-http-routes', ({ snapshot }): ReadonlyMap<string, readonly Attached[]> => {
  const found = new Map<string, Attached[]>();
  for (const object of snapshot.objects) {
    if (groupKind(object) !== 'gateway.networking.k8s.io/HTTPRoute') continue;
    const rules = objectsIn(valueAt(object.value, ['spec', 'rules']));
    const isRedirect = rules.length > 0 && rules.every(sendsToHttps);
    for (const parent of objectsIn(valueAt(object.value, ['spec', 'parentRefs']))) {
      const [name, namespace, section] = ['name', 'namespace', 'sectionName'].map((key) => own(parent, key));
      if (typeof name !== 'string') continue;
      const key = `${typeof namespace === 'string' ? namespace : (object.namespace ?? '')}/${name}`;
      const attached = { section: typeof section === 'string' ? section : undefined, isRedirect };
      const listed = found.get(key);
      if (listed === undefined) found.set(key, [attached]);
      else listed.push(attached);
    }
  }
  return found;
});

function sendsToHttps(rule: JsonObject): boolean {
  return objectsIn(own(rule, 'filters')).some(
    (filter) => own(filter, 'type') === 'RequestRedirect' && valueAt(filter, ['requestRedirect', 'scheme']) === 'https',
  );
}

export default control({
  id: 'gateways/plaintext',
  title: 'Gateways take HTTP only to send people on to HTTPS',
  severity: 'medium',
  subject: 'object',
  kinds: ['Gateway'],
  why: 'What is sent without TLS, passwords and session cookies among it, can be read and changed by everybody on the way.',
  remedy: 'Serve the host by a listener with TLS, and let the one for HTTP redirect to it.',
  check: ({ object }, facts) => {
    switch (groupKind(object)) {
      case 'gateway.networking.k8s.io/Gateway':
        return ofGatewayApi(object, facts.get(attachedRoutes).get(`${object.namespace ?? ''}/${object.name}`) ?? []);
      case 'networking.istio.io/Gateway':
        return ofIstio(object);
      default:
        return notApplicable('it is no Gateway');
    }
  },
  examples: {
    fail: [
      gateway('{name: http, port: 80, protocol: HTTP}'),
      `${gateway('{name: http, port: 80, protocol: HTTP}')}---\n${httpRoute('http', '{backendRefs: [{name: web, port: 80}]}')}`,
      istioGateway('{port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.com]}'),
      istioGateway(
        '{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, minProtocolVersion: TLSV1_0}}',
      ),
    ],
    pass: [
      gateway('{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: web}]}}'),
      `${gateway('{name: http, port: 80, protocol: HTTP}')}---\n${httpRoute('http', '{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}')}`,
      istioGateway('{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"], tls: {httpsRedirect: true}}'),
    ],
  },
});

function ofGatewayApi({ value }: KubeObject, routes: readonly Attached[]): readonly Failure[] {
  const failures: Failure[] = [];
  for (const [index, listener] of entriesOf(valueAt(value, ['spec', 'listeners']))) {
    if (own(listener, 'protocol') !== 'HTTP') continue;
    const given = own(listener, 'name');
    const name = typeof given === 'string' ? given : `${index + 1}`;
    const served = routes.filter(({ section }) => section === undefined || section === name);
    if (served.length > 0 && served.every(({ isRedirect }) => isRedirect)) continue;
    const message = `listener ${name} takes HTTP without TLS, and sends nobody on to HTTPS`;
    failures.push(fail(message, ['spec', 'listeners', index, 'protocol'], { key: name }));
  }
  return failures;
}

const withoutTls: ReadonlySet<unknown> = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-Web']);

function ofIstio({ value }: KubeObject): readonly Failure[] {
  const failures: Failure[] = [];
  for (const [index, server] of entriesOf(valueAt(value, ['spec', 'servers']))) {
    const port = valueAt(server, ['port', 'number']);
    const at = ['spec', 'servers', index];
    const key = typeof port === 'number' ? `${port}` : 'that is not named';
    if (withoutTls.has(valueAt(server, ['port', 'protocol'])) && valueAt(server, ['tls', 'httpsRedirect']) !== true) {
      const message = `port ${key} takes HTTP without TLS, and sends nobody on to HTTPS`;
      failures.push(fail(message, [...at, 'port', 'protocol'], { key }));
    }
    const least = valueAt(server, ['tls', 'minProtocolVersion']);
    if (least === 'TLSV1_0' || least === 'TLSV1_1') {
      failures.push(fail(`port ${key} speaks TLS 1.${least.slice(-1)}`, [...at, 'tls', 'minProtocolVersion'], { key }));
    }
  }
  return failures;
}

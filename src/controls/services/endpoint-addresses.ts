import { entriesOf } from '../../facts/routes.ts';
import { isList, type JsonObject, own } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { addressText } from './reserved-address.ts';

/** Source: CVE-2021-25737, and the validation of Endpoints, which refuses these addresses since. */
export default control({
  id: 'services/endpoint-addresses',
  title: 'Endpoints lead to pods, not to loopback or link-local addresses',
  severity: 'medium',
  subject: 'object',
  kinds: ['EndpointSlice', 'Endpoints'],
  why: 'What proxies to such an endpoint reaches its own loopback, or the metadata server of its cloud, in the name of whoever wrote it (CVE-2021-25737).',
  remedy: 'Take the address out; let the controller make the endpoints of a Service with a selector.',
  check: ({ object }) => {
    const kind = groupKind(object);
    if (kind === 'discovery.k8s.io/EndpointSlice') return ofSlice(object.value);
    return kind === '/Endpoints' ? ofEndpoints(object.value) : notApplicable('it holds no endpoints');
  },
  examples: {
    fail: [
      slice('127.0.0.1'),
      slice('169.254.169.254'),
      'apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\nsubsets: [{addresses: [{ip: 127.0.0.53}]}]\n',
    ],
    pass: [
      slice('10.0.0.7'),
      'apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\nsubsets: [{addresses: [{ip: 203.0.113.7}]}]\n',
    ],
  },
});

function ofSlice(value: JsonObject): readonly Failure[] {
  const failures: Failure[] = [];
  for (const [index, endpoint] of entriesOf(own(value, 'endpoints'))) {
    const addresses = own(endpoint, 'addresses');
    if (!isList(addresses)) continue;
    for (const [at, address] of addresses.entries()) add(failures, address, ['endpoints', index, 'addresses', at]);
  }
  return failures;
}

function ofEndpoints(value: JsonObject): readonly Failure[] {
  const failures: Failure[] = [];
  for (const [index, subset] of entriesOf(own(value, 'subsets'))) {
    for (const field of ['addresses', 'notReadyAddresses']) {
      for (const [at, each] of entriesOf(own(subset, field))) {
        add(failures, own(each, 'ip'), ['subsets', index, field, at, 'ip']);
      }
    }
  }
  return failures;
}

function add(failures: Failure[], address: unknown, at: Path): void {
  const text = typeof address === 'string' ? addressText(address) : undefined;
  if (text !== undefined) failures.push(fail(`an endpoint is ${address}, ${text}`, at, { key: String(address) }));
}

function slice(address: string): string {
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [${address}]}]
`;
}

import { own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import { groupKind } from '../model/workload.ts';
import { addressOf } from '../semantics/network-policy/index.ts';
import { defineFact } from './facts.ts';
import { unsetNamespace } from './network-pods.ts';

export interface ApiServerAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * Where pods reach the API server once the Service kubernetes is resolved: what policies see. Empty where the evidence
 * holds neither its Endpoints nor its EndpointSlice. A provider may change the addresses at any time.
 */
export const apiServerAddresses = defineFact('api-server-addresses', ({ snapshot }): readonly ApiServerAddress[] => {
  const found = new Map<string, ApiServerAddress>();
  const add = (addresses: readonly unknown[], ports: Parameters<typeof objectsIn>[0]): void => {
    for (const address of addresses) {
      if (typeof address !== 'string' || addressOf(address) === undefined) continue;
      for (const each of objectsIn(ports)) {
        const port = own(each, 'port');
        if (typeof port === 'number') found.set(`${address} ${port}`, { address, port });
      }
    }
  };
  for (const object of snapshot.objects) {
    if (object.name !== 'kubernetes' || (object.namespace ?? unsetNamespace) !== 'default') continue;
    const kind = groupKind(object);
    if (kind === '/Endpoints') {
      for (const subset of objectsIn(own(object.value, 'subsets'))) {
        add(
          objectsIn(own(subset, 'addresses')).map((each) => own(each, 'ip')),
          own(subset, 'ports'),
        );
      }
    } else if (kind === 'discovery.k8s.io/EndpointSlice') {
      for (const endpoint of objectsIn(own(object.value, 'endpoints'))) {
        if (valueAt(endpoint, ['conditions', 'ready']) === false) continue;
        add(stringsIn(own(endpoint, 'addresses')), own(object.value, 'ports'));
      }
    }
  }
  return [...found.values()];
});

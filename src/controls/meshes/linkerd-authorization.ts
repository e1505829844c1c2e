import { isList, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { meshObject } from './examples.ts';

const everywhere: ReadonlySet<string> = new Set(['0.0.0.0/0', '::/0']);

/** Source: linkerd.io, "Authorization Policy": ServerAuthorization and NetworkAuthentication. */
export default control({
  id: 'meshes/linkerd-authorization',
  title: 'Linkerd authorizations ask for an identity',
  severity: 'medium',
  subject: 'object',
  kinds: ['ServerAuthorization', 'NetworkAuthentication'],
  why: 'An authorization without identity, or for every address, lets in whoever reaches the pod, in plain text.',
  remedy:
    'Allow identities or service accounts by client.meshTLS or a MeshTLSAuthentication, and networks only where no proxy can be.',
  check: ({ object }) => {
    const key = groupKind(object);
    if (key === 'policy.linkerd.io/NetworkAuthentication') {
      const networks = objectsIn(valueAt(object.value, ['spec', 'networks']));
      const index = networks.findIndex((network) => everywhere.has(String(own(network, 'cidr'))));
      if (index === -1) return [];
      const hasException = isList(own(networks[index] ?? {}, 'except'));
      const message = `NetworkAuthentication ${object.name} stands for every address`;
      return hasException ? [] : fail(message, ['spec', 'networks', index, 'cidr']);
    }
    if (key !== 'policy.linkerd.io/ServerAuthorization') return notApplicable('it is no authorization of Linkerd');
    const failures: Failure[] = [];
    const at = ['spec', 'client'];
    const name = `ServerAuthorization ${object.name}`;
    if (valueAt(object.value, [...at, 'unauthenticated']) === true) {
      failures.push(fail(`${name} lets in clients in plain text`, [...at, 'unauthenticated'], { key: 'plain' }));
    }
    if (valueAt(object.value, [...at, 'meshTLS', 'unauthenticatedTLS']) === true) {
      const place = [...at, 'meshTLS', 'unauthenticatedTLS'];
      failures.push(fail(`${name} lets in clients by TLS without identity`, place, { key: 'tls' }));
    }
    return failures;
  },
  examples: {
    fail: [
      meshObject(
        'policy.linkerd.io/v1beta1/ServerAuthorization',
        'server: {name: web}, client: {unauthenticated: true}',
      ),
      meshObject('policy.linkerd.io/v1alpha1/NetworkAuthentication', 'networks: [{cidr: 0.0.0.0/0}]'),
    ],
    pass: [
      meshObject(
        'policy.linkerd.io/v1beta1/ServerAuthorization',
        'server: {name: web}, client: {meshTLS: {serviceAccounts: [{name: shop}]}}',
      ),
      meshObject('policy.linkerd.io/v1alpha1/NetworkAuthentication', 'networks: [{cidr: 10.0.0.0/8}]'),
    ],
  },
});

import { istio } from '../../facts/istio.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { mesh, peers } from './examples.ts';

/** Source: istio/api security/v1beta1/peer_authentication.proto. */
export default control({
  id: 'meshes/istio-void-policy',
  title: 'Every PeerAuthentication counts for what it says',
  severity: 'low',
  subject: 'object',
  kinds: ['PeerAuthentication'],
  why: 'A policy that is there and decides nothing is taken for protection by whoever reads it.',
  remedy:
    'Move policies with a selector out of the root namespace, give those with ports a selector, and keep one policy for each level.',
  check: ({ object }, facts) => {
    const { policyOf, shadowed, rootNamespace } = facts.get(istio);
    const policy = policyOf.get(object);
    if (policy === undefined) return notApplicable('it is no PeerAuthentication of Istio');
    const failures: Failure[] = [];
    const what = `PeerAuthentication ${object.name}`;
    if (policy.labels !== undefined && policy.namespace === rootNamespace) {
      const message = `${what} has a selector, which counts for nothing in the root namespace ${rootNamespace}`;
      failures.push(fail(message, ['spec', 'selector'], { key: 'root' }));
    }
    if (policy.labels === undefined && policy.ports.size > 0) {
      const message = `${what} has modes for ports and no selector, without which they count for nothing`;
      failures.push(fail(message, ['spec', 'portLevelMtls'], { key: 'ports' }));
    }
    const older = shadowed.get(policy);
    if (older !== undefined) {
      const message = `${what} counts for nothing beside ${older.object.name}, which is about the same workloads and comes first`;
      failures.push(fail(message, ['spec'], { key: 'second' }));
    }
    return failures;
  },
  examples: {
    fail: [
      mesh(peers('web', 'istio-system', 'selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}')),
      mesh(peers('default', 'shop', 'mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}')),
      mesh(peers('a', 'shop', 'mtls: {mode: PERMISSIVE}'), peers('b', 'shop', 'mtls: {mode: STRICT}')),
    ],
    pass: [
      mesh(peers('default', 'istio-system', 'mtls: {mode: STRICT}'), peers('default', 'shop', 'mtls: {mode: STRICT}')),
    ],
  },
});

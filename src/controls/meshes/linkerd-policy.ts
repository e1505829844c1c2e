import { annotationOf, linkerdDefault, takesUnauthenticated } from '../../facts/linkerd.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isNamespace } from '../namespaces/whole-cluster.ts';
import { namespace } from './examples.ts';

const annotation = 'config.linkerd.io/default-inbound-policy';

/** Source: linkerd.io, "Authorization Policy": mutual TLS between proxies is automatic, and nothing asks for it. */
export default control({
  id: 'meshes/linkerd-policy',
  title: 'Proxies of Linkerd take authenticated clients only',
  severity: 'medium',
  subject: 'object',
  kinds: ['Deployment', 'Namespace'],
  why: 'Linkerd encrypts between its proxies by itself, and lets everybody else in in plain text unless the default policy says otherwise.',
  remedy:
    'Set proxy.defaultInboundPolicy to all-authenticated or cluster-authenticated, and allow what must come from outside by policies.',
  check: ({ object }, facts) => {
    if (isNamespace(object)) {
      const policy = annotationOf(object, annotation);
      if (policy === undefined) return notApplicable('it has the policy of the mesh');
      if (!takesUnauthenticated(policy)) return pass;
      const message = `proxies of Linkerd in namespace ${object.name} take clients without identity: its default policy is ${policy}`;
      return fail(message, ['metadata', 'annotations', annotation]);
    }
    const found = facts.get(linkerdDefault);
    if (found?.object !== object) return notApplicable('it does not set the policy of a mesh of Linkerd');
    if (!takesUnauthenticated(found.policy)) return pass;
    const at = ['spec', 'template', 'spec', 'containers'];
    return fail(`proxies of Linkerd take clients without identity: the default policy is ${found.policy}`, at);
  },
  examples: {
    fail: [
      destination('[]'),
      destination('["--default-policy=cluster-unauthenticated"]'),
      namespace('shop').replace('labels: {}', `annotations: {${annotation}: all-unauthenticated}`),
    ],
    pass: [
      destination('["--default-policy=all-authenticated"]'),
      namespace('shop').replace('labels: {}', `annotations: {${annotation}: deny}`),
    ],
  },
});

function destination(args: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: linkerd-destination, namespace: linkerd}
spec:
  selector: {matchLabels: {app: destination}}
  template:
    metadata: {labels: {app: destination}}
    spec: {containers: [{name: policy, image: "cr.l5d.io/linkerd/policy-controller:edge-25.1.1", args: ${args}}]}
`;
}

import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { namespaces, standsForCluster } from '../namespaces/whole-cluster.ts';
import { secretsUnread } from './secrets-read.ts';

const noToken = notApplicable('it is no bootstrap token');

/**
 * Source: CIS Kubernetes Benchmark 1.12, 3.1.3. The value of the expiry is dropped with all others; tokens that have
 * expired are deleted by the controller manager, so one that is there is taken to be good.
 */
export default control({
  id: 'authentication/bootstrap-tokens',
  title: 'No bootstrap token is left when no node is joining',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace', 'Secret'],
  why: 'Whoever knows the token can ask for the certificate of a new node, and is then a part of the cluster.',
  remedy: 'Delete it with kubeadm token delete; make one that expires when a node is to join.',
  check: ({ object }, facts) => {
    if (standsForCluster(object)) {
      const unread = secretsUnread(facts);
      return unread === undefined ? pass : unknown(unread);
    }
    const { kind, name, namespace, value } = object;
    // Only those in kube-system, and of the name that the authenticator looks for, are tokens.
    if (kind !== 'Secret' || valueAt(value, ['type']) !== 'bootstrap.kubernetes.io/token') return noToken;
    if (namespace !== 'kube-system' || !name.startsWith('bootstrap-token-')) return noToken;
    const fields = ['data', 'stringData'].map((field) => own(value, field)).filter(isObject);
    const has = (key: string): boolean => fields.some((each) => own(each, key) !== undefined);
    if (!has('usage-bootstrap-authentication')) return notApplicable('nobody can log in with it');
    if (has('expiration')) return fail(`Secret ${name} is a bootstrap token that nodes can join with`, ['type']);
    return fail(`Secret ${name} is a bootstrap token that never expires`, ['type'], { severity: 'medium' });
  },
  examples: {
    fail: [
      token('usage-bootstrap-authentication: "true"'),
      token('usage-bootstrap-authentication: "true", expiration: "2026-11-22T00:00:00Z"'),
    ],
    pass: [namespaces('kube-system'), `${namespaces('kube-system')}---\n${token('usage-bootstrap-signing: "true"')}`],
  },
});

function token(fields: string): string {
  return `apiVersion: v1
kind: Secret
metadata: {name: bootstrap-token-abcdef, namespace: kube-system}
type: bootstrap.kubernetes.io/token
stringData: {token-id: abcdef, ${fields}}
`;
}

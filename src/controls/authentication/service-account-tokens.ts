import { serverVersion } from '../../facts/cluster-version.ts';
import type { Facts } from '../../facts/facts.ts';
import { serviceAccountOf } from '../../facts/rbac-tokens.ts';
import { own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, type Verdict } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { namespaces, standsForCluster } from '../namespaces/whole-cluster.ts';
import { secretsUnread } from './secrets-read.ts';

const tokenType = 'kubernetes.io/service-account-token';
const accountName = ['metadata', 'annotations', 'kubernetes.io/service-account.name'];
const noToken = notApplicable('it is no token');

/** Source: CIS Kubernetes Benchmark 1.12, 3.1.2. Who shows a token, only the audit log tells. */
export default control({
  id: 'authentication/service-account-tokens',
  title: 'No Secret holds a service account token that never expires',
  severity: 'medium',
  subject: 'object',
  kinds: ['Namespace', 'Secret'],
  why: 'Such a token is what people and pipelines are given to log in with. It is good until the Secret is deleted, wherever it has been copied to.',
  remedy:
    'Let people log in through an identity provider, let pods mount a projected token, and make others with kubectl create token; then delete the Secret.',
  check: ({ object }, facts): Verdict => {
    if (standsForCluster(object)) return ofCluster(facts);
    const { kind, name, namespace, value } = object;
    if (kind !== 'Secret' || valueAt(value, ['type']) !== tokenType) return noToken;
    const account = valueAt(value, accountName);
    const whose = typeof account === 'string' ? account : 'a service account';
    // Kubernetes notes it from v1.26 on.
    const used = valueAt(value, ['metadata', 'labels', 'kubernetes.io/legacy-token-last-used']);
    const last = typeof used === 'string' ? `, last used on ${used}` : '';
    if (!isMadeByController(object, facts)) {
      return fail(`Secret ${name} is a token of ${whose} that never expires${last}`, ['type']);
    }
    const minor = facts.get(serverVersion)?.minor;
    if (minor === undefined || minor < 24)
      return notApplicable('the controller makes one for every service account before v1.24');
    if (namespace === 'kube-system') return notApplicable('it is that of a controller, from before v1.24');
    const message = `Secret ${name} is a token of ${whose} that never expires, left over from before v1.24${last}`;
    return fail(message, ['type'], { severity: 'low' });
  },
  examples: {
    fail: [token('robot-token')],
    pass: [
      namespaces('kube-system'),
      `${namespaces('kube-system')}---\n${token('robot-token-x7k2p')}---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: shop}
secrets: [{name: robot-token-x7k2p}]
`,
    ],
  },
});

/** The controller writes the Secret that it makes into the list of the account, under a name of its own. */
function isMadeByController({ name, namespace, value }: KubeObject, facts: Facts): boolean {
  const account = valueAt(value, accountName);
  if (typeof account !== 'string' || !name.startsWith(`${account}-token-`)) return false;
  const object = facts.get(serviceAccountOf)(namespace, account);
  return object !== undefined && objectsIn(own(object.value, 'secrets')).some((each) => own(each, 'name') === name);
}

function ofCluster(facts: Facts): Verdict {
  const unread = secretsUnread(facts);
  if (unread !== undefined) return { kind: 'unknown', reason: unread };
  return { kind: 'manual', reason: 'whether people log in with tokens of service accounts, only the audit log tells' };
}

function token(name: string): string {
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${name}
  namespace: shop
  annotations: {kubernetes.io/service-account.name: robot}
type: ${tokenType}
`;
}

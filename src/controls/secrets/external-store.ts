import { defineFact } from '../../facts/facts.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { namespaces, standsForCluster } from '../namespaces/whole-cluster.ts';

/** API groups of programs that fetch secrets from a store outside the cluster. */
const groups = ['external-secrets.io', 'secrets-store.csi.x-k8s.io', 'secrets.hashicorp.com', 'kubernetes-client.io'];

/** Whether the snapshot holds objects or definitions of such a program. */
const hasStore = defineFact('external-secret-store', ({ snapshot }): boolean => {
  const served = snapshot.cluster?.apiVersions ?? [];
  if (served.some((version) => groups.some((group) => version.startsWith(`${group}/`)))) return true;
  return snapshot.objects.some(({ apiVersion, kind, name }) =>
    groups.some(
      (group) =>
        apiVersion.startsWith(`${group}/`) || (kind === 'CustomResourceDefinition' && name.endsWith(`.${group}`)),
    ),
  );
});

const storeKinds: ReadonlySet<string> = new Set(['SecretStore', 'ClusterSecretStore']);

const notOfCluster = notApplicable('it does not stand for the cluster');

/** Source: CIS Kubernetes Benchmark 1.12, 5.4.2. Asked once, of the namespace kube-system. */
export default control({
  id: 'secrets/external-store',
  title: 'Secrets come from a store outside the cluster where that is called for',
  severity: 'info',
  subject: 'object',
  kinds: ['Namespace', ...storeKinds],
  why: 'A store outside the cluster keeps secrets out of etcd and its backups, rotates them, and logs who has read what.',
  remedy: 'Consider the Secrets Store CSI driver, the External Secrets Operator or the store of your cloud.',
  check: ({ object }, facts) => {
    if (object.apiVersion.startsWith('external-secrets.io/') && storeKinds.has(object.kind)) return judgeStore(object);
    if (!standsForCluster(object)) return notOfCluster;
    return facts.get(hasStore) ? pass : forPeople;
  },
  examples: {
    fail: [
      `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: demo}
spec: {provider: {fake: {data: [{key: database, value: example}]}}}
`,
    ],
    pass: [
      namespaces('kube-system'),
      `${namespaces('kube-system')}---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {provider: {vault: {server: https://vault.example}}}
`,
    ],
  },
});

/** The provider `fake` of the External Secrets Operator is for trying it out. */
function judgeStore({ kind, name, value }: KubeObject): Verdict {
  const at = ['spec', 'provider', 'fake'];
  if (valueAt(value, at) === undefined) return pass;
  return fail(`${kind} ${name} has the secrets themselves in plain text, in its provider fake`, at, {
    severity: 'medium',
  });
}

const forPeople: Verdict = {
  kind: 'manual',
  reason: 'no program that fetches secrets from outside is there: whether the cluster needs one, people must say',
};

import { podGuardOf } from '../../facts/admission-policies.ts';
import { apiComponents } from '../../facts/api-components.ts';
import { serverVersion } from '../../facts/cluster-version.ts';
import type { Facts } from '../../facts/facts.ts';
import { readNode } from '../../facts/nodes.ts';
import { edit } from '../../model/edit.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import { type PodSecurityLevel, parsePodSecurityLevel } from '../../semantics/pod-security/policy.ts';
import { control } from '../control.ts';
import { pluginConfiguration } from '../kube-apiserver/admission-config.ts';
import { listOf } from '../kube-apiserver/server-control.ts';
import { isNamespace, isSystemNamespace, namespaces } from './whole-cluster.ts';

const label = 'pod-security.kubernetes.io/enforce';
const at = ['metadata', 'labels', label];
const labelOf = (mode: string) => ['metadata', 'labels', `pod-security.kubernetes.io/${mode}`];
const noNamespace = notApplicable('it is no namespace');

/** Source: CIS Kubernetes Benchmark 1.12, 5.2.1. */
export default control({
  id: 'namespaces/pod-security',
  title: 'Admission refuses dangerous pods in every namespace',
  severity: 'medium',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Where nothing is refused, whoever may create a pod in the namespace may create a privileged one, and has the node.',
  remedy:
    'Label the namespace pod-security.kubernetes.io/enforce: restricted, or baseline where its pods need more. A dry run (kubectl label --dry-run=server) tells which pods would be refused.',
  check: ({ object }, facts) => {
    if (!isNamespace(object)) return noNamespace;
    if (isSystemNamespace(object.name)) return notApplicable('the pods in it are those of the cluster itself');
    const ofLabel = judgeLabel(object, facts);
    if (ofLabel.kind === 'pass') return ofLabel;
    const guard = facts.get(podGuardOf)(object);
    if (guard?.strength === 'certain') return pass;
    if (valueAt(object.value, at) === undefined && defaultLevel(object, facts) !== undefined) return pass;
    if (guard === undefined) return ofLabel;
    return {
      kind: 'manual',
      reason: `${guard.says} is asked about pods: what it refuses in namespace ${object.name}, people must say`,
    };
  },
  fix: {
    safety: 'may-break',
    edits: (_, failure) => (failure.key === 'version' ? [] : [edit.set(at, 'baseline')]),
  },
  examples: {
    fail: [namespaces('shop'), labelled('privileged'), labelled('stict')],
    pass: [labelled('baseline'), labelled('restricted'), `${namespaces('shop')}---\n${denyPolicy()}`],
  },
});

function judgeLabel({ name, value }: KubeObject, facts: Facts): Verdict {
  const text = valueAt(value, at);
  if (typeof text !== 'string') {
    const only = ['audit', 'warn'].filter((mode) => typeof valueAt(value, labelOf(mode)) === 'string');
    const more = only.length === 0 ? '' : `: its labels only ${only.join(' and ')}`;
    return fail(`nothing in what was read refuses dangerous pods in namespace ${name}${more}`, ['metadata', 'labels']);
  }
  const level = parsePodSecurityLevel(text);
  if (level === undefined) return fail(`label ${label}: ${text} is no level that Kubernetes knows`, at);
  const minor = facts.get(serverVersion)?.minor;
  if (minor !== undefined && minor < 23) {
    return fail(`label ${label} means nothing to Kubernetes v1.${minor}, which has no Pod Security admission`, at, {
      key: 'version',
    });
  }
  return level === 'privileged' ? fail(`label ${label}: privileged lets every pod into namespace ${name}`, at) : pass;
}

/** The level that the API server is configured to enforce without a label, where that is not `privileged`. */
function defaultLevel({ name }: KubeObject, facts: Facts): PodSecurityLevel | undefined {
  for (const server of apiServers(facts)) {
    if (!listOf(server, 'admission-plugins').includes('PodSecurity')) return undefined;
    const found = pluginConfiguration(server, facts, 'PodSecurity');
    if ('kind' in found) return undefined;
    const level = parsePodSecurityLevel(found.reader.object('defaults').string('enforce') ?? '');
    const isExempt = found.reader.object('exemptions').strings('namespaces').includes(name);
    return isExempt || level === 'privileged' ? undefined : level;
  }
  return undefined;
}

function* apiServers(facts: Facts): Generator<NodeComponent> {
  const isServer = ({ component }: NodeComponent): boolean => component === 'kube-apiserver';
  for (const node of facts.snapshot.nodes ?? []) {
    // Most nodes of a large cluster are workers, and reading a node takes time.
    const runsServer =
      node.files.some(({ path }) => path.includes('kube-apiserver')) ||
      node.processes.some(({ exe }) => exe.includes('kube-apiserver'));
    if (runsServer) yield* facts.get(readNode)(node).components.filter(isServer);
  }
  yield* facts.get(apiComponents).filter(isServer);
}

function labelled(level: string): string {
  return namespaces('shop').replace('{name: shop}', `{name: shop, labels: {${label}: ${level}}}`);
}

function denyPolicy(): string {
  return `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-privileged}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "!object.spec.containers.exists(c, c.?securityContext.privileged.orValue(false))"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-privileged}
spec: {policyName: no-privileged, validationActions: [Deny]}
`;
}

import type { Certificate } from '../model/certificate.ts';
import { isList, isObject, own } from '../model/json.ts';
import type { Kubeconfig } from '../model/kubeconfig.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { ArrivingIdentity, AuditedComponent } from '../semantics/audit-policy/identities.ts';
import { parseCertificate } from '../semantics/certificates/parse.ts';
import { pemBlocks } from '../semantics/certificates/pem-blocks.ts';
import { identityOf } from '../semantics/kubeconfig/identity.ts';
import { serviceAccountGroups, serviceAccountUser } from '../semantics/rbac/binding.ts';
import { defineFact } from './facts.ts';
import { nodeKubeconfigs } from './kubeconfigs.ts';

/** Under which names the components reach the API server: by their kubeconfigs on nodes, and by a cluster's objects. */
export const componentIdentities = defineFact('component-identities', (facts): readonly ArrivingIdentity[] => {
  const found = new Map<string, ArrivingIdentity>();
  const add = (identity: ArrivingIdentity): void => {
    const key = `${identity.component} ${identity.name}`;
    if (!found.has(key)) found.set(key, identity);
  };
  for (const node of facts.snapshot.nodes ?? []) {
    for (const kubeconfig of facts.get(nodeKubeconfigs)(node)) {
      const identity = ofKubeconfig(kubeconfig);
      if (identity !== undefined) add(identity);
    }
  }
  for (const object of facts.snapshot.objects) for (const identity of ofObject(object)) add(identity);
  return [...found.values()];
});

/** Names of the files by kubeadm, and those that other installers give them. */
const files: readonly (readonly [pattern: RegExp, component: AuditedComponent])[] = [
  [/(?:^|[/.-])kube-?proxy[^/]*$/, 'kube-proxy'],
  [/(?:^|\/)kubeproxy[^/]*$/, 'kube-proxy'],
  [/(?:^|\/)(?:kube-)?scheduler[^/]*$/, 'kube-scheduler'],
  [/(?:^|\/)(?:kube-)?controller-manager[^/]*$/, 'kube-controller-manager'],
  [/(?:^|\/)(?:controller)\.kubeconfig$/, 'kube-controller-manager'],
  [/(?:^|\/)kubelet[^/]*$/, 'kubelet'],
];

function ofKubeconfig(kubeconfig: Kubeconfig): ArrivingIdentity | undefined {
  const { path, contexts, users, currentContext } = kubeconfig;
  // The folder of a component's files names it, where the file itself is called config.
  const named =
    files.find(([pattern]) => pattern.test(path)) ??
    files.find(([pattern]) => pattern.test(path.replace(/\/[^/]*$/, '')));
  if (named === undefined || path.includes('bootstrap')) return undefined;
  const context = contexts.find(({ name }) => name === currentContext);
  const user = users.find(({ name }) => name === context?.user);
  if (user === undefined) return undefined;
  const { name, groups } = identityOf(user, certificateOf(kubeconfig, user.certificate));
  if (name !== undefined) return { component: named[1], name, groups, evidence: path };
  return undefined;
}

function certificateOf(
  kubeconfig: Kubeconfig,
  reference: Kubeconfig['users'][number]['certificate'],
): Certificate | undefined {
  if (reference === undefined) return undefined;
  const text = reference.data ?? kubeconfig.resolve(reference.path ?? '').file?.text ?? '';
  const [block] = pemBlocks(text);
  const parsed = block && parseCertificate(block.pem);
  return parsed !== undefined && 'certificate' in parsed ? parsed.certificate : undefined;
}

function* ofObject({ kind, name, namespace, value, apiVersion }: KubeObject): Iterable<ArrivingIdentity> {
  if (kind === 'Node' && apiVersion === 'v1') {
    const groups = ['system:nodes', 'system:authenticated'];
    yield { component: 'kubelet', name: `system:node:${name}`, groups, evidence: `node ${name}` };
    return;
  }
  if (namespace !== 'kube-system') return;
  if (kind === 'DaemonSet' || kind === 'Pod') {
    const template = kind === 'Pod' ? ['spec'] : ['spec', 'template', 'spec'];
    const containers = valueAt(value, [...template, 'containers']);
    const runsProxy =
      isList(containers) &&
      containers.some((container) => {
        const words = isObject(container)
          ? [own(container, 'command'), own(container, 'args')].flatMap((list) => (isList(list) ? list : []))
          : [];
        return words.some((word) => typeof word === 'string' && /(?:^|\/)kube-proxy$/.test(word));
      });
    const account = valueAt(value, [...template, 'serviceAccountName']);
    if (!runsProxy || typeof account !== 'string') return;
    yield {
      component: 'kube-proxy',
      name: serviceAccountUser('kube-system', account),
      groups: [...serviceAccountGroups('kube-system'), 'system:authenticated'],
      evidence: `${kind === 'Pod' ? 'pod' : 'daemonset'} kube-system/${name}`,
    };
  }
}

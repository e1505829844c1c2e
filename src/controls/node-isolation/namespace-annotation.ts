import { apiServers } from '../../facts/api-servers.ts';
import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { listOf } from '../kube-apiserver/server-control.ts';
import { isNamespace } from '../namespaces/whole-cluster.ts';

const prefix = 'scheduler.alpha.kubernetes.io/';

/** Annotations by which a namespace is bound to nodes, and the admission plugin that reads them; it is off by default. */
const annotations: readonly (readonly [name: string, plugin: string])[] = [
  ['node-selector', 'PodNodeSelector'],
  ['defaultTolerations', 'PodTolerationRestriction'],
  ['tolerationsWhitelist', 'PodTolerationRestriction'],
];

/** Source: Kubernetes documentation, "Admission Controllers", PodNodeSelector and PodTolerationRestriction. */
export default control({
  id: 'node-isolation/namespace-annotation',
  title: 'Annotations that bind a namespace to nodes are enforced',
  severity: 'medium',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Without its admission plugin such an annotation is a comment: the pods of the namespace run anywhere, and on the nodes of others.',
  remedy:
    'Add the plugin to --enable-admission-plugins of every API server, or bind the pods by an admission policy of another kind.',
  check: ({ object }, facts) => {
    if (!isNamespace(object)) return notApplicable('it is no namespace');
    const given = valueAt(object.value, ['metadata', 'annotations']);
    const here = annotations.filter(([name]) => isObject(given) && own(given, `${prefix}${name}`) !== undefined);
    if (here.length === 0) return notApplicable('no annotation binds it to nodes');
    const servers = facts.get(apiServers);
    if (servers.length === 0) return unknown('no API server was read: which admission plugins it runs is not known');
    const failures: Failure[] = [];
    for (const [name, plugin] of here) {
      if (servers.every((server) => listOf(server, 'admission-plugins').includes(plugin))) continue;
      const message = `annotation ${prefix}${name} of namespace ${object.name} counts for nothing: admission plugin ${plugin} is not enabled`;
      failures.push(fail(message, ['metadata', 'annotations', `${prefix}${name}`], { key: name }));
    }
    return failures;
  },
  examples: {
    fail: [`${space()}---\n${server('')}`],
    pass: [`${space()}---\n${server('--enable-admission-plugins=PodNodeSelector')}`],
  },
});

function space(): string {
  return `apiVersion: v1
kind: Namespace
metadata: {name: bank, annotations: {${prefix}node-selector: team=bank}}
`;
}

function server(flag: string): string {
  const words = ['kube-apiserver', '--etcd-servers=https://127.0.0.1:2379', flag].filter((word) => word !== '');
  return `apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver-one
  namespace: kube-system
  labels: {component: kube-apiserver, tier: control-plane}
  annotations: {kubernetes.io/config.mirror: abc}
spec:
  nodeName: one
  hostNetwork: true
  containers: [{name: kube-apiserver, image: "registry.k8s.io/kube-apiserver:v1.34.1", command: ${JSON.stringify(words)}}]
`;
}

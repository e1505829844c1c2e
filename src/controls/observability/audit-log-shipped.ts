import { apiServers } from '../../facts/api-servers.ts';
import { isolatedNodes, tolerates, tolerationsOf } from '../../facts/node-isolation.ts';
import { watchers, watchersOf } from '../../facts/observability.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import type { Pod } from '../../model/pod.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isSet, textOf } from '../kube-apiserver/server-control.ts';
import { standsForCluster } from '../namespaces/whole-cluster.ts';
import { cluster, program } from './examples.ts';

/** Told once of a cluster. That the API server has an audit log at all is a matter of its own controls. */
export default control({
  id: 'observability/audit-log-shipped',
  title: 'The audit log leaves the nodes of the control plane',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Whoever takes over a node of the control plane deletes the log that shows how; what a shipper has read by then they cannot.',
  remedy:
    'Let a shipper of logs on the control plane mount the folder of --audit-log-path, or send events away by --audit-webhook-config-file.',
  check: ({ object }, facts) => {
    if (!standsForCluster(object)) return notApplicable('it is asked once a cluster');
    const servers = facts.get(apiServers);
    if (servers.length === 0) return notApplicable('no API server was read');
    const paths = new Set(servers.flatMap(auditFolder));
    if (paths.size === 0) return notApplicable('no audit log is written to a file');
    const shippers = watchersOf(facts.get(watchers), 'logs').filter(({ evidence }) => evidence.has('image'));
    if (shippers.length === 0)
      return unknown('no shipper of logs is seen in the cluster: one on the node itself may read the file');
    const pods = shippers.flatMap(({ workloads }) => [...workloads.values()].map(({ pod }) => pod));
    const left = [...paths].filter((path) => !pods.some((pod) => mounts(pod, path)));
    const [first] = left;
    if (first !== undefined) {
      const { name } = shippers[0]?.program ?? { name: 'the shipper of logs' };
      return fail(`the audit log is written to ${first}, which ${name} does not mount`, []);
    }
    const taints = [...facts.get(isolatedNodes).values()]
      .filter((node) => node.isControlPlane)
      .flatMap((node) => node.taints);
    const reaches = pods.some((pod) => {
      const tolerations = tolerationsOf(pod);
      return taints.every((taint) => tolerations.some((toleration) => tolerates(toleration, taint)));
    });
    return reaches ? pass : notApplicable('the shipper does not run on the control plane, and that is told of it');
  },
  examples: {
    fail: [cluster(server('/srv/audit/audit.log'), program('fluent-bit', 'docker.io/fluent/fluent-bit:3.2', logs()))],
    pass: [
      cluster(
        server('/var/log/kubernetes/audit.log'),
        program('fluent-bit', 'docker.io/fluent/fluent-bit:3.2', logs()),
      ),
    ],
  },
});

/** The folder of the log; none where it goes to a webhook as well, or to the output of the container. */
function auditFolder(server: NodeComponent): readonly string[] {
  const path = textOf(server, 'audit-log-path');
  if (path === '' || path === '-' || isSet(server, 'audit-webhook-config-file')) return [];
  return [path.slice(0, path.lastIndexOf('/')) || '/'];
}

function mounts({ volumes }: Pod, folder: string): boolean {
  return volumes.some(({ hostPath }) => {
    const path = hostPath?.path.replace(/\/+$/, '');
    return path !== undefined && (folder === path || folder.startsWith(`${path}/`));
  });
}

function logs(): string {
  return ', volumes: [{name: logs, hostPath: {path: /var/log}}]';
}

function server(path: string): string {
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
  containers:
    - name: kube-apiserver
      image: registry.k8s.io/kube-apiserver:v1.34.1
      command: [kube-apiserver, "--etcd-servers=https://127.0.0.1:2379", "--audit-log-path=${path}", --audit-policy-file=/etc/kubernetes/audit.yaml]
`;
}

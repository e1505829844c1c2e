import { expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { hostsOf } from './cluster-nodes.ts';

function object(kind: string, name: string, value: JsonObject): KubeObject {
  const source = { file: `/api/v1/${name}`, document: 0, base: [] };
  return { apiVersion: 'v1', kind, name, namespace: 'kube-system', value, source };
}

function node(name: string, address: string, Port: number): KubeObject {
  const addresses = [{ type: 'InternalIP', address }];
  return object('Node', name, { status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port } } } });
}

function pod(name: string, nodeName: string, command: readonly string[], more: JsonObject = {}): KubeObject {
  const image = `registry.k8s.io/${command[0]}:v1.30.2`;
  const containers = [{ name: command[0] ?? '', image, command: [...command] }];
  return object('Pod', name, { spec: { nodeName, hostNetwork: true, containers, ...more } });
}

const none = { pods: [], configMaps: [], notes: [] };

it('takes the port of the kubelet from the status of its node', () => {
  expect(hostsOf([node('n1', '10.0.0.5', 10350)], none)).toEqual({
    hosts: [
      { host: '10.0.0.5', node: 'n1', ports: [{ port: 10350, listener: 'kubelet', origin: 'status of node n1' }] },
    ],
    notes: [],
  });
});

it('takes the ports of components from their pods, each for its own node', () => {
  const pods = [
    pod('kube-apiserver-n1', 'n1', ['kube-apiserver', '--secure-port=7443']),
    pod('kube-scheduler-n2', 'n2', ['kube-scheduler', '--secure-port=11259']),
  ];
  const { hosts } = hostsOf([node('n1', '10.0.0.5', 10250), node('n2', '10.0.0.6', 0)], { ...none, pods });
  expect(hosts.map(({ ports = [] }) => ports.map(({ port, listener }) => [port, listener]))).toEqual([
    [
      [10250, 'kubelet'],
      [7443, 'kube-apiserver'],
    ],
    [[11259, 'kube-scheduler']],
  ]);
  expect(hosts[0]?.ports?.[1]?.origin).toBe('secure-port of kube-apiserver of pod kube-apiserver-n1');
});

it('leaves out pods with a network of their own, and says which node has no address', () => {
  const pods = [pod('kube-apiserver-x', 'n1', ['kube-apiserver', '--secure-port=7443'], { hostNetwork: false })];
  expect(hostsOf([node('n1', '169.254.169.254', 10250), node('n2', '10.0.0.6', 70000)], { ...none, pods })).toEqual({
    hosts: [{ host: '10.0.0.6', node: 'n2' }],
    notes: ['node n1 has no address that could be looked at'],
  });
});

import type { Facts } from '../../facts/facts.ts';
import { defineFact } from '../../facts/facts.ts';
import { imageOf } from '../../facts/image-references.ts';
import { networkServices } from '../../facts/network-services.ts';
import { publishedServices } from '../../facts/published-services.ts';
import { interfaceByName, type SensitiveInterface, sensitiveInterface } from '../../facts/sensitive-interfaces.ts';
import { workloadOf } from '../../facts/workloads.ts';
import { type JsonObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { deployment, service } from './examples.ts';
import { serviceControl } from './service-control.ts';

/** The objects that make the pods of each Service. */
const podsBehind = defineFact('objects-behind-services', (facts): ReadonlyMap<KubeObject, ReadonlySet<KubeObject>> => {
  const published = facts.get(publishedServices);
  const found = new Map<KubeObject, ReadonlySet<KubeObject>>();
  for (const { object, pods } of facts.get(networkServices)) {
    if (published.has(object)) found.set(object, new Set(pods.map((pod) => pod.object)));
  }
  return found;
});

export default serviceControl({
  id: 'services/sensitive-interface',
  title: 'Interfaces that administer something stay inside',
  severity: 'high',
  why: 'Dashboards, pipelines and notebooks run what they are given with rights of their own, and are searched for on the internet by the hour. A login alone has not kept people out of them.',
  remedy:
    'Keep the Service of type ClusterIP and reach it by kubectl port-forward, a VPN or a proxy that asks who is there.',
  judge: (service, facts) => {
    const { object } = service;
    const published = facts.get(publishedServices).get(object);
    if (published === undefined) return notApplicable('nothing from outside reaches it');
    if (published.by === 'few') return pass;
    const found = interfaceBehind(object, facts);
    if (found === undefined) {
      const ports = leadsNowhere(object, facts) ? objectsIn(own(service.spec, 'ports')).flatMap(portsOf) : [];
      const likely = interfaceByName(object.name, ports);
      if (likely === undefined) return pass;
      const reason = `${object.name} looks like ${likely} by its name and port and is reached from outside through ${published.how}; what it leads to was not read`;
      return { kind: 'manual', reason };
    }
    const { name, asks } = found;
    const limits = asks === 'nothing' ? `, and ${name} asks nobody who they are` : '';
    return fail(`${name} is reached from outside through ${published.how}${limits}`, ['spec', 'type'], {
      ...(asks === 'login' || published.by === 'nodes' ? { severity: 'medium' as const } : {}),
    });
  },
  examples: {
    fail: [
      exposed('prom/prometheus:v3.0.0', 'type: LoadBalancer, '),
      exposed('quay.io/argoproj/argocd:v3.1.0', 'type: NodePort, '),
      `${exposed('ollama/ollama:0.5.1', '')}---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ai, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
`,
    ],
    pass: [
      exposed('prom/prometheus:v3.0.0', ''),
      exposed('registry.example/shop/web:1.0', 'type: LoadBalancer, '),
      exposed('prom/prometheus:v3.0.0', 'type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.0/24], '),
    ],
  },
});

/** Whether no workload that was read is behind it. */
function leadsNowhere(object: KubeObject, facts: Facts): boolean {
  return (facts.get(podsBehind).get(object)?.size ?? 0) === 0;
}

function portsOf(port: JsonObject): readonly number[] {
  return [own(port, 'port'), own(port, 'targetPort')].filter((each) => typeof each === 'number');
}

function interfaceBehind(object: KubeObject, facts: Facts): SensitiveInterface | undefined {
  const read = facts.get(workloadOf);
  const image = facts.get(imageOf);
  let found: SensitiveInterface | undefined;
  for (const workload of facts.get(podsBehind).get(object) ?? []) {
    for (const { pod } of read(workload)?.templates ?? []) {
      for (const container of pod.containers) {
        const reference = image(container);
        const known = 'kind' in reference ? undefined : sensitiveInterface(reference);
        if (known !== undefined && (found === undefined || known.asks === 'nothing')) found = known;
      }
    }
  }
  return found;
}

function exposed(image: string, fields: string): string {
  return `${deployment(image)}---\n${service(`${fields}selector: {app: web}, ports: [{port: 80}]`)}`;
}

import type { Facts } from '../../facts/facts.ts';
import { linkerdNamespaces } from '../../facts/linkerd.ts';
import { makerName, makerOf } from '../../facts/makers.ts';
import { workloadOf } from '../../facts/workloads.ts';
import type { ObjectPlace } from '../../model/node-component.ts';
import { valueAt } from '../../model/path.ts';
import type { Pod } from '../../model/pod.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

const prefix = 'config.linkerd.io/';

const asking = `apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
`;

/** Source: linkerd.io, "Proxy Configuration". Opaque ports are in the mesh, and encrypted. */
const annotations: readonly (readonly [name: string, says: (value: string) => string])[] = [
  ['skip-inbound-ports', (value) => `connections to its ports ${value} pass the proxy by`],
  ['skip-outbound-ports', (value) => `its connections to ports ${value} of others pass the proxy by`],
  ['skip-subnets', (value) => `what it exchanges with ${value} passes the proxy by`],
];

export default control({
  id: 'meshes/linkerd-bypass',
  title: 'Workloads of Linkerd are in the mesh with all ports',
  severity: 'low',
  subject: 'pod',
  why: 'What passes the proxy by has neither mutual TLS nor policies, and nothing that shows the mesh says so.',
  remedy:
    'Take the annotation out; where the protocol stands in the way, name the port in config.linkerd.io/opaque-ports, which is encrypted.',
  check: ({ object, pod }, facts) => {
    const isAsked = facts.get(linkerdNamespaces).has(object.namespace ?? 'default');
    if (!isAsked && ![...pod.annotations.keys()].some((name) => name.startsWith(prefix))) {
      return notApplicable('it is not asked into a mesh of Linkerd');
    }
    const name = facts.get(makerName)(object);
    const failures: Failure[] = [];
    for (const [annotation, says] of annotations) {
      const value = pod.annotations.get(`${prefix}${annotation}`)?.trim();
      if (value === undefined || value === '') continue;
      const at = [...pod.metadataPath, 'annotations', `${prefix}${annotation}`];
      failures.push(fail(`of ${name} ${says(value)}`, at, { key: annotation }));
    }
    const because = isAsked ? outsideBecause(object, pod) : undefined;
    if (because !== undefined) {
      const message = `${name} is asked into the mesh and is not in it: ${because}`;
      failures.push(fail(message, pod.path, { key: 'outside', ...templatePlace(object, facts) }));
    }
    return failures;
  },
  examples: {
    fail: [
      annotated('config.linkerd.io/skip-inbound-ports: "5432"'),
      `${asking}---\n${annotated('linkerd.io/inject: disabled')}`,
    ],
    pass: [annotated('config.linkerd.io/opaque-ports: "5432"')],
  },
});

/** Why a pod of a namespace that asks for the proxy has none; undefined for one that has it, or will. */
function outsideBecause(object: KubeObject, pod: Pod): string | undefined {
  if (pod.containers.some(({ name }) => name === 'linkerd-proxy')) return undefined;
  if (pod.hostNetwork) return 'it is on the network of its node';
  if (pod.annotations.get('linkerd.io/inject') === 'disabled') return 'linkerd.io/inject is disabled';
  const isRunning = object.kind === 'Pod' && valueAt(object.value, ['status', 'phase']) === 'Running';
  return isRunning ? 'it runs without the container linkerd-proxy' : undefined;
}

/** All pods of a workload are out of the mesh for one reason, which is told where it is changed. */
function templatePlace(object: KubeObject, facts: Facts): { readonly place?: ObjectPlace } {
  const maker = facts.get(makerOf)(object);
  if (maker === object) return {};
  const [template] = facts.get(workloadOf)(maker)?.templates ?? [];
  return { place: { object: maker, path: template?.pod.path ?? [] } };
}

function annotated(annotation: string): string {
  return inPod('').replace('namespace: shop\n', `namespace: shop\n  annotations: {${annotation}}\n`);
}

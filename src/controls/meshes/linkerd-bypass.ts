import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

const prefix = 'config.linkerd.io/';

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
  check: ({ object, pod }) => {
    if (![...pod.annotations.keys()].some((name) => name.startsWith(prefix))) {
      return notApplicable('it sets nothing of Linkerd');
    }
    const failures: Failure[] = [];
    for (const [name, says] of annotations) {
      const value = pod.annotations.get(`${prefix}${name}`)?.trim();
      if (value === undefined || value === '') continue;
      const at = [...pod.metadataPath, 'annotations', `${prefix}${name}`];
      failures.push(fail(`of ${object.kind} ${object.name} ${says(value)}`, at, { key: name }));
    }
    return failures;
  },
  examples: {
    fail: [annotated('config.linkerd.io/skip-inbound-ports: "5432"')],
    pass: [annotated('config.linkerd.io/opaque-ports: "5432"')],
  },
});

function annotated(annotation: string): string {
  return inPod('').replace('namespace: shop\n', `namespace: shop\n  annotations: {${annotation}}\n`);
}

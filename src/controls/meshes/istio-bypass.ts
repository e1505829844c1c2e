import { istio, meshMembers } from '../../facts/istio.ts';
import { makerName } from '../../facts/makers.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { mesh, peers, workload } from './examples.ts';

const strict = peers('default', 'istio-system', 'mtls: {mode: STRICT}');
const prefix = 'traffic.sidecar.istio.io/';

/** What a pod's own annotations take out of the mesh. Source: istio.io, "Resource Annotations". */
const annotations: readonly (readonly [name: string, says: (value: string) => string])[] = [
  ['excludeInboundPorts', (value) => `connections to port ${value} pass the proxy by`],
  ['excludeOutboundPorts', (value) => `its connections to port ${value} of others pass the proxy by`],
  ['excludeOutboundIPRanges', (value) => `its connections to ${value} pass the proxy by`],
];

export default control({
  id: 'meshes/istio-bypass',
  title: 'Workloads that are asked into the mesh are in it with all ports',
  severity: 'low',
  subject: 'pod',
  why: 'What passes the proxy by has neither mutual TLS nor policies, and a report on the mesh shows the workload as if it had both.',
  remedy:
    'Take the exclusion out, or narrow it to ports that are encrypted by themselves; restart pods that run without the proxy.',
  check: (subject, facts) => {
    const { object, pod } = subject;
    if (facts.get(istio).object === undefined && facts.get(istio).policies.length === 0) {
      return notApplicable('no mesh of Istio was read');
    }
    const member = facts.get(meshMembers).of(subject);
    if (member === undefined) return notApplicable('it is not asked into the mesh');
    const { membership } = member;
    const name = facts.get(makerName)(object);
    if (membership.kind === 'outside') {
      // Told once for all pods of a workload.
      if (member.subject.object !== object) return notApplicable('it is told of what made the pod');
      const message = `${name} is asked into the mesh and is not in it: ${membership.because}`;
      return [fail(message, pod.path, { key: 'outside' })];
    }
    const failures: Failure[] = [];
    for (const [annotation, says] of annotations) {
      const value = pod.annotations.get(`${prefix}${annotation}`)?.trim();
      if (value === undefined || value === '') continue;
      const at = [...pod.metadataPath, 'annotations', `${prefix}${annotation}`];
      failures.push(fail(`of ${name} ${says(value)}`, at, { key: annotation }));
    }
    const included = pod.annotations.get(`${prefix}includeInboundPorts`);
    if (included !== undefined && included.trim() !== '*') {
      const at = [...pod.metadataPath, 'annotations', `${prefix}includeInboundPorts`];
      const what = included.trim() === '' ? 'no connection to it passes' : `only connections to port ${included} pass`;
      failures.push(fail(`of ${name}: ${what} the proxy`, at, { key: 'includeInboundPorts' }));
    }
    return failures;
  },
  examples: {
    fail: [
      mesh(strict, workload(', annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "8080"}')),
      mesh(strict, workload(', annotations: {sidecar.istio.io/inject: "false"}')),
      mesh(strict, workload('', ', hostNetwork: true')),
    ],
    pass: [mesh(strict, workload()), mesh(strict, workload().replaceAll('shop', 'bank'))],
  },
});

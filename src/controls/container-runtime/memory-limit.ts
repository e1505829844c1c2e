import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { judgeLimit } from './limits.ts';

export default control({
  id: 'container-runtime/memory-limit',
  title: 'Containers have a memory limit',
  severity: 'medium',
  subject: 'container',
  why: 'A container without a limit can take all memory of its node, by a leak or on purpose, and the kernel then kills its neighbours.',
  remedy:
    'Set resources.limits.memory to what the container uses at its busiest and a quarter more, and the request to the same value. A LimitRange gives new pods of a namespace a limit by default.',
  check: (subject, facts) => judgeLimit('memory', subject, facts),
  examples: {
    fail: [
      inContainer('resources: { requests: { memory: 64Mi } }'),
      inContainer('resources: { limits: { cpu: 1 } }'),
      inContainer('resources: { limits: { memory: 0 } }'),
      inPod('initContainers: [{ name: proxy, image: b, restartPolicy: Always }]\nresources: { limits: { cpu: 1 } }'),
      withLimitRange('- { type: Pod, max: { memory: 1Gi } }'),
    ],
    pass: [
      inContainer('resources: { limits: { memory: 64Mi } }'),
      inPod('resources: { limits: { memory: 1Gi } }\ninitContainers: [{ name: a, image: b }]'),
      withLimitRange('- { type: Container, default: { memory: 256Mi } }'),
      withLimitRange('- { type: Container, max: { memory: 1Gi } }'),
    ],
  },
});

function withLimitRange(limit: string): string {
  return `apiVersion: v1
kind: LimitRange
metadata: { name: limits, namespace: shop }
spec:
  limits:
    ${limit}
---
${inContainer('resources: {}')}`;
}

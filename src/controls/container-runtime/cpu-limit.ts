import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { judgeLimit } from './limits.ts';

export default control({
  id: 'container-runtime/cpu-limit',
  title: 'Containers have a CPU limit',
  severity: 'low',
  subject: 'container',
  why: 'Without a limit a container takes all CPU that its node has to spare: what an intruder needs to mine coins, and what starves neighbours that have asked for little.',
  remedy:
    'Set resources.limits.cpu well above the usual need, since a limit slows the container down when it is reached. Where latency counts for more, leave it out and except the workload.',
  check: (subject, facts) => judgeLimit('cpu', subject, facts),
  examples: {
    fail: [
      inContainer('resources: { requests: { cpu: 100m } }'),
      inContainer('resources: { limits: { memory: 64Mi } }'),
      inContainer('resources: { limits: { cpu: "0" } }'),
    ],
    pass: [inContainer('resources: { limits: { cpu: 0.5 } }'), inPod('resources: { limits: { cpu: 2 } }')],
  },
});

import type { Facts } from '../../facts/facts.ts';
import { defaultsLimit } from '../../facts/limit-ranges.ts';
import { own } from '../../model/json.ts';
import type { PodSubject } from '../../model/subject.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { bounds, hasLimit, mayHaveLimits } from './limits.ts';

export default control({
  id: 'container-runtime/ephemeral-storage-limit',
  title: 'What a pod writes to its node has a limit',
  severity: 'low',
  subject: 'pod',
  why: 'Logs, the root filesystem and emptyDir volumes share the disk of the node, and a memory-backed emptyDir its memory. A pod that fills them has the others evicted.',
  remedy:
    'Set resources.limits.ephemeral-storage for every container, which bounds its emptyDir volumes too, and a sizeLimit for memory-backed ones.',
  check: (subject, facts) => {
    const storage = withoutLimit('ephemeral-storage', subject, facts);
    const failures: Failure[] = [];
    if (storage.length > 0) {
      const at = subject.pod.containers.find(({ name }) => name === storage[0])?.at('resources', 'limits');
      failures.push(fail(`no ephemeral-storage limit for ${storage.join(', ')}`, at ?? subject.path));
    }
    const { pod } = subject;
    // The kubelet counts an emptyDir against the sum of the limits, and a memory-backed one against the memory limit.
    const bounded = storage.length < pod.containers.filter(mayHaveLimits).length;
    for (const volume of pod.volumes) {
      if (volume.type !== 'emptyDir' || bounds(own(volume.raw, 'sizeLimit'))) continue;
      const inMemory = own(volume.raw, 'medium') === 'Memory';
      if (inMemory ? isMemoryBounded(subject, facts) : bounded) continue;
      const message = `emptyDir ${volume.name} has no sizeLimit, and nothing else bounds ${inMemory ? 'the memory' : 'what'} it takes`;
      failures.push(fail(message, [...volume.path, 'emptyDir', 'sizeLimit'], { key: volume.name }));
    }
    return failures;
  },
  examples: {
    fail: [
      inContainer('resources: { limits: { memory: 64Mi } }'),
      inPod('resources: { limits: { memory: 64Mi } }\nvolumes: [{ name: tmp, emptyDir: {} }]'),
      inPod('volumes: [{ name: shm, emptyDir: { medium: Memory } }]'),
    ],
    pass: [
      inContainer('resources: { limits: { ephemeral-storage: 1Gi } }'),
      `${inContainer('resources: { limits: { ephemeral-storage: 1Gi } }')}  volumes: [{ name: tmp, emptyDir: {} }]\n`,
      `${inContainer('resources: { limits: { ephemeral-storage: 1Gi, memory: 1Gi } }')}  volumes:
    - { name: shm, emptyDir: { medium: Memory } }\n`,
      `${inContainer('resources: { limits: { ephemeral-storage: 1Gi } }')}  volumes:
    - { name: shm, emptyDir: { medium: Memory, sizeLimit: 64Mi } }\n`,
    ],
  },
});

/** Names of the containers that admission leaves without a limit for `resource`. */
function withoutLimit(resource: string, { pod, object }: PodSubject, facts: Facts): readonly string[] {
  const names: string[] = [];
  for (const container of pod.containers) {
    if (!mayHaveLimits(container) || hasLimit(container.resources, resource)) continue;
    if (!container.resources.limits.has(resource) && facts.get(defaultsLimit)(object, resource)) continue;
    names.push(container.name);
  }
  return names;
}

function isMemoryBounded(subject: PodSubject, facts: Facts): boolean {
  return hasLimit(subject.pod.resources, 'memory') || withoutLimit('memory', subject, facts).length === 0;
}

import { defineFact } from '../../facts/facts.ts';
import { makerName } from '../../facts/makers.ts';
import { eachPodSubject } from '../../facts/workloads.ts';
import { isList, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { PodSubject } from '../../model/subject.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

interface Users {
  readonly writers: Set<string>;
  readonly readers: Set<string>;
}

/** The names of the workloads that use each claim, by what they may do with it. Copies of one are one. */
const claimUsers = defineFact('claim-users', (facts): ReadonlyMap<string, Users> => {
  const found = new Map<string, Users>();
  const nameOf = facts.get(makerName);
  for (const subject of eachPodSubject(facts)) {
    for (const { claim, isWritable } of claimsOf(subject)) {
      const key = `${subject.object.namespace ?? ''}/${claim}`;
      let users = found.get(key);
      if (users === undefined) found.set(key, (users = { writers: new Set(), readers: new Set() }));
      (isWritable ? users.writers : users.readers).add(nameOf(subject.object));
    }
  }
  return found;
});

function* claimsOf({ pod }: PodSubject): Generator<{ readonly claim: string; readonly isWritable: boolean }> {
  for (const { type, raw, name } of pod.volumes) {
    const claim = type === 'persistentVolumeClaim' ? own(raw, 'claimName') : undefined;
    if (typeof claim !== 'string') continue;
    const mounts = pod.containers.flatMap(({ volumeMounts }) => volumeMounts.filter((mount) => mount.name === name));
    if (mounts.length === 0) continue;
    yield { claim, isWritable: own(raw, 'readOnly') !== true && mounts.some(({ readOnly }) => !readOnly) };
  }
}

export default control({
  id: 'storage/shared-claim',
  title: 'Workloads that share a volume do not write over each other',
  severity: 'info',
  subject: 'object',
  kinds: ['PersistentVolumeClaim'],
  why: 'Whoever breaks into one of the workloads changes what the others read: a shared volume is a way around network policies and service accounts.',
  remedy: 'Mount the claim read-only where it is only read, or give each workload a claim of its own.',
  check: ({ object }, facts) => {
    if (groupKind(object) !== '/PersistentVolumeClaim') return notApplicable('it is no claim');
    const modes = valueAt(object.value, ['spec', 'accessModes']);
    if (!isList(modes) || !modes.includes('ReadWriteMany')) return notApplicable('one node at a time mounts it');
    const users = facts.get(claimUsers).get(`${object.namespace ?? ''}/${object.name}`);
    const all = new Set([...(users?.writers ?? []), ...(users?.readers ?? [])]);
    if (users === undefined || all.size < 2 || users.writers.size === 0) return pass;
    const writers = [...users.writers].sort();
    const more = writers.length > 3 ? ` and ${writers.length - 3} more` : '';
    const names = `${writers.slice(0, 3).join(', ')}${more}`;
    const message = `${all.size} workloads share claim ${object.name}, and ${names} may write to it`;
    return fail(message, ['spec', 'accessModes'], { items: writers });
  },
  examples: {
    fail: [[claim(), pod('web', ''), pod('upload', '')].join('---\n')],
    pass: [
      [claim(), pod('web', '')].join('---\n'),
      [claim(), pod('web', 'readOnly: true, '), pod('api', 'readOnly: true, ')].join('---\n'),
    ],
  },
});

function claim(): string {
  return `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files, namespace: shop}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
`;
}

function pod(name: string, fields: string): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop}
spec:
  containers: [{name: app, image: registry.example/app:1.0, volumeMounts: [{name: files, mountPath: /f}]}]
  volumes: [{name: files, persistentVolumeClaim: {${fields}claimName: files}}]
`;
}

import { type Edit, edit } from '../../model/edit.ts';
import type { Pod } from '../../model/pod.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';

export default control({
  id: 'container-runtime/seccomp-annotation',
  title: 'Seccomp profiles are set by field, not by annotation',
  severity: 'low',
  subject: 'pod',
  why: 'Kubernetes ignores the seccomp annotations from v1.27 on, so a pod that relies on them runs without the profile it seems to have.',
  remedy: 'Set securityContext.seccompProfile, for the pod or the container, and take the annotation out.',
  check: ({ pod }) => {
    if (pod.annotations.size === 0) return pass;
    const failures: Failure[] = [];
    for (const [key, value] of pod.annotations) {
      if (!key.startsWith(podPrefix) && !key.startsWith(containerPrefix)) continue;
      // Servers up to v1.26 wrote the annotations themselves, after the fields.
      const type = profileOf(value)?.type;
      if (type !== undefined && fieldOf(pod, key) === type) continue;
      const at = [...pod.metadataPath, 'annotations', key];
      failures.push(fail(`annotation ${key} (${value}) has no effect since v1.27`, at, { key }));
    }
    return failures;
  },
  fix: {
    safety: 'may-break',
    edits: ({ pod }, { at, key = '' }) => {
      const edits: Edit[] = [edit.remove(at)];
      const profile = profileOf(pod.annotations.get(key) ?? '');
      // The annotation did nothing, so taking out `unconfined` keeps what there is.
      if (profile === undefined || profile.type === 'Unconfined') return edits;
      if (key === `${podPrefix}pod`) {
        if (pod.securityContext.seccompProfile === undefined) {
          edits.push(edit.set(pod.at('securityContext', 'seccompProfile'), profile));
        }
        return edits;
      }
      const container = pod.containers.find(({ name }) => key === containerPrefix + name);
      if (container !== undefined && container.securityContext.seccompProfile === undefined) {
        edits.push(edit.set(container.at('securityContext', 'seccompProfile'), profile));
      }
      return edits;
    },
  },
  examples: {
    fail: [
      annotated('seccomp.security.alpha.kubernetes.io/pod: runtime/default'),
      annotated('container.seccomp.security.alpha.kubernetes.io/app: localhost/app.json'),
      annotated('seccomp.security.alpha.kubernetes.io/pod: unconfined'),
    ],
    pass: [annotated('team: shop'), inContainer('securityContext: { seccompProfile: { type: RuntimeDefault } }')],
  },
});

const podPrefix = 'seccomp.security.alpha.kubernetes.io/';
const containerPrefix = 'container.seccomp.security.alpha.kubernetes.io/';

/** The type that the fields give to what an annotation is about. */
function fieldOf(pod: Pod, key: string): string | undefined {
  if (key === `${podPrefix}pod`) return pod.securityContext.seccompProfile?.type;
  return pod.containers.find(({ name }) => key === containerPrefix + name)?.effective.seccompProfile?.type;
}

/** The field's form of an annotation's value, as servers from v1.19 to v1.26 copied it. */
function profileOf(value: string): { type: string; localhostProfile?: string } | undefined {
  if (value === 'unconfined') return { type: 'Unconfined' };
  if (value === 'runtime/default' || value === 'docker/default') return { type: 'RuntimeDefault' };
  if (!value.startsWith('localhost/')) return undefined;
  return { type: 'Localhost', localhostProfile: value.slice('localhost/'.length) };
}

function annotated(annotation: string): string {
  return inContainer('securityContext: {}').replace('metadata:\n', `metadata:\n  annotations:\n    ${annotation}\n`);
}

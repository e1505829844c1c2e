import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';

const noVolume = notApplicable('the pod has no volume that outlives it');

/** Not part of the security profile: of most pods it says nothing that matters. */
export default control({
  id: 'pods/fs-group',
  title: 'Pods with persistent volumes say which group owns the files',
  severity: 'info',
  profile: 'reliability',
  subject: 'pod',
  why: 'Without fsGroup, a fresh volume mostly belongs to root: the container cannot write, and people tend to mend that by running it as root.',
  remedy: "Set fsGroup in the pod's securityContext, with fsGroupChangePolicy: OnRootMismatch for large volumes.",
  check: ({ pod }) => {
    if (pod.os === 'windows') return notOnWindows;
    if (!pod.volumes.some(({ type }) => type === 'persistentVolumeClaim' || type === 'ephemeral')) return noVolume;
    const { fsGroup, fsGroupChangePolicy: policy } = pod.securityContext;
    if (fsGroup === undefined) return fail('the pod does not set fsGroup', pod.at('securityContext', 'fsGroup'));
    if (fsGroup < 0) return fail(`the pod sets fsGroup: ${fsGroup}`, pod.at('securityContext', 'fsGroup'));
    if (policy === undefined || policy === 'Always' || policy === 'OnRootMismatch') return pass;
    const message = `the pod sets fsGroupChangePolicy: ${policy}, which is no policy`;
    return fail(message, pod.at('securityContext', 'fsGroupChangePolicy'));
  },
  examples: {
    fail: [
      inPod('volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]'),
      inPod('volumes: [{ name: data, ephemeral: {} }]\nsecurityContext: { fsGroup: -1 }'),
    ],
    pass: [
      inPod(
        'volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]\nsecurityContext: { fsGroup: 2000 }',
      ),
      inPod('volumes: [{ name: tmp, emptyDir: {} }]'),
    ],
  },
});

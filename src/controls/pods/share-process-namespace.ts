import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'pods/share-process-namespace',
  title: 'Containers of a pod do not see the processes of each other',
  severity: 'low',
  subject: 'pod',
  why: 'With a shared process namespace, each container of the pod reads the environment and the file system of the others through /proc, secrets included.',
  remedy: 'Remove shareProcessNamespace; to debug a pod, use an ephemeral container with a target.',
  check: ({ pod }) =>
    pod.shareProcessNamespace
      ? fail('the pod sets shareProcessNamespace: true', pod.at('shareProcessNamespace'))
      : pass,
  examples: {
    fail: [inPod('shareProcessNamespace: true'), inPod('shareProcessNamespace: yes')],
    pass: [inPod('shareProcessNamespace: false'), inPod('')],
  },
});

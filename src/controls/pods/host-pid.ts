import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'pods/host-pid',
  title: 'Pods do not share the process namespace of their node',
  severity: 'high',
  subject: 'pod',
  why: 'A container in the host process namespace sees every process of the node, reads their environment, and with a little more signals or traces them.',
  remedy: "Remove hostPID. To see the processes of the pod's own containers, shareProcessNamespace is enough.",
  check: ({ pod }) => (pod.hostPID ? fail('the pod sets hostPID: true', pod.at('hostPID')) : pass),
  fix: { safety: 'may-break', edits: ({ pod }) => [edit.remove(pod.at('hostPID'))] },
  examples: { fail: [inPod('hostPID: true'), inPod('hostPID: on')], pass: [inPod('hostPID: false'), inPod('')] },
});

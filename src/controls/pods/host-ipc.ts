import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'pods/host-ipc',
  title: 'Pods do not share the IPC namespace of their node',
  severity: 'high',
  subject: 'pod',
  why: 'A container in the host IPC namespace reads and changes the shared memory, semaphores and queues of every process of the node that uses them.',
  remedy: 'Remove hostIPC; containers of one pod share memory through an emptyDir with medium: Memory.',
  check: ({ pod }) => (pod.hostIPC ? fail('the pod sets hostIPC: true', pod.at('hostIPC')) : pass),
  fix: { safety: 'may-break', edits: ({ pod }) => [edit.remove(pod.at('hostIPC'))] },
  examples: { fail: [inPod('hostIPC: true'), inPod('hostIPC: on')], pass: [inPod('hostIPC: false'), inPod('')] },
});

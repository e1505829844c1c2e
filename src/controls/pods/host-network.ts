import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'pods/host-network',
  title: 'Pods do not share the network namespace of their node',
  severity: 'high',
  subject: 'pod',
  why: 'A container in the host network reaches what listens on the node alone, such as the kubelet and the cloud metadata service, can listen to traffic of other pods, and no NetworkPolicy holds for it.',
  remedy:
    'Remove hostNetwork, and expose the pod through a Service. Network plugins and node agents that need it belong in a namespace of their own.',
  // The API server demands the host network for HostProcess pods.
  coveredBy: ['pods/windows-host-process'],
  check: ({ pod }) => (pod.hostNetwork ? fail('the pod sets hostNetwork: true', pod.at('hostNetwork')) : pass),
  fix: { safety: 'may-break', edits: ({ pod }) => [edit.remove(pod.at('hostNetwork'))] },
  examples: {
    fail: [inPod('hostNetwork: true'), inPod('hostNetwork: on')],
    pass: [inPod('hostNetwork: false'), inPod('')],
  },
});

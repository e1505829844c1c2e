import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { checkAdded, removeAdded } from './added-capabilities.ts';

export default control({
  id: 'pods/capabilities-net-raw-added',
  title: 'Containers do not add NET_RAW',
  severity: 'medium',
  subject: 'container',
  why: 'NET_RAW forges packets: a container with it answers ARP and DNS in the name of its neighbours, and so takes their traffic.',
  remedy: 'Take NET_RAW out of capabilities.add: ping works without it where net.ipv4.ping_group_range allows it.',
  // A privileged container has every capability, whatever it lists.
  coveredBy: ['pods/privileged'],
  check: ({ container }) => checkAdded(container, 'net-raw'),
  fix: { safety: 'may-break', edits: ({ container }) => removeAdded(container, 'net-raw') },
  examples: {
    fail: [
      inContainer('securityContext: { capabilities: { drop: [ALL], add: [NET_RAW] } }'),
      inContainer('securityContext: { capabilities: { add: [CAP_NET_RAW] } }'),
      inPod('initContainers: [{ name: setup, securityContext: { capabilities: { add: [NET_RAW] } } }]'),
    ],
    pass: [
      inContainer('securityContext: { capabilities: { add: [NET_BIND_SERVICE] } }'),
      inContainer('securityContext: { capabilities: { drop: [NET_RAW] } }'),
      inPod(''),
    ],
  },
});

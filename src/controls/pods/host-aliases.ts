import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'pods/host-aliases',
  title: 'Pods do not override name resolution with /etc/hosts',
  severity: 'low',
  subject: 'pod',
  why: 'Entries in /etc/hosts win over DNS and nobody sees them from outside: they can send the traffic of a trusted name somewhere else.',
  remedy: 'Remove hostAliases, and publish the name in DNS or as a Service.',
  check: ({ pod }) => {
    if (pod.hostAliases === 0) return pass;
    const entries = pod.hostAliases === 1 ? '1 entry' : `${pod.hostAliases} entries`;
    return fail(`the pod adds ${entries} to /etc/hosts with hostAliases`, pod.at('hostAliases'));
  },
  examples: {
    fail: [inPod('hostAliases: [{ ip: 10.1.2.3, hostnames: [db.example] }]')],
    pass: [inPod('hostAliases: []'), inPod('')],
  },
});

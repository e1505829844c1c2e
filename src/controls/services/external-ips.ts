import { own } from '../../model/json.ts';
import { stringsIn } from '../../model/json-list.ts';
import { fail, pass } from '../../model/verdict.ts';
import { service } from './examples.ts';
import { serviceControl } from './service-control.ts';

const at = ['spec', 'externalIPs'];

/** Source: CVE-2020-8554, which has no fix: what it needs is how the field is meant to work. */
export default serviceControl({
  id: 'services/external-ips',
  title: 'No Service claims addresses by externalIPs',
  severity: 'high',
  why: 'Every node sends what goes to these addresses to the pods of the Service, whoever owns the address: whoever may write Services can put himself between pods and any server (CVE-2020-8554).',
  remedy:
    'Use a Service of type LoadBalancer, and switch the admission plugin DenyServiceExternalIPs on in the API server.',
  judge: ({ object, spec }) => {
    const addresses = stringsIn(own(spec, 'externalIPs'));
    if (addresses.length === 0) return pass;
    return fail(`Service ${object.name} takes over what is sent to ${addresses.slice(0, 3).join(', ')}`, at, {
      items: addresses,
    });
  },
  examples: {
    fail: [service('ports: [{port: 443}], externalIPs: [203.0.113.7]')],
    pass: [service('ports: [{port: 443}], externalIPs: []'), service('type: LoadBalancer, ports: [{port: 443}]')],
  },
});

import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

const at = ['spec', 'insecureSkipTLSVerify'];

export default control({
  id: 'admission/api-service-tls',
  title: 'The API server verifies the servers that extend it',
  severity: 'high',
  subject: 'object',
  kinds: ['APIService'],
  why: 'Requests of users go through to such a server, in their name. Whoever takes its place on the network answers for it, and sees what is sent.',
  remedy: 'Give the server a certificate, put its authority into caBundle, and remove insecureSkipTLSVerify.',
  check: ({ object }) => {
    if (groupKind(object) !== 'apiregistration.k8s.io/APIService') return notApplicable('it is no APIService');
    if (valueAt(object.value, at) !== true) return pass;
    const group = valueAt(object.value, ['spec', 'group']);
    const message = `the certificate of the server behind ${object.name} is not verified`;
    // What metrics-server ships: such servers answer with numbers, and take nothing.
    const isMetrics = typeof group === 'string' && /(?:^|\.)metrics\.k8s\.io$/.test(group);
    return fail(message, at, isMetrics ? { severity: 'medium' } : {});
  },
  examples: {
    fail: [
      apiService('insecureSkipTLSVerify: true', 'example.com'),
      apiService('insecureSkipTLSVerify: true', 'metrics.k8s.io'),
    ],
    pass: [apiService('caBundle: LS0t', 'example.com'), apiService('insecureSkipTLSVerify: false', 'example.com')],
  },
});

function apiService(fields: string, group: string): string {
  return `apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.${group}}
spec: {group: ${group}, version: v1, groupPriorityMinimum: 100, versionPriority: 100, service: {name: api, namespace: api}, ${fields}}
`;
}

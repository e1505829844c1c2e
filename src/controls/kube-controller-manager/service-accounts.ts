import type { Facts } from '../../facts/facts.ts';
import { readNode } from '../../facts/nodes.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { staticPod } from '../node-examples.ts';
import { settingControls } from '../setting-control.ts';

const manager = (...args: string[]): string => staticPod('kube-controller-manager', args);

/** Credentials that the controller manager uses and hands out. Sources: CIS Kubernetes Benchmark 1.12, 1.3.3 to 1.3.5. */
export default settingControls('kube-controller-manager', [
  {
    name: 'service-account-credentials',
    title: 'Each controller has a service account of its own',
    severity: 'medium',
    why: 'Otherwise all controllers act as one user that must be allowed what any of them needs, and the audit log cannot tell which one did what.',
    setting: 'use-service-account-credentials',
    wrong: (value) => (value === true ? undefined : 'all controllers share one identity with the rights of all'),
    mend: {
      value: true,
      safety: 'may-break',
      first: "the roles system:controller:* are there and bound, as RBAC's defaults bring them",
    },
    examples: {
      fail: [manager(), manager('--use-service-account-credentials=false')],
      pass: [manager('--use-service-account-credentials'), manager('--use-service-account-credentials=true')],
    },
  },
  {
    name: 'service-account-private-key-file',
    title: 'Service account tokens are signed with a key of their own',
    severity: 'medium',
    why: 'Without the key the controller manager signs no tokens for service accounts, and a key of another purpose cannot be changed without that.',
    remedy: "Name the key whose public half the API server's --service-account-key-file has.",
    setting: 'service-account-private-key-file',
    moot: externalSigner,
    wrong: (value) => (value === '' ? 'it has no key to sign tokens of service accounts with' : undefined),
    examples: {
      fail: [manager(), manager('--service-account-private-key-file=')],
      pass: [manager('--service-account-private-key-file', '/etc/kubernetes/pki/sa.key')],
    },
  },
  {
    name: 'root-ca-file',
    title: 'Pods are given the CA of the API server',
    severity: 'medium',
    why: 'A pod that has no CA to verify the API server with trusts whoever answers, and sends its token there.',
    setting: 'root-ca-file',
    wrong: (value) => (value === '' ? 'pods get no CA to verify the API server with' : undefined),
    mend: {
      value: ({ readFile }) => {
        const path = '/etc/kubernetes/pki/ca.crt';
        return readFile(path) === undefined ? undefined : path;
      },
      safety: 'safe',
      first: "the CA signed the API server's certificate",
    },
    examples: {
      fail: [manager()],
      pass: [manager('--root-ca-file=/etc/kubernetes/pki/ca.crt')],
    },
  },
]);

/** From v1.32 an API server may have tokens signed elsewhere; nobody else then has a key. */
function externalSigner({ evidence }: NodeComponent, facts: Facts): string | undefined {
  if (evidence === undefined) return undefined;
  const server = facts
    .get(readNode)(evidence)
    .components.find(({ component }) => component === 'kube-apiserver');
  const endpoint = server?.config.get('service-account-signing-endpoint')?.value;
  if (typeof endpoint !== 'string' || endpoint === '') return undefined;
  return `the API server has tokens signed by ${endpoint}`;
}

import { isList } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { durationSeconds } from '../../semantics/component-config/duration.ts';
import { file } from '../node-examples.ts';
import { settingControls } from '../setting-control.ts';
import { apiServer, listOf, settingOf } from './server-control.ts';

const structured = (...types: readonly string[]): string =>
  apiServer('--authorization-config=/etc/kubernetes/authz.yaml') +
  file(
    '/etc/kubernetes/authz.yaml',
    `apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
${types.map((type) => `- {type: ${type}, name: ${type.toLowerCase()}}\n`).join('')}`,
  );

const includes = (value: unknown, mode: string): boolean =>
  isList(value as never) && (value as readonly unknown[]).includes(mode);

/** The modes that are set, with one more; nothing where a file says them, which a flag does not change. */
const modesWith =
  (mode: string) =>
  (server: NodeComponent): readonly string[] | undefined => {
    const setting = settingOf(server, 'authorization-mode');
    if (setting.origin.kind === 'file') return undefined;
    const modes = listOf(server, 'authorization-mode').filter((name) => name !== 'AlwaysAllow');
    const wanted = mode === 'Node' ? ['Node', ...modes] : [...modes, mode];
    return modes.includes(mode) ? modes : wanted;
  };

const alwaysAllow = ['kube-apiserver/always-allow'];

/**
 * Who may do what. `authorization-mode` is what is in force, whether flags or an AuthorizationConfiguration say it.
 * Source: CIS Kubernetes Benchmark 1.12, 1.2.6 to 1.2.8.
 */
export default settingControls('kube-apiserver', [
  {
    name: 'always-allow',
    title: 'The API server does not allow every request',
    severity: 'critical',
    why: 'With AlwaysAllow, whoever can log in at all, with the token of any pod, is the administrator of the cluster.',
    remedy:
      'Authorize by Node and RBAC: --authorization-mode=Node,RBAC, or the same types in the AuthorizationConfiguration.',
    setting: 'authorization-mode',
    wrong: (value) => (includes(value, 'AlwaysAllow') ? 'every request that is authenticated is allowed' : undefined),
    mend: {
      value: (server) =>
        settingOf(server, 'authorization-mode').origin.kind === 'file' ? undefined : ['Node', 'RBAC'],
      safety: 'may-break',
      first: 'roles and bindings are there for everything that uses the API',
    },
    examples: {
      fail: [
        apiServer(),
        apiServer('--authorization-mode', 'AlwaysAllow'),
        apiServer('--authorization-mode=RBAC,AlwaysAllow'),
        structured('AlwaysAllow'),
      ],
      pass: [apiServer('--authorization-mode=Node,RBAC'), structured('Node', 'RBAC')],
    },
  },
  {
    name: 'node-authorizer',
    title: 'The API server limits nodes to their own pods and Secrets',
    severity: 'medium',
    why: 'The Node authorizer lets a kubelet read what its own pods need. Without it, kubelets need a role, and one stolen kubelet reads every Secret.',
    remedy: 'Add Node before RBAC to the authorizers.',
    coveredBy: alwaysAllow,
    setting: 'authorization-mode',
    wrong: (value) => (includes(value, 'Node') ? undefined : 'kubelets are not limited to what their own pods need'),
    mend: { value: modesWith('Node'), safety: 'safe', first: 'kubelets are in the group system:nodes' },
    examples: {
      fail: [apiServer('--authorization-mode=RBAC'), structured('RBAC')],
      pass: [apiServer('--authorization-mode=RBAC', '--authorization-mode=Node'), structured('Node', 'RBAC')],
    },
  },
  {
    name: 'rbac-authorizer',
    title: 'The API server decides by RBAC',
    severity: 'high',
    why: 'Without RBAC, rights are granted by files or a webhook that nobody sees in the cluster, or to everyone.',
    remedy: 'Add RBAC to the authorizers.',
    coveredBy: alwaysAllow,
    setting: 'authorization-mode',
    wrong: (value) => (includes(value, 'RBAC') ? undefined : 'roles and bindings have no effect'),
    mend: {
      value: modesWith('RBAC'),
      safety: 'safe',
      first: 'the roles and bindings that are there were meant to be in force',
    },
    examples: {
      fail: [apiServer('--authorization-mode=Node'), structured('Node')],
      pass: [apiServer('--authorization_mode=Node,RBAC'), structured('Node', 'RBAC')],
    },
  },
  {
    name: 'abac',
    title: 'The API server does not decide by a policy file',
    severity: 'medium',
    why: 'ABAC grants rights by a file on the node: they are seen by nobody in the cluster, and change only when the server starts again.',
    coveredBy: alwaysAllow,
    setting: 'authorization-mode',
    wrong: (value) => (includes(value, 'ABAC') ? 'rights are granted by a file on the node' : undefined),
    mend: {
      value: (server) =>
        settingOf(server, 'authorization-mode').origin.kind === 'file'
          ? undefined
          : listOf(server, 'authorization-mode').filter((mode) => mode !== 'ABAC'),
      also: [{ kind: 'setting', component: 'kube-apiserver', name: 'authorization-policy-file', value: null }],
      safety: 'may-break',
      first: 'roles and bindings grant what the policy file does',
      refusal: (server) =>
        listOf(server, 'authorization-mode').includes('RBAC') ? undefined : 'without RBAC nothing else would decide',
    },
    examples: {
      fail: [
        apiServer('--authorization-mode=Node,ABAC,RBAC', '--authorization-policy-file=/etc/kubernetes/abac.jsonl'),
      ],
      pass: [apiServer('--authorization-mode=Node,RBAC'), structured('Node', 'RBAC')],
    },
  },
  {
    name: 'authorization-webhook-cache',
    title: 'The API server asks its authorization webhook again within ten minutes',
    severity: 'low',
    why: 'While an answer is remembered, a right that was taken away is still there.',
    setting: 'authorization-webhook-cache-authorized-ttl',
    moot: (server) => {
      const modes = settingOf(server, 'authorization-mode');
      if (modes.origin.kind === 'file') return 'the file of --authorization-config says it for each webhook';
      return includes(modes.value, 'Webhook') ? undefined : 'there is no authorization webhook';
    },
    wrong: (value) =>
      (durationSeconds(String(value)) ?? 0) > 600
        ? 'a right that was taken away is still there for so long'
        : undefined,
    mend: { value: '5m0s', safety: 'safe' },
    examples: {
      fail: [apiServer('--authorization-mode=RBAC,Webhook', '--authorization-webhook-cache-authorized-ttl=1h')],
      pass: [apiServer('--authorization-mode=RBAC,Webhook')],
    },
  },
]);

import type { ExecPlugin } from '../../model/kubeconfig.ts';
import { onNode, ownFile } from './example-kubeconfig.ts';
import { type KubeconfigQuestion, kubeconfigControls, quoted, type Wrong } from './kubeconfig-control.ts';

/** Plugins that the clouds and identity providers publish. */
const knownPlugins: ReadonlySet<string> = new Set([
  ...['aws', 'aws-iam-authenticator', 'gke-gcloud-auth-plugin', 'gcloud', 'kubelogin', 'kubectl-oidc_login', 'tsh'],
  ...['az', 'doctl', 'oci', 'ibmcloud', 'civo', 'linode-cli', 'hcloud', 'scw', 'exo', 'vultr-cli', 'kubectl'],
  ...['teleport', 'pinniped', 'dex-k8s-authenticator', 'gardenlogin', 'kubectl-gardenlogin', 'kubectl-login', 'tkn'],
  ...['rancher', 'okteto', 'oc', 'ovhcloud', 'yc', 'aliyun', 'openstack', 'keystone-auth', 'client-keystone-auth'],
]);

/** What runs any text it is given. */
const interpreters =
  /^(?:(?:ba|da|z|k|fi|a|c|tc)?sh|busybox|env|eval|python[\d.]*|perl|ruby|node|deno|bun|php|lua|awk|curl|wget|nc|ncat|socat|cmd|powershell|pwsh|osascript)(?:\.exe)?$/i;

const apiVersions: ReadonlySet<string> = new Set([
  'client.authentication.k8s.io/v1',
  'client.authentication.k8s.io/v1beta1',
]);
const known = onNode({
  user: execUser('{command: aws, apiVersion: client.authentication.k8s.io/v1beta1, args: [eks, get-token]}'),
});

export default kubeconfigControls([
  {
    name: 'exec-command',
    title: 'Kubeconfigs run known credential plugins',
    severity: 'medium',
    why: 'kubectl runs the command of a kubeconfig with the rights of who calls it: a kubeconfig from elsewhere is a program.',
    remedy: 'name the plugin by its absolute path, and let a kuberc file allow no other',
    wrong: eachPlugin((exec) => {
      const { command } = exec;
      const base = command.split(/[/\\]/).at(-1) ?? '';
      if (interpreters.test(base))
        return { says: `runs ${commandText(exec)}, which does whatever its arguments say`, severity: 'high' };
      if (command.startsWith('/') || /^[A-Za-z]:[\\/]/.test(command) || knownPlugins.has(base.replace(/\.exe$/i, ''))) {
        const isRelative = command.includes('/') && !command.startsWith('/');
        return isRelative ? { says: `runs ${command}, which lies beside the kubeconfig`, severity: 'high' } : undefined;
      }
      if (command === '') return undefined;
      if (command.includes('/')) return { says: `runs ${command}, which lies beside the kubeconfig`, severity: 'high' };
      return { says: `runs ${command}, whatever of that name comes first in PATH` };
    }),
    examples: {
      fail: [
        onNode({ user: execUser('{command: sh, apiVersion: client.authentication.k8s.io/v1, args: [-c, ./login]}') }),
        onNode({ user: execUser('{command: ./login, apiVersion: client.authentication.k8s.io/v1}') }),
      ],
      pass: [
        known,
        onNode({ user: execUser('{command: /usr/local/bin/login, apiVersion: client.authentication.k8s.io/v1}') }),
      ],
    },
  },
  {
    name: 'exec-variables',
    title: 'Kubeconfigs give their credential plugins no secrets',
    severity: 'high',
    why: 'The variable lies in the file, in every copy of it, and in the environment of the process, where others of the same user read it.',
    remedy: 'let the plugin read its secret from the system’s key store, or from a file of its own',
    wrong: eachPlugin(({ secretVariables = [] }) =>
      secretVariables.length === 0
        ? undefined
        : { says: `gives its plugin ${secretVariables.join(', ')}`, field: 'env' },
    ),
    examples: {
      fail: [
        ownFile({
          user: execUser(
            '{command: aws, apiVersion: client.authentication.k8s.io/v1, env: [{name: AWS_SECRET_ACCESS_KEY, value: x}]}',
          ),
        }),
      ],
      pass: [
        ownFile({
          user: execUser(
            '{command: aws, apiVersion: client.authentication.k8s.io/v1, env: [{name: AWS_PROFILE, value: x}]}',
          ),
        }),
      ],
    },
  },
  {
    name: 'exec-version',
    title: 'Credential plugins are asked in a version that kubectl has',
    severity: 'low',
    why: 'kubectl of v1.24 and later refuses client.authentication.k8s.io/v1alpha1: people keep an old kubectl for it.',
    remedy: 'update the plugin, and write client.authentication.k8s.io/v1',
    wrong: eachPlugin(({ apiVersion }) =>
      apiVersion === '' || apiVersions.has(apiVersion)
        ? undefined
        : { says: `asks its plugin in ${apiVersion}`, field: 'apiVersion' },
    ),
    examples: {
      fail: [onNode({ user: execUser('{command: aws, apiVersion: client.authentication.k8s.io/v1alpha1}') })],
      pass: [known],
    },
  },
]);

type PluginWrong = Omit<Wrong, 'at' | 'of'> & { readonly field?: string };

function eachPlugin(
  ask: (exec: ExecPlugin) => PluginWrong | undefined,
): (question: KubeconfigQuestion) => readonly Wrong[] {
  return ({ kubeconfig }) => {
    const found: Wrong[] = [];
    for (const { name, at, exec } of kubeconfig.users) {
      const wrong = exec && ask(exec);
      if (wrong === undefined) continue;
      const { field = 'command', says, ...rest } = wrong;
      found.push({ ...rest, says: `${quoted('user', name)} ${says}`, at: [...at, 'exec', field], of: name });
    }
    return found;
  };
}

/** The command with as much of its arguments as tells what it does. */
function commandText({ command, args }: ExecPlugin): string {
  const text = [command, ...args].join(' ');
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function execUser(exec: string): string {
  return `{exec: ${exec}}`;
}

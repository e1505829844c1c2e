import type { Kubeconfig, Kuberc } from '../../model/kubeconfig.ts';
import { type Failure, fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { ownFile } from './example-kubeconfig.ts';

const exec = '{exec: {command: /usr/local/bin/aws, apiVersion: client.authentication.k8s.io/v1}}';

function withKuberc(...lines: readonly string[]): string {
  const head = 'apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n';
  return `${ownFile({ user: exec })}# user file: /home/ann/.kube/kuberc\n${head}${lines.map((line) => `${line}\n`).join('')}`;
}

/** Source: kubectl pkg/config/v1beta1 and pkg/kuberc; read from v1.35 on. */
export default control({
  id: 'kubeconfig/plugin-policy',
  title: 'A kuberc file says which credential plugins kubectl may run',
  severity: 'low',
  subject: 'kubeconfig',
  why: 'Without a policy any kubeconfig that is opened runs any command. kubectl refuses the others from v1.35 on where ~/.kube/kuberc lists the allowed ones.',
  remedy:
    'write credentialPluginPolicy: Allowlist, with the plugins in use, into ~/.kube/kuberc; DenyAll where there is none',
  check: ({ kubeconfig }) => check(kubeconfig),
  examples: {
    fail: [
      ownFile({ user: exec }),
      withKuberc('credentialPluginAllowlist: [{command: /usr/local/bin/aws}]'),
      withKuberc('credentialPluginPolicy: Allowlist', "credentialPluginAllowlist: [{command: ''}]"),
    ],
    pass: [
      withKuberc('credentialPluginPolicy: Allowlist', 'credentialPluginAllowlist: [{command: /usr/local/bin/aws}]'),
    ],
  },
});

function check({ own, users, path }: Kubeconfig): Verdict {
  if (own === undefined) return notApplicable('it is a node’s');
  const commands = [...new Set(users.flatMap(({ exec: plugin }) => plugin?.command ?? []))];
  const { kuberc } = own;
  if (kuberc !== undefined) {
    const broken = brokenPolicy(kuberc);
    // The file is one for all kubeconfigs: the first tells of it.
    if (broken !== undefined) return own.order === 0 ? broken : notApplicable('told with the first kubeconfig');
    if (kuberc.policy === 'DenyAll' || kuberc.policy === 'Allowlist') return pass;
  }
  if (commands.length === 0) return notApplicable('it runs no credential plugin');
  const list = commands.slice(0, 5).join(', ');
  const says =
    kuberc === undefined
      ? 'no kuberc file limits the credential plugins'
      : 'the kuberc file allows every credential plugin';
  return fail(`${says}; in use: ${list}`, [], { key: path });
}

function brokenPolicy({ policy, allowed, object }: Kuberc): Failure | undefined {
  const at = ['credentialPluginPolicy'];
  const place = { object, path: at };
  const message = brokenMessage(policy, allowed);
  return message === undefined ? undefined : fail(message, at, { key: 'kuberc', place, severity: 'medium' });
}

function brokenMessage(policy: string, allowed: Kuberc['allowed']): string | undefined {
  if (!['', 'AllowAll', 'DenyAll', 'Allowlist'].includes(policy))
    return `credentialPluginPolicy is ${policy}, which kubectl refuses`;
  if (allowed?.some((command) => command === '') === true)
    return 'the list of allowed plugins has an empty entry, which kubectl refuses';
  if (allowed !== undefined && policy !== 'Allowlist')
    return 'a list of allowed plugins stands without credentialPluginPolicy: Allowlist';
  return undefined;
}

import type { NodeComponent } from '../../model/node-component.ts';
import type { Severity } from '../../model/severity.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { enabling, pluginFailure } from './admission.ts';
import { apiServer, apiServerOf, isSince, listOf, serverControls } from './server-control.ts';

/** Plugins that are on by default, what follows where they are not, and since when they are on. */
const plugins: ReadonlyMap<string, readonly [severity: Severity, says: string, since?: number]> = new Map<
  string,
  readonly [Severity, string, number?]
>([
  ['CertificateApproval', ['high', 'who may approve one kind of certificate approves all', 18]],
  ['CertificateSigning', ['high', 'who may sign one kind of certificate signs all', 18]],
  ['CertificateSubjectRestriction', ['high', 'certificates for system:masters can be asked for', 18]],
  ['ValidatingAdmissionWebhook', ['high', 'no policy engine can refuse anything']],
  ['MutatingAdmissionWebhook', ['medium', 'no policy engine can change anything']],
  ['ValidatingAdmissionPolicy', ['high', 'policies of the cluster have no effect', 30]],
  ['ResourceQuota', ['medium', 'quotas have no effect']],
  ['LimitRanger', ['medium', 'limit ranges have no effect']],
  ['TaintNodesByCondition', ['low', 'pods are placed on new nodes before these are ready']],
  ['Priority', ['low', 'pods have no priority, those of the system too']],
  ['StorageObjectInUseProtection', ['low', 'volumes that are in use can be deleted']],
  ['RuntimeClass', ['low', 'pods of a RuntimeClass are placed where it does not run', 20]],
]);

const disable = '--disable-admission-plugins';

/** What the defaults already do, and what stands in for pod security by version. */
export default serverControls([
  {
    name: 'default-admission-plugins',
    title: 'The admission plugins that are on by default stay on',
    severity: 'medium',
    why: 'Each of them guards something that nothing else looks after: quotas, certificates, webhooks.',
    check: (server) => {
      const running = new Set(listOf(server, 'admission-plugins'));
      const failures: Failure[] = [];
      for (const [plugin, [severity, says, since = 0]] of plugins) {
        if (running.has(plugin) || !isSince(server, since)) continue;
        failures.push(off(server, plugin, { says, severity }));
      }
      return failures;
    },
    mend: { safety: 'safe', changes: onAgain },
    examples: {
      fail: [
        apiServer(`${disable}=CertificateApproval,Priority`),
        apiServerOf('1.20', '--admission-control=NodeRestriction'),
      ],
      pass: [apiServer(), apiServer(`${disable}=DefaultStorageClass`)],
    },
  },
  {
    name: 'pod-security-plugin',
    title: 'The API server has an admission plugin for pod security',
    severity: 'high',
    why: 'Labels of namespaces for Pod Security, and PodSecurityPolicies before v1.25, have no effect without their plugin: every pod may be privileged.',
    remedy:
      'Enable PodSecurity from v1.23 on, and label namespaces. Before, enable PodSecurityPolicy once there are policies, or another policy engine.',
    check: podSecurity,
    mend: {
      safety: 'may-break',
      first: 'the labels of the namespaces are meant to be in force',
      changes: (server) => (isSince(server, 23) ? enabling(server, 'PodSecurity', 'default') : []),
    },
    examples: {
      fail: [apiServer(`${disable}=PodSecurity`), apiServerOf('1.20')],
      pass: [apiServer(), apiServerOf('1.20', '--enable-admission-plugins=PodSecurityPolicy')],
    },
  },
]);

function off(server: NodeComponent, plugin: string, { says, severity }: { says: string; severity: Severity }): Failure {
  return pluginFailure(server, {
    plugin,
    wanted: 'on',
    says,
    severity,
    key: plugin,
    changes: enabling(server, plugin, 'default'),
  });
}

/** One change for all that are disabled: changes to one setting do not add up. */
function onAgain(server: NodeComponent): ReturnType<typeof enabling> {
  const left = listOf(server, 'disable-admission-plugins').filter((name) => !plugins.has(name));
  if (left.length === listOf(server, 'disable-admission-plugins').length) return [];
  const value = left.length === 0 ? null : left;
  return [{ kind: 'setting', component: 'kube-apiserver', name: 'disable-admission-plugins', value }];
}

function podSecurity(server: NodeComponent): Verdict | readonly Failure[] {
  const running = listOf(server, 'admission-plugins');
  if (running.includes('PodSecurity') || running.includes('PodSecurityPolicy')) return [];
  if (isSince(server, 23))
    return off(server, 'PodSecurity', { says: 'labels of namespaces do not restrict pods', severity: 'high' });
  if (isSince(server, 10)) {
    const says = 'nothing that is built in restricts pods';
    // Enabled without policies, the plugin would refuse every pod: there is no change to offer.
    return pluginFailure(server, { plugin: 'PodSecurityPolicy', wanted: 'on', says, severity: 'medium', changes: [] });
  }
  return notApplicable('this version is too old to say');
}

import type { Facts } from '../../facts/facts.ts';
import { readNode } from '../../facts/nodes.ts';
import { stringsIn } from '../../model/json-list.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { type Failure, notApplicable, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { staticPod } from '../node-examples.ts';
import { settingFailure } from '../setting-control.ts';

const manager = (...args: string[]): string => staticPod('kube-controller-manager', args);

/** Controllers that keep something safe, by the name that they have had since v1.28 and the one before (alias). */
const protective: readonly { readonly names: readonly string[]; readonly says: string }[] = [
  {
    names: ['serviceaccount-token-controller', 'serviceaccount-token'],
    says: 'tokens of service accounts that were deleted stay',
  },
  {
    names: ['certificatesigningrequest-cleaner-controller', 'csrcleaner'],
    says: 'certificate signing requests that nobody answered stay open',
  },
  {
    names: ['legacy-serviceaccount-token-cleaner-controller', 'legacy-service-account-token-cleaner'],
    says: 'unused tokens that never expire stay valid',
  },
  {
    names: ['root-ca-certificate-publisher-controller', 'root-ca-cert-publisher'],
    says: 'namespaces get no CA to verify the API server with',
  },
  {
    names: ['resourcequota-controller', 'resourcequota'],
    says: 'quotas of namespaces are not counted',
  },
  {
    names: ['node-lifecycle-controller', 'nodelifecycle'],
    says: 'nodes that are gone keep their pods',
  },
  {
    names: ['clusterrole-aggregation-controller', 'clusterrole-aggregation'],
    says: 'aggregated roles keep rights that were taken away',
  },
];

/** Off unless it is named. */
const tokenCleaner: readonly string[] = ['token-cleaner-controller', 'tokencleaner'];

/** Whether the API server of the same node takes tokens for joining nodes. */
function bootstrapTokens({ evidence }: NodeComponent, facts: Facts): boolean {
  if (evidence === undefined) return false;
  const server = facts
    .get(readNode)(evidence)
    .components.find(({ component }) => component === 'kube-apiserver');
  return server?.config.get('enable-bootstrap-token-auth')?.value === true;
}

/** How IsControllerEnabled of the controller manager reads its list: the first entry that names a controller counts. */
function isOn(entries: readonly string[], names: readonly string[]): boolean {
  for (const entry of entries) {
    if (names.includes(entry)) return true;
    if (entry.startsWith('-') && names.includes(entry.slice(1))) return false;
  }
  return entries.includes('*');
}

export default control({
  id: 'kube-controller-manager/controllers',
  title: 'Controllers that protect the cluster are on',
  severity: 'medium',
  subject: 'component',
  why: 'What should end stays without them: tokens of deleted accounts, open requests for certificates, pods on nodes that are gone.',
  remedy: 'Begin --controllers with "*" and take none of these away.',
  check: ({ component: subject }, facts) => {
    if (subject.component !== 'kube-controller-manager') return notApplicable('it is not kube-controller-manager');
    const setting = subject.config.get('controllers');
    if (setting === undefined) return unknown('which controllers are on is not known');
    const entries = stringsIn(setting.value);
    const failures: Failure[] = [];
    for (const { names, says } of protective) {
      const [name = ''] = names;
      if (isOn(entries, names)) continue;
      failures.push(settingFailure(subject, setting, { says: `${name} is off: ${says}`, key: name }));
    }
    if (bootstrapTokens(subject, facts) && !entries.some((entry) => tokenCleaner.includes(entry))) {
      const says = `${tokenCleaner[0]} is off, as by default: tokens for joining nodes stay when they have expired`;
      failures.push(settingFailure(subject, setting, { says, key: 'token-cleaner', severity: 'low' }));
    }
    // A list without "*" names all that are on: it is one mistake, however many it leaves out.
    return entries.includes('*') ? failures : failures.slice(0, 1);
  },
  examples: {
    fail: [
      manager('--controllers=*,-csrcleaner'),
      manager('--controllers=*,-serviceaccount-token-controller'),
      manager('--controllers=deployment,replicaset'),
      `${manager()}${staticPod('kube-apiserver', ['--enable-bootstrap-token-auth'])}`,
    ],
    pass: [manager(), manager('--controllers=*,bootstrapsigner,tokencleaner'), manager('--controllers=*,-ttl')],
  },
});

import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { controls } from '../registry.ts';
import { binding, clusterBinding, clusterRole, everywhere, group, inNamespace, user } from './example-grants.ts';

/** What a scan says of manifests, as `severity id`, without what is no matter of permissions. */
function told(text: string): readonly string[] {
  const own = controls.filter(({ id }) => id.startsWith('rbac/') || id.startsWith('service-accounts/'));
  return judgeText(own, text)
    .findings.map(({ control, severity }) => `${severity} ${control.id}`)
    .sort();
}

const account = '{kind: ServiceAccount, name: app, namespace: shop}';
const exec = (verbs: string, resources: string, more = ''): string =>
  everywhere(`{apiGroups: [""], resources: ${resources}, verbs: ${verbs}${more}}`);

/**
 * Where tools of this field are not exact, a row each: they match the text of rules, or fields across rules, or names.
 * Each row says what the API server makes of it.
 */
describe('what others get wrong', () => {
  it.each<[string, string, readonly string[]]>([
    ['pods/* taken for a wildcard', exec('["*"]', '["pods/*"]'), ['medium rbac/wildcards']],
    ['*/exec not taken for one', exec('[create]', '["*/exec"]'), ['high rbac/pods-exec']],
    [
      'apps looked for in the core group',
      everywhere('{apiGroups: [apps], resources: [deployments], verbs: [create]}'),
      ['high rbac/pods-create'],
    ],
    ['deployments of the core group taken for those of apps', exec('[create]', '[deployments]'), []],
    [
      'jobs left out',
      everywhere('{apiGroups: [batch], resources: [jobs], verbs: [create]}'),
      ['high rbac/pods-create'],
    ],
    ['core taken for a group', everywhere('{apiGroups: [core], resources: [secrets], verbs: [get]}'), []],
    [
      'rules with names skipped',
      exec('[get]', '[nodes/proxy]', ', resourceNames: [n1]'),
      ['critical rbac/nodes-proxy'],
    ],
    ['names ignored', exec('[list]', '[secrets]', ', resourceNames: [own]'), ['low rbac/secrets-read']],
    [
      'verbs of one rule put to the resources of another',
      `${clusterRole('{apiGroups: [""], resources: [secrets], verbs: [delete]}')}  - {apiGroups: [""], resources: [services], verbs: [get]}
---
${clusterBinding('example', account)}`,
      [],
    ],
    [
      'an account of another namespace dropped',
      inNamespace('{apiGroups: [""], resources: [secrets], verbs: [get]}', 'team'),
      ['info rbac/cross-namespace-subjects', 'medium rbac/secrets-read'],
    ],
    [
      'the groups of accounts not looked at',
      `${clusterRole('{apiGroups: [""], resources: [secrets], verbs: [get]}')}---
${clusterBinding('example', group('system:serviceaccounts:shop'))}`,
      ['critical rbac/secrets-read', 'high rbac/everyone'],
    ],
    ['exec by get left out', exec('[get]', '[pods/exec]'), ['high rbac/pods-exec']],
    ['nodes/proxy by get left out', exec('[get]', '[nodes/proxy]'), ['critical rbac/nodes-proxy']],
    ['watch of Secrets left out', exec('[watch]', '[secrets]'), ['critical rbac/secrets-read']],
    ['list of Secrets left out', exec('[list]', '[secrets]'), ['critical rbac/secrets-read']],
    [
      'ephemeral containers looked for in a group called core',
      exec('[patch]', '[pods/ephemeralcontainers]'),
      ['high rbac/pods-modify'],
    ],
    [
      'kube-system left out',
      inNamespace('{apiGroups: [""], resources: [pods], verbs: [create]}', 'kube-system'),
      ['critical rbac/pods-create', 'info rbac/cross-namespace-subjects'],
    ],
    [
      'a subject called system:… left out',
      `${clusterRole('{apiGroups: [""], resources: [secrets], verbs: [get]}')}---
${clusterBinding('example', user('system:mine'))}`,
      ['critical rbac/secrets-read'],
    ],
    [
      'a role called system:… left out',
      `${clusterRole('{apiGroups: [""], resources: [secrets], verbs: [get]}').replace('name: example', 'name: system:mine')}---
${clusterBinding('system:mine', group('ops'))}`,
      ['critical rbac/secrets-read'],
    ],
    [
      'bind looked for on bindings',
      everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [bind]}'),
      [],
    ],
    [
      'the write of bindings alone taken for an escalation',
      everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [patch]}'),
      ['low rbac/bindings-write'],
    ],
    [
      'impersonation looked for in a group that is written as a wildcard only',
      everywhere('{apiGroups: [""], resources: [users], verbs: [impersonate]}'),
      ['critical rbac/escalation-verbs'],
    ],
    [
      'secrets not seen in a wildcard',
      everywhere('{apiGroups: [""], resources: ["*"], verbs: [get]}'),
      ['critical rbac/nodes-proxy', 'critical rbac/secrets-read', 'high rbac/pods-exec'],
    ],
    ['a verb that is none of the resource', exec('[delete]', '[pods/log]'), []],
    [
      'kinds taken for resources',
      everywhere('{apiGroups: [apps], resources: [statefulset], verbs: ["*"]}'),
      ['medium rbac/wildcards'],
    ],
    [
      'roles that nobody has as grave as those that somebody has',
      clusterRole('{apiGroups: [""], resources: [secrets], verbs: [get]}'),
      ['low rbac/secrets-read'],
    ],
    ['view and the public viewer taken for critical', binding('{kind: ClusterRole, name: view}'), []],
  ])('%s', (_, text, expected) => {
    expect(told(text)).toEqual(expected);
  });

  it('lists tokens only where there are Secrets that hold one', () => {
    const mine = controls.filter(({ id }) => id === 'authentication/service-account-tokens');
    expect(judgeText(mine, exec('[list]', '[secrets]')).findings).toEqual([]);
  });
});

describe('rights that are strong only together', () => {
  const rule = (name: string, text: string, namespace?: string): string =>
    (namespace === undefined ? everywhere(text) : inNamespace(text, namespace))
      .replaceAll('name: example', `name: ${name}`)
      .replace('name: given', `name: ${name}`);
  const volumes = rule('volumes', '{apiGroups: [""], resources: [persistentvolumes], verbs: [create]}');
  const claims = rule('claims', '{apiGroups: [""], resources: [persistentvolumeclaims], verbs: [create]}', 'shop');
  const pods = rule('pods', '{apiGroups: [""], resources: [pods], verbs: [create]}', 'shop');
  const elsewhere = rule('pods', '{apiGroups: [""], resources: [pods], verbs: [create]}', 'team');

  it.each<[string, readonly string[], string]>([
    ['a volume alone', [volumes], 'medium'],
    ['a volume and a claim', [volumes, claims], 'medium'],
    ['a volume, a claim and a pod in one namespace', [volumes, claims, pods], 'high'],
    ['a volume, and a claim and a pod in two', [volumes, claims, elsewhere], 'medium'],
  ])('%s', (_, texts, severity) => {
    expect(told(texts.join('---\n'))).toContain(`${severity} rbac/persistent-volumes-create`);
  });

  const acting = rule(
    'actor',
    '{apiGroups: [authentication.k8s.io], resources: [users], verbs: ["impersonate:user-info"]}',
  );
  it.each<[string, readonly string[], string]>([
    ['to be somebody alone', [acting], 'low'],
    [
      'to be somebody and to do what harms nobody',
      [
        acting,
        rule('acts', '{apiGroups: [""], resources: [events], verbs: ["impersonate-on:user-info:list"]}', 'shop'),
      ],
      'low',
    ],
    [
      'to be somebody and to read Secrets as them',
      [
        acting,
        rule('acts', '{apiGroups: [""], resources: [secrets], verbs: ["impersonate-on:user-info:get"]}', 'shop'),
      ],
      'high',
    ],
    [
      'to be somebody and to read Secrets in another mode',
      [
        acting,
        rule('acts', '{apiGroups: [""], resources: [secrets], verbs: ["impersonate-on:arbitrary-node:get"]}', 'shop'),
      ],
      'low',
    ],
  ])('%s', (_, texts, severity) => {
    expect(told(texts.join('---\n'))).toContain(`${severity} rbac/constrained-impersonation`);
  });

  it('finds the other right by a group that the account is in', () => {
    const byGroup = `${pods.replace('{kind: ServiceAccount, name: app, namespace: shop}', group('system:serviceaccounts:shop'))}`;
    expect(told([volumes, claims, byGroup].join('---\n'))).toContain('high rbac/persistent-volumes-create');
  });
});

describe('what a vendor made', () => {
  const label = 'eks.amazonaws.com/component: vpc-cni';
  const secrets = '{apiGroups: [""], resources: [secrets], verbs: [get]}';
  const role = clusterRole(secrets, `{${label}}`);
  const given = clusterBinding('example', account);
  const made = given.replace('metadata: {name: given}', `metadata: {name: given, labels: {${label}}}`);
  const message = (text: string): readonly string[] => {
    const own = controls.filter(({ id }) => id === 'rbac/secrets-read' || id === 'rbac/cluster-admin');
    return judgeText(own, text).findings.map((each) => `${each.severity}: ${each.message}`);
  };
  const says = 'ServiceAccount shop/app can read Secrets in the whole cluster';

  it.each<[string, string, readonly string[]]>([
    ['weighs less, and says whose it is', `${role}---\n${made}`, [`high: ${says}; made by Amazon EKS`]],
    ['is one’s own where one’s own binding gives it', `${role}---\n${given}`, [`critical: ${says}`]],
    [
      'is not told by a name',
      `${clusterRole(secrets).replace('name: example', 'name: "eks:node-manager"')}---\n${clusterBinding('"eks:node-manager"', account)}`,
      [`critical: ${says}`],
    ],
    [
      'is also a binding to cluster-admin',
      made.replace('name: example', 'name: cluster-admin'),
      ['high: ServiceAccount shop/app can do everything in the whole cluster; made by Amazon EKS'],
    ],
  ])('%s', (_, text, expected) => {
    expect(message(text)).toEqual(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import type { ClusterInfo } from '../../model/snapshot.ts';
import type { AnyControl } from '../control.ts';
import { binding, podRules, policy, served, webhook } from './examples.ts';
import failOpen from './fail-open.ts';
import lockOut from './lock-out.ts';
import podSecurityPolicy from './pod-security-policy.ts';
import policyEnforced from './policy-enforced.ts';
import userLabels from './user-labels.ts';
import webhookAddress from './webhook-address.ts';
import webhookAuthority from './webhook-authority.ts';
import { isAsked } from './webhook-control.ts';
import webhookSubresources from './webhook-subresources.ts';

function inCluster(control: AnyControl, text: string, cluster: Partial<ClusterInfo> = {}): readonly string[] {
  const snapshot = {
    ...assembleSnapshot([decodeManifest(text, 'x.yaml')], '2026-11-21T00:00:00Z'),
    cluster: { server: 'https://x', ...cluster },
  };
  return judge(snapshot, { controls: [control], profiles: ['security', 'reliability'] }).findings.map(
    ({ message, severity }) => `${severity}: ${message}`,
  );
}

describe('what a webhook is asked about', () => {
  it.each<[resources: string[], resource: string, asked: boolean]>([
    [['pods'], 'pods', true],
    [['pods'], 'pods/exec', false],
    [['*'], 'pods', true],
    [['*'], 'pods/exec', false],
    [['*/*'], 'pods/exec', true],
    [['*/*'], 'pods', true],
    [['pods/*'], 'pods/exec', true],
    [['pods/*'], 'pods', false],
    [['*/exec'], 'pods/exec', true],
    [['*/exec'], 'pods/attach', false],
  ])('%j and %s: %s', (resources, resource, asked) => {
    const rules = [{ groups: [''], resources, operations: ['*'] }];
    expect(isAsked({ rules }, { group: '', resource, operation: 'CONNECT' })).toBe(asked);
  });

  it('is of a group and an operation', () => {
    const rules = [{ groups: ['apps'], resources: ['*'], operations: ['UPDATE'] }];
    const asked = (group: string, operation: string) =>
      isAsked({ rules }, { group, resource: 'deployments', operation });
    expect([asked('apps', 'UPDATE'), asked('apps', 'CREATE'), asked('', 'UPDATE')]).toEqual([true, false, false]);
  });
});

describe('webhooks', () => {
  const messages = (control: AnyControl, text: string) =>
    judgeExample(control, text).map(({ severity, message, place }) => [severity, message, place]);

  it('fail open by default in v1beta1, and say where', () => {
    const text = webhook(`${served}, ${podRules}`).replace('k8s.io/v1\n', 'k8s.io/v1beta1\n');
    expect(messages(failOpen, text)).toEqual([
      [
        'medium',
        'webhook pods.guard.example is asked about pods, and is passed over when it does not answer',
        'webhooks[0].failurePolicy',
      ],
    ]);
    expect(messages(failOpen, text.replace('k8s.io/v1beta1', 'k8s.io/v1'))).toEqual([]);
  });

  it('that select by labels of namespaces are left to whoever labels them', () => {
    const selector = 'namespaceSelector: {matchExpressions: [{key: guard, operator: DoesNotExist}]}';
    expect(messages(userLabels, webhook(`${served}, ${podRules}, ${selector}`))).toEqual([
      [
        'low',
        'webhook pods.guard.example is not asked about namespaces with label guard: whoever may label a namespace decides',
        'webhooks[0].namespaceSelector',
      ],
    ]);
    // Namespaces that opt in are what a guard for some of them is made for.
    expect(
      messages(userLabels, webhook(`${served}, ${podRules}, namespaceSelector: {matchLabels: {guard: "yes"}}`)),
    ).toEqual([]);
  });

  it('that are asked about Secrets send them away', () => {
    const rules = 'rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]';
    const text = webhook(`clientConfig: {url: "https://user@guard.example.com:8443/v"}, ${rules}`);
    expect(messages(webhookAddress, text).map(([, message]) => message)).toEqual([
      'webhook pods.guard.example sends what it is asked about to guard.example.com:8443, Secrets among them',
    ]);
  });

  it('lock themselves out where they guard their own namespace', () => {
    expect(messages(lockOut, webhook(`${served}, ${podRules}`)).map(([, message]) => message)).toEqual([
      'webhook pods.guard.example has to answer before pods of guard and kube-system are made',
    ]);
  });

  it('of a cluster need a bundle, which manifests leave to an injector', () => {
    const text = webhook(`${served}, ${podRules}`);
    expect(judgeExample(webhookAuthority, text)).toEqual([]);
    expect(inCluster(webhookAuthority, text)).toEqual([
      'medium: webhook pods.guard.example has no caBundle, and public authorities vouch for no Service of the cluster',
    ]);
  });

  it('know of ephemeral containers since they are there', () => {
    const text = webhook(
      `${served}, rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]`,
    );
    expect(inCluster(webhookSubresources, text, { version: 'v1.20.2' })).toEqual([]);
    expect(inCluster(webhookSubresources, text, { version: 'v1.34.1' })).toEqual([
      'medium: webhook pods.guard.example is asked about new pods, and not about ephemeral containers',
    ]);
    const both = webhook(`${served}, ${podRules}`);
    expect(inCluster(webhookSubresources, both, { version: 'v1.32.0' })).toEqual([]);
    expect(inCluster(webhookSubresources, both, { version: 'v1.33.0' })).toEqual([
      'info: webhook pods.guard.example is asked about new pods, and not about those that are given more memory or time',
    ]);
  });
});

describe('policies', () => {
  it('without a binding are graver in a cluster, where nothing else can bind them', () => {
    const says = 'no binding in what was read puts ValidatingAdmissionPolicy no-privileged into force';
    expect(judgeExample(policyEnforced, policy('')).map(({ severity, message }) => [severity, message])).toEqual([
      ['low', says],
    ]);
    expect(inCluster(policyEnforced, policy(''))).toEqual([`medium: ${says}`]);
  });

  it('are in force where one of their bindings denies', () => {
    const two = [policy(''), binding('validationActions: [Audit]'), binding('validationActions: [Deny, Audit]')];
    expect(judgeExample(policyEnforced, two.join('---\n'))).toEqual([]);
  });

  it('of the removed kind are graver where they guard nothing any more', () => {
    const text = 'apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n';
    expect(inCluster(podSecurityPolicy, text, { version: 'v1.24.0' })).toEqual([
      'info: PodSecurityPolicy a does nothing from v1.25 on',
    ]);
    expect(inCluster(podSecurityPolicy, text, { version: 'v1.25.0' })).toEqual([
      'medium: PodSecurityPolicy a does nothing in v1.25',
    ]);
  });
});

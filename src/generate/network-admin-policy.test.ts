import { describe, expect, it } from 'vitest';
import { networkFactsOf } from '../../test/network-example.ts';
import { valueAt } from '../model/path.ts';
import { convertAdminPolicies } from './network-admin-policy.ts';

const old = (kind: string, spec: string): string =>
  `apiVersion: policy.networking.k8s.io/v1alpha1\nkind: ${kind}\nmetadata: {name: example, labels: {team: net}}\nspec: ${spec}\n`;
const convert = (text: string) => convertAdminPolicies(networkFactsOf(text).snapshot.objects)[0];

describe('policies of v1alpha1', () => {
  it('are written as v1alpha2 has them', () => {
    const found = convert(
      old(
        'AdminNetworkPolicy',
        `{priority: 7, subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}},
 ingress: [{name: in, action: Allow, from: [{namespaces: {}}], ports: [{portNumber: {protocol: UDP, port: 53}}, {portRange: {start: 80, end: 90}}, {namedPort: http}]}],
 egress: [{action: Pass, to: [{networks: [10.0.0.0/8]}, {domainNames: [example.com]}]}]}`,
      ),
    );
    expect(found?.kind === 'converted' && found.object).toEqual({
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: { name: 'example', labels: { team: 'net' } },
      spec: {
        tier: 'Admin',
        priority: 7,
        subject: { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'db' } } } },
        ingress: [
          {
            name: 'in',
            action: 'Accept',
            from: [{ namespaces: {} }],
            protocols: [
              { udp: { destinationPort: { number: 53 } } },
              { tcp: { destinationPort: { range: { start: 80, end: 90 } } } },
              { destinationNamedPort: 'http' },
            ],
          },
        ],
        egress: [{ action: 'Pass', to: [{ networks: ['10.0.0.0/8'] }, { domainNames: ['example.com'] }] }],
      },
    });
  });

  it('of the baseline come last in its tier', () => {
    const found = convert(
      old(
        'BaselineAdminNetworkPolicy',
        '{subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}',
      ),
    );
    const spec = found?.kind === 'converted' ? found.object['spec'] : undefined;
    expect([valueAt(spec, ['tier']), valueAt(spec, ['priority'])]).toEqual(['Baseline', 1000]);
  });

  const rules = Array.from({ length: 30 }, () => '{action: Deny, from: [{namespaces: {}}]}').join(', ');
  it.each([
    ['no subject', '{priority: 7, subject: {}, ingress: []}', 'spec.subject must have namespaces or pods'],
    [
      'a port that is none',
      '{priority: 7, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 0}}]}]}',
      'spec.ingress[0].ports[0].portNumber is no range of ports: from 0 to 0',
    ],
    [
      'more rules than it takes',
      `{priority: 7, subject: {namespaces: {}}, ingress: [${rules}]}`,
      'it has a list of 30, where v1alpha2 takes 25',
    ],
  ])('with %s are left', (_, spec, reason) => {
    const found = convert(old('AdminNetworkPolicy', spec));
    expect(found?.kind === 'refused' && found.reason).toBe(reason);
  });
});

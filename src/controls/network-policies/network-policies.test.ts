import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { namespaces } from '../namespaces/whole-cluster.ts';
import enforcingPlugin from './enforcing-plugin.ts';

const daemon = (image: string, ...args: readonly string[]) => `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: network, namespace: kube-system}
spec: {template: {spec: {containers: [{name: agent, image: "${image}", args: ${JSON.stringify(args)}}]}}}
`;

describe('the network plugin', () => {
  const flannel = 'Flannel does not enforce NetworkPolicy here, and nothing else does';
  const vpc = 'Amazon VPC CNI does not enforce NetworkPolicy here, and nothing else does';
  const agent = '602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon/aws-network-policy-agent:v1.1.3';
  it.each<[string, readonly string[]]>([
    [daemon('ghcr.io/flannel-io/flannel:v0.26.1'), [flannel]],
    [daemon('docker.io/flannel/flannel:v0.26.1'), [flannel]],
    [daemon('quay.io/coreos/flannel:v0.14.0'), [flannel]],
    [daemon('quay.io/calico/node:v3.29.1'), []],
    [daemon('602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.18.1'), [vpc]],
    [daemon(agent, '--enable-network-policy=false'), [vpc]],
    [daemon(agent, '--enable-network-policy=true'), []],
    [
      daemon('docker.io/kindest/kindnetd:v20230809-80a64d96'),
      ['kindnet does not enforce NetworkPolicy here, and nothing else does'],
    ],
    [daemon('docker.io/kindest/kindnetd:v20240813-c6f155d6'), []],
    [
      `${daemon('docker.io/flannel/flannel:v0.26.1')}---\n${daemon('registry.k8s.io/networking/kube-network-policies:v0.7.0')}`,
      [],
    ],
  ])('%s', (text, messages) => {
    expect(judgeText([enforcingPlugin], text).findings.map(({ message }) => message)).toEqual(messages);
  });

  it('that nobody recognises is not known', () => {
    const text = `${namespaces('kube-system')}---\n${daemon('registry.example/network:1.0')}`;
    expect(judgeText([enforcingPlugin], text).undecided.map(({ kind, reason }) => [kind, reason])).toEqual([
      [
        'unknown',
        'no network plugin is recognised among the DaemonSets: whether NetworkPolicies are enforced is not known',
      ],
    ]);
  });
});

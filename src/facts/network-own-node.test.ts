import { describe, expect, it } from 'vitest';
import { examplePolicy, networkFactsOf } from '../../test/network-example.ts';
import { networkReachability } from './network.ts';
import { answerNetwork } from './network-answer.ts';
import { findEndpoint, splitPort } from './network-endpoints.ts';

const node = (name: string, address: string): string =>
  `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}}\nstatus: {addresses: [{type: InternalIP, address: ${address}}]}\n`;

const pod = (name: string, spec: string, address: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}\nspec: {${spec}containers: [{name: app, image: r/app:1, ports: [{name: http, containerPort: 8080}]}]}\nstatus: {phase: Running, podIP: ${address}}\n`;

const facts = networkFactsOf(
  node('n1', '192.168.0.1'),
  node('n2', '192.168.0.2'),
  pod('web', 'nodeName: n1, ', '10.0.0.1'),
  pod('free', '', '10.0.0.2'),
  pod('agent-1', 'nodeName: n1, hostNetwork: true, ', '192.168.0.1'),
  pod('agent-2', 'nodeName: n2, hostNetwork: true, ', '192.168.0.2'),
  examplePolicy('{podSelector: {}, policyTypes: [Ingress, Egress]}'),
);

function answer(from: string, to: string) {
  const target = splitPort(to);
  const [source, destination] = [findEndpoint(facts, from), findEndpoint(facts, target?.name ?? '')];
  if (source === undefined || destination === undefined) throw new Error('no such endpoint');
  return answerNetwork(facts.get(networkReachability), { from: source, to: destination, port: target?.port });
}

describe('a pod and its node, where policies deny everything', () => {
  it.each([
    ['shop/agent-1', 'shop/web:8080', 'allowed'],
    ['192.168.0.1', 'shop/web:8080', 'allowed'],
    ['shop/web', 'shop/agent-1:8080', 'allowed'],
    ['shop/web', '192.168.0.1:10250', 'allowed'],
    ['shop/agent-2', 'shop/web:8080', 'denied'],
    ['192.168.0.2', 'shop/web:8080', 'denied'],
    ['shop/web', 'shop/agent-2:8080', 'denied'],
    ['shop/web', '192.168.0.2:10250', 'denied'],
    ['shop/agent-1', 'shop/free:8080', 'unknown'],
    ['shop/free', '192.168.0.2:10250', 'unknown'],
    ['node', 'shop/web:8080', 'denied'],
    ['shop/web', 'node:10250', 'denied'],
    ['shop/free', 'shop/web:8080', 'denied'],
    ['203.0.113.1', 'shop/web:8080', 'denied'],
    ['shop/*', 'shop/web:8080', 'partly'],
  ])('%s to %s: %s', (from, to, wanted) => {
    expect(answer(from, to).verdict).toBe(wanted);
  });

  it('says which of several pods are on the node', () => {
    const parts = answer('shop/*', 'shop/web:8080').parts.map(({ verdict, near }) => [
      verdict,
      [...(near?.from ?? [])].map(({ name }) => name),
    ]);
    expect(parts).toEqual(
      expect.arrayContaining([
        ['allowed', ['agent-1']],
        ['denied', []],
      ]),
    );
  });

  it('says why', () => {
    expect(answer('shop/agent-1', 'shop/web:8080').notes[0]).toBe(
      'policies do not hold between a pod and the node that it runs on: that is always let through',
    );
    expect(answer('shop/agent-1', 'shop/free:8080').notes[0]).toBe(
      'which node runs them is not known: on one node they always reach each other, else policies decide',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { examplePod, networkFactsOf, verdictOf } from '../../../test/network-example.ts';
import { documents, policy } from './examples.ts';
import valid from './valid.ts';

/** What lets shop/api in to shop/web, if it is read as it is meant. */
const ingress = (rule: string): string => policy(`{podSelector: {matchLabels: {app: web}}, ingress: [${rule}]}`);
const block = (fields: string): string => ingress(`{from: [{ipBlock: {${fields}}}]}`);

describe('bad input', () => {
  it.each<[string, string, string, string]>([
    ['a selector that is no object', policy('{podSelector: web}'), 'spec.podSelector must be an object', 'unknown'],
    ['a peer that is no object', ingress('{from: [api]}'), 'spec.ingress[0].from[0] must be an object', 'denied'],
    ['peers that are no list', ingress('{from: api}'), 'spec.ingress[0].from must be a list', 'denied'],
    [
      'a peer selector that is no object',
      ingress('{from: [{podSelector: api}]}'),
      'spec.ingress[0].from[0].podSelector must be an object',
      'denied',
    ],
    ['bits beyond the prefix', block('cidr: 10.0.0.5/24'), 'is 10.0.0.5/24, with bits beyond its prefix', 'unknown'],
    ['a CIDR that is none', block('cidr: 10.0.0.0/33'), 'is "10.0.0.0/33", which is no CIDR', 'denied'],
    [
      'an exception of another family',
      block('cidr: 10.0.0.0/8, except: ["fd00::/64"]'),
      'is fd00::/64, of another address family than 10.0.0.0/8',
      'unknown',
    ],
    [
      'an exception outside of its block',
      block('cidr: 203.0.113.0/24, except: [198.51.100.0/24]'),
      'is 198.51.100.0/24, which does not lie strictly within 203.0.113.0/24',
      'denied',
    ],
    [
      'ports in reverse',
      ingress('{ports: [{port: 9000, endPort: 8000}]}'),
      'is 8000, which ends no range that starts at 9000',
      'denied',
    ],
    ['ports that are no list', ingress('{ports: http}'), 'spec.ingress[0].ports must be a list', 'denied'],
    [
      'a protocol that is none',
      ingress('{ports: [{protocol: ICMP}]}'),
      'is "ICMP"; there are TCP, UDP and SCTP',
      'denied',
    ],
  ])('%s is told of the policy, and lets nothing through for certain', (_, text, message, verdict) => {
    const [web, api] = [examplePod('web'), examplePod('api')];
    const { findings, errors } = judgeText([valid], documents(text, web, api));
    expect(errors).toEqual([]);
    const [first] = findings;
    expect([findings.length, first?.message]).toEqual([1, expect.stringContaining(message)]);
    expect(first?.message).toMatch(/^NetworkPolicy example: /);
    expect(verdictOf(networkFactsOf(web, api, text), 'shop/api', 'shop/web:80')).toBe(verdict);
  });

  it('of 10,000 rules is read in time that grows with it', () => {
    const rules = Array.from(
      { length: 10_000 },
      (_, at) => `{from: [{podSelector: {matchLabels: {app: a${at % 50}}}}], ports: [{port: ${1 + at}}]}`,
    );
    const facts = networkFactsOf(examplePod('web'), examplePod('a7'), ingress(rules.join(', ')));
    const began = performance.now();
    expect([8, 9].map((port) => verdictOf(facts, 'shop/a7', `shop/web:${port}`))).toEqual(['allowed', 'denied']);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it.each([
    ['of the same peers', '{podSelector: {}}', 'allowed'],
    ['of addresses that pods may have', '{ipBlock: {cidr: 10.0.0.0/24}}', 'unknown'],
  ])('of 10,000 rules %s, each with a port, is added up in time that grows with it', (_, peer, wanted) => {
    const rules = Array.from({ length: 10_000 }, (__, at) => `{from: [${peer}], ports: [{port: ${1 + 2 * at}}]}`);
    const facts = networkFactsOf(examplePod('web'), examplePod('a7'), ingress(rules.join(', ')));
    const began = performance.now();
    expect([9, 10].map((port) => verdictOf(facts, 'shop/a7', `shop/web:${port}`))).toEqual([wanted, 'denied']);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

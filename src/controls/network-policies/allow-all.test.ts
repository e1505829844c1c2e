import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import allowAll from './allow-all.ts';
import { policy } from './examples.ts';

const found = (text: string): string[] =>
  judgeExample(allowAll, text).map(({ severity, message, place }) => `${severity}: ${message} (${place})`);

const ingress = (rules: string): string[] => found(policy(`{podSelector: {}, ingress: [${rules}]}`));
const egress = (rules: string): string[] =>
  found(policy(`{podSelector: {}, policyTypes: [Egress], egress: [${rules}]}`));
const block = (cidr: string, ...except: readonly string[]): string =>
  `{ipBlock: {cidr: "${cidr}", except: ${JSON.stringify(except)}}}`;

const cluster = 'medium: NetworkPolicy example lets every pod of the cluster in, at every port (spec.ingress[0])';
const four = 'medium: NetworkPolicy example lets every IPv4 address in, at every port (spec.ingress[0])';
const both = 'medium: NetworkPolicy example lets every address in, at every port (spec.ingress[0])';

describe('a policy that lets in', () => {
  it.each<[string, readonly string[]]>([
    ['{from: [{namespaceSelector: {}}]}', [cluster]],
    ['{from: [{namespaceSelector: {}, podSelector: {}}]}', [cluster]],
    [
      '{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}}]}',
      [cluster],
    ],
    [`{from: [${block('0.0.0.0/0')}]}`, [four]],
    [`{from: [${block('0.0.0.0/0')}, ${block('::/0')}]}`, [both]],
    [`{from: [${block('::/0')}]}`, [four.replace('IPv4', 'IPv6')]],
    [`{from: [${block('0.0.0.0/1')}, ${block('128.0.0.0/1')}]}`, [four]],
    [`{from: [${block('0.0.0.0/1')}]}, {from: [${block('128.0.0.0/1')}]}`, [four]],
    // What is left out is none of the internet, or hardly any of it.
    [`{from: [${block('0.0.0.0/0', '10.0.0.0/8', '192.168.0.0/16', '8.8.8.8/32')}]}`, [four]],
    // The wider of the two is told.
    [`{from: [{namespaceSelector: {}}]}, {from: [${block('0.0.0.0/0')}]}`, [four.replace('[0]', '[1]')]],
    [`{from: [${block('0.0.0.0/0', '0.0.0.0/1')}]}`, []],
    [`{from: [${block('10.0.0.0/8')}]}`, []],
    [`{from: [${block('0.0.0.0/1')}], ports: [{port: 443}]}, {from: [${block('128.0.0.0/1')}]}`, []],
    [`{from: [${block('0.0.0.0/0')}], ports: [{port: 80}, {port: 443}]}`, []],
    ['{from: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}]}', []],
    ['{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: ingress}}}]}', []],
    ['{from: [{namespaceSelector: {matchLabels: {team: shop}}}]}', []],
    ['{from: [{podSelector: {}}]}', []],
  ])('%s', (rules, expected) => expect(ingress(rules)).toEqual(expected));
});

describe('a policy that lets out', () => {
  const out = (severity: string, what: string): string =>
    `${severity}: NetworkPolicy example lets its pods out to ${what} (spec.egress[0])`;
  const metadata = "every IPv4 address, that of the cloud's metadata with it, at every port";
  it.each<[string, readonly string[]]>([
    ['{to: [{namespaceSelector: {}}]}', [out('low', 'every pod of the cluster, at every port')]],
    [`{to: [${block('0.0.0.0/0')}]}`, [out('medium', metadata)]],
    [`{to: [${block('0.0.0.0/0', '169.254.169.254/32')}]}`, [out('low', 'every IPv4 address, at every port')]],
    // Out to the internet and not to what is inside.
    [`{to: [${block('0.0.0.0/0', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16')}]}`, []],
    [`{to: [${block('0.0.0.0/0')}], ports: [{port: 443}]}`, []],
    ['{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}', []],
  ])('%s', (rules, expected) => expect(egress(rules)).toEqual(expected));
});

import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import imageVulnerabilities from '../versions/image-vulnerabilities.ts';
import { deployment, service } from './examples.ts';
import sensitiveInterface from './sensitive-interface.ts';

const told = (text: string): string[] => {
  const { findings, undecided } = judgeText([sensitiveInterface], text);
  return [...findings.map(({ message }) => message), ...undecided.map(({ kind, reason }) => `${kind}: ${reason}`)];
};

const ingress = (name: string): string => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ai, namespace: shop}
spec: {defaultBackend: {service: {name: ${name}, port: {number: 80}}}}
`;
const named = (name: string, ports: string): string =>
  service(`selector: {app: web}, ports: [${ports}]`).replace('name: web', `name: ${name}`) + ingress(name);

describe('an interface whose workload was not read', () => {
  const likely = (name: string, program: string): string =>
    `manual: ${name} looks like ${program} by its name and port and is reached from outside through Ingress ai; what it leads to was not read`;
  it.each<[what: string, text: string, expected: readonly string[]]>([
    ['by name and port', named('ollama', '{port: 11434}'), [likely('ollama', 'Ollama')]],
    ['by name and target port', named('ray-head', '{port: 80, targetPort: 8265}'), [likely('ray-head', 'Ray')]],
    ['not by its name alone', named('ollama', '{port: 80}'), []],
    ['not by its port alone', named('web', '{port: 9090}'), []],
    [
      'not where the workload is something else',
      `${deployment('registry.example/shop/proxy:1.0')}---\n${named('ollama', '{port: 11434}')}`,
      [],
    ],
  ])('%s', (_, text, expected) => expect(told(text)).toEqual(expected));
});

describe('a copy in another registry', () => {
  const open = (image: string): string =>
    `${deployment(image)}---\n${service('type: LoadBalancer, selector: {app: web}')}`;

  it.each([
    ['my.mirror/ollama/ollama:0.5.1', 1],
    ['my.mirror/hub/prom/prometheus:v3.0.0', 1],
    ['my.mirror/library/mongo:7', 0],
    ['my.mirror/team/prometheus:v3.0.0', 0],
  ])('%s is known by the end of its path', (image, count) => expect(told(open(image))).toHaveLength(count));

  it.each<[image: string, expected: RegExp]>([
    ['my.mirror/ingress-nginx/controller:v1.11.4', /CVE-2025-1974/],
    ['my.mirror/hub/cilium/cilium:v1.14.6', /CVE-2024-28248/],
    ['my.mirror/team/controller:v1.11.4', /^$/],
    ['my.mirror/library/traefik:2.0.0', /^$/],
  ])('%s has its vulnerabilities', (image, expected) => {
    const { findings } = judgeText([imageVulnerabilities], deployment(image));
    expect(findings.flatMap(({ failure: { items = [] } }) => items).join(' ')).toMatch(expected);
  });
});

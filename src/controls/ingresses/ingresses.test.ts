import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import dangling from './dangling.ts';
import { annotated, ingress, rule } from './examples.ts';
import injectedAnnotations from './injected-annotations.ts';
import snippets from './snippets.ts';
import tls from './tls.ts';

describe('TLS of the hosts of an Ingress', () => {
  const withTls = (hosts: string, ...named: readonly string[]) =>
    ingress(`tls: [{hosts: [${hosts}], secretName: web}], rules: [${named.map((host) => rule(host)).join(', ')}]`);
  it.each<[what: string, text: string, messages: readonly string[]]>([
    ['one of two', withTls('a.example', 'a.example', 'b.example'), ['host b.example is not among those with TLS']],
    ['in other letters', withTls('A.example', 'a.EXAMPLE'), []],
    ['by a wildcard', withTls('"*.example.com"', 'a.example.com', '*.example.com'), []],
    [
      'by a wildcard one step too high',
      withTls('"*.example.com"', 'a.b.example.com'),
      ['host a.b.example.com is not among those with TLS'],
    ],
    ['none', ingress(`rules: [${rule('a.example')}, ${rule('b.example')}]`), ['Ingress web ends no TLS']],
    [
      'of v1beta1',
      ingress(`rules: [${rule('a.example')}]`).replace('networking.k8s.io/v1', 'extensions/v1beta1'),
      ['Ingress web ends no TLS'],
    ],
    [
      'that is not forced',
      annotated('nginx.ingress.kubernetes.io/ssl-redirect: "false"'),
      ['its hosts are served without TLS, too: ssl-redirect is false'],
    ],
    [
      'that is forced after all',
      annotated(
        'nginx.ingress.kubernetes.io/ssl-redirect: "false", nginx.ingress.kubernetes.io/force-ssl-redirect: "true"',
      ),
      [],
    ],
  ])('%s', (_, text, messages) => {
    expect(judgeExample(tls, text).map(({ message }) => message)).toEqual(messages);
  });
});

describe('annotations of ingress-nginx', () => {
  it('that write configuration are graver where they reach the controller', () => {
    const both = annotated(
      'nginx.ingress.kubernetes.io/server-snippet: "location /x { alias /var/run/secrets/; }", nginx.ingress.kubernetes.io/configuration-snippet: "add_header X-A b;"',
    );
    expect(judgeExample(snippets, both).map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      'critical: server-snippet is put into the configuration of the controller, with directives that reach files or code of the controller',
      'high: configuration-snippet is put into the configuration of the controller',
    ]);
  });

  it.each<[name: string, value: string, isConfiguration: boolean]>([
    ['auth-url', 'https://$host/oauth2/auth', false],
    ['auth-url', 'http://example.com/#;\\ninjected', true],
    ['auth-signin', 'https://$host/oauth2/start?rd=$escaped_request_uri', false],
    ['auth-tls-match-cn', 'CN=(web|api)', false],
    ['auth-tls-match-cn', 'CN=abc #(\\n){}\\n }}\\nssl_engine', true],
    ['rewrite-target', '/$1/$2', false],
    ['rewrite-target', '/a; return 200', true],
    ['mirror-target', 'https://$host$request_uri', false],
    ['permanent-redirect', 'https://example.com/${uri}', false],
    // Not written into the configuration as it stands.
    ['proxy-body-size', '8m;', false],
  ])('%s: %s', (name, value, isConfiguration) => {
    const text = annotated(`nginx.ingress.kubernetes.io/${name}: "${value}"`);
    expect(judgeExample(injectedAnnotations, text).length).toBe(isConfiguration ? 1 : 0);
  });
});

describe('configuration in an annotation', () => {
  const text = annotated('nginx.ingress.kubernetes.io/auth-url: "http://a/#;"');
  const controller = (version: string) => `apiVersion: v1
kind: Pod
metadata: {name: controller, namespace: ingress-nginx}
spec: {containers: [{name: controller, image: "registry.k8s.io/ingress-nginx/controller:${version}"}]}
`;
  it.each([
    [
      'v1.11.4',
      'critical: the value of auth-url holds configuration of nginx, and the controller that runs here takes it',
    ],
    ['v1.12.1', 'high: the value of auth-url holds configuration of nginx'],
  ])('with controller %s', (version, finding) => {
    const found = judgeExample(injectedAnnotations, `${text}---\n${controller(version)}`);
    expect(found.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([finding]);
  });
});

describe('Services that routes lead to', () => {
  const text = ingress(`rules: [${rule('web.example.com')}]`);
  it('are missing in a cluster, and perhaps elsewhere in manifests', () => {
    expect(judgeExample(dangling, text)).toEqual([]);
    const snapshot = {
      ...assembleSnapshot([decodeManifest(text, 'x.yaml')], ''),
      cluster: { server: 'https://x' },
    };
    const findings = (namespaces?: readonly string[]) =>
      judge(
        { ...snapshot, cluster: { ...snapshot.cluster, ...(namespaces && { namespaces }) } },
        { controls: [dangling], profiles: ['reliability'] },
      ).findings.map(({ message }) => message);
    expect(findings()).toEqual(['there is no Service web']);
    expect(findings(['shop'])).toEqual([]);
  });
});

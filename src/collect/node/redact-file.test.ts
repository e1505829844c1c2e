import fc from 'fast-check';
import { dump } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { Holds } from './layout.ts';
import { redactFile } from './redact-file.ts';

const secret = 'c2VjcmV0LXZhbHVlLTE3';
const key = `-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu\n-----END RSA PRIVATE KEY-----\n`;
const encodedKey = Buffer.from(key).toString('base64');
const certificate = `-----BEGIN CERTIFICATE-----
MIIBSTCB9KADAgECAgEBMA0GCSqGSIb3DQEBCwUAMA8xDTALBgNVBAMMBHRlc3Qw
-----END CERTIFICATE-----
`;

function redact(text: string, holds: Holds) {
  return redactFile(Buffer.from(text), holds);
}

function kubeconfig(user: string): string {
  return `kind: Config # the lab's\nusers:\n- name: admin\n  user:\n${user}\n- name: other\n  user: {}\n`;
}

describe('redactFile', () => {
  it.each<[string, Holds, string]>([
    ['a token', 'yaml', kubeconfig(`    token: ${secret}`)],
    ['a quoted password', 'yaml', kubeconfig(`    "password": '${secret}'`)],
    ['a block scalar', 'yaml', kubeconfig(`    token: |-\n      ${secret}\n      ${secret}`)],
    ['a folded plain scalar', 'yaml', kubeconfig(`    token: ${secret}\n      ${secret}`)],
    ['a misspelt field', 'yaml', kubeconfig(`    tokn: ${secret}`)],
    ['a repeated field', 'yaml', kubeconfig(`    token: ${secret}\n    token: other`)],
    ['a comment', 'yaml', kubeconfig(`    token: new # was ${secret}\n    # token: ${secret}`)],
    ['a flow mapping', 'yaml', `{kind: Config, users: [{name: a, user: {token: ${secret}}}]}`],
    ['JSON', 'yaml', JSON.stringify({ users: [{ user: { token: secret } }] }, null, 2)],
    ['JSON with an escaped key', 'yaml', `{"users":[{"user":{"\\u0074oken":"${secret}"}}]}`],
    [
      'exec variables',
      'yaml',
      kubeconfig(`    exec:\n      command: login\n      env:\n      - name: A\n        value: ${secret}`),
    ],
    [
      'exec arguments',
      'yaml',
      kubeconfig(`    exec:\n      args:\n      - --client-secret\n      - ${secret}\n      - --token=${secret}`),
    ],
    [
      'an auth provider',
      'yaml',
      kubeconfig(`    auth-provider:\n      name: oidc\n      config: {any-name: ${secret}}`),
    ],
    ['an anchor', 'yaml', `x: &a ${secret}\n${kubeconfig('    token: *a')}`],
    ['a merge', 'yaml', kubeconfig(`    token: ${secret}\n    <<: {token: b}`)],
    ['key data', 'yaml', kubeconfig(`    client-key-data: ${encodedKey}`)],
    ['key data in a place of its own', 'yaml', `a: ${encodedKey}`],
    ['after the end', 'yaml', `a: b\n...\n${secret}`],
    ['broken YAML', 'yaml', `users:\n- user: {token: ${secret}\n  x: [`],
    ['no mapping', 'yaml', `root:${secret}:19000:0:99999:7:::`],
    [
      'encryption keys',
      'yaml',
      `kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc:\n      keys:\n      - name: k\n        secret: ${secret}`,
    ],
    [
      'encryption keys without a kind',
      'yaml',
      `resources:\n- providers:\n  - secretbox: {keys: [{name: k, secret: ${secret}, old: ${secret}}]}`,
    ],
    [
      'a Secret',
      'manifest',
      `kind: Secret\nstringData:\n  anything: ${secret}\nmetadata:\n  annotations: {a: ${secret}}`,
    ],
    [
      'a variable of a pod',
      'manifest',
      `kind: Pod\nspec: {containers: [{env: [{name: ETCD_ROOT_PASSWORD, value: ${secret}}]}]}`,
    ],
    ['a URL', 'yaml', `datastore-endpoint: mysql://user:${secret}@tcp(db:3306)/k3s`],
    ['the token of k3s', 'yaml', `token: ${secret}\nagent-token: "${secret}"`],
    [
      'a variable of a unit',
      'unit',
      `[Service]\nEnvironment="K3S_TOKEN=${secret}" A=b\nExecStart=/usr/bin/k3s --token ${secret} \\\n  --agent-token=${secret}`,
    ],
    ['a file of variables', 'variables', `ETCD_ROOT_PASSWORD='${secret}'\nexport K3S_TOKEN=${secret}`],
    ['a file that is none of variables', 'variables', `root:$6$${secret}:19000`],
    [
      'a registry password',
      'toml',
      `[a.auth]\n  username = "u"\n  password = "${secret}"\n  auth = '''\n${secret}'''\nx = { identitytoken = "${secret}" }`,
    ],
    ['a registry header', 'toml', `[header]\n  Authorization = ["Basic ${secret}"]`],
    ['a token file', 'token', `${secret},admin,1`],
    ['a host name', 'name', `root:${secret}`],
    ['a key', 'pem', key.replace('MIIB', secret)],
    ['a key that does not end', 'pem', `${certificate}-----BEGIN PRIVATE KEY-----\n${secret}\n`],
    ['a key under a false label', 'pem', `-----BEGIN CERTIFICATE-----\n${secret}\n-----END CERTIFICATE-----`],
    ['text beside a certificate', 'pem', `password ${secret}\n${certificate}`],
  ])('takes out %s', (_, holds, text) => {
    const result = redact(text, holds);
    expect(JSON.stringify(result)).not.toContain(secret);
    expect(JSON.stringify(result)).not.toContain(encodedKey.slice(40, 80));
    expect(result.secret ?? result.problem ?? result.text).toBeDefined();
    if (result.text !== undefined && holds !== 'token')
      expect(result.text.split('\n')).toHaveLength(text.split('\n').length);
  });

  it.each<[string, Holds, string]>([
    [
      'a kubeconfig that names files',
      'yaml',
      kubeconfig('    client-certificate: a.crt\n    client-key: a.key\n    tokenFile: t # token'),
    ],
    [
      'a kubelet configuration',
      'yaml',
      'authentication:\n  anonymous: {enabled: false} # anonymous\nauthorization:\n  mode: Webhook\n',
    ],
    [
      'flags of etcd',
      'manifest',
      'kind: Pod\nspec: {containers: [{command: [etcd, --auth-token=simple, --initial-cluster-token=etcd-1, --token-file=/a]}]}',
    ],
    ['volumes of a pod', 'manifest', 'kind: Pod\nspec: {volumes: [{name: a, secret: {secretName: b}}]}'],
    [
      'a unit',
      'unit',
      '# kubeadm\n[Service]\nEnvironment="A=--kubeconfig=/etc/kubernetes/kubelet.conf"\nExecStart=\nExecStart=/usr/bin/kubelet $A \\\n  --v=2\n',
    ],
    [
      'containerd',
      'toml',
      'version = 2\n[plugins]\n  [plugins."io.containerd.grpc.v1.cri"]\n    enable_selinux = true\n',
    ],
  ])('leaves %s as it is', (_, holds, text) => {
    expect(redact(text, holds)).toEqual({ text });
  });

  it('keeps the place of what it replaces, and the rest of the file', () => {
    expect(redact(kubeconfig(`    token: "${secret}"\n    username: a`), 'yaml')).toEqual({
      text: 'kind: Config # REDACTED\nusers:\n- name: admin\n  user:\n    token: REDACTED\n    username: a\n- name: other\n  user: {}\n',
      secret: 'kubeconfig-credential',
    });
  });

  it('never lets a credential of a kubeconfig through, however it is written', () => {
    const field = fc.constantFrom('token', 'password', 'client-key-data', 'auth-token', 'id_token');
    // Only letters that no escape changes, so that a plain search finds what is left.
    const value = fc.array(fc.stringMatching(/^[a-zA-Z0-9+/=#:*!|>'" -]{0,12}QQ[a-z]{12}QQ$/), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        field,
        value,
        fc.constantFrom(0, 2, 5),
        fc.integer({ min: 20, max: 100 }),
        (name, lines, flowLevel, lineWidth) => {
          const config = { kind: 'Config', users: [{ name: 'a', user: { username: 'u', [name]: lines.join('\n') } }] };
          const text = flowLevel === 0 ? JSON.stringify(config) : dump(config, { flowLevel, lineWidth });
          const result = redact(text, 'yaml');
          for (const line of lines) expect(JSON.stringify(result)).not.toContain(/QQ[a-z]+QQ/.exec(line)?.[0]);
          expect(result).toMatchObject({ secret: 'kubeconfig-credential' });
          expect(result.text?.split('\n')).toHaveLength(text.split('\n').length);
        },
      ),
      { numRuns: 200 },
    );
  });
});

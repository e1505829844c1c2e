import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectCluster } from './collect.ts';
import { type Connection, connect } from './connect.ts';
import { answer, startFakeApiServer } from './fake-api-server.ts';
import { proxyFromEnvironment } from './proxy.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-kubeconfig-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, content: unknown): string {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function kubeconfig(user: object, cluster: object = {}, name = 'config'): string {
  return write(name, {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    clusters: [{ name: 'k', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  });
}

function open(file: string, env: Record<string, string> = {}): Promise<Connection> {
  return connect({ kubeconfig: file, env: { PATH: process.env['PATH'], ...env }, timeoutMs: 1000, maxSockets: 1 });
}

const headersOf = async (user: object): Promise<Connection['headers']> => (await open(kubeconfig(user))).headers;

function plugin(script: string): string {
  const file = write('plugin', `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o700);
  return file;
}

describe('connect: credentials', () => {
  it('sends a token', async () => {
    expect(await headersOf({ token: 'abc' })).toEqual({ Authorization: 'Bearer abc' });
  });

  it('reads a token file beside the kubeconfig, which wins over the token', async () => {
    write('secrets/token', 'fresh\n');
    expect(await headersOf({ token: 'stale', tokenFile: 'secrets/token' })).toEqual({ Authorization: 'Bearer fresh' });
  });

  it('sends a user name and password', async () => {
    expect(await headersOf({ username: 'me', password: 'p' })).toEqual({ Authorization: 'Basic bWU6cA==' });
  });

  it('impersonates with groups and extra fields', async () => {
    const user = { token: 'abc', as: 'jane', 'as-groups': ['dev', 'ops'], 'as-user-extra': { 'a/b': ['x'] } };
    expect(await headersOf(user)).toEqual({
      Authorization: 'Bearer abc',
      'Impersonate-User': 'jane',
      'Impersonate-Group': ['dev', 'ops'],
      'Impersonate-Extra-a%2Fb': ['x'],
    });
  });

  it('sends an id token of an identity provider that still holds', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const idToken = `${part({ alg: 'none' })}.${part({ exp: 4102444800 })}.x`;
    const user = { 'auth-provider': { name: 'oidc', config: { 'id-token': idToken, 'client-id': 'c' } } };
    expect(await headersOf(user)).toEqual({ Authorization: `Bearer ${idToken}` });
  });

  it('runs a credential plugin beside the kubeconfig, and tells it of the cluster', async () => {
    plugin('printf \'{"status":{"token":"\'; printf %s "$KUBERNETES_EXEC_INFO$EXTRA" | base64 -w0; printf \'"}}\'');
    const headers = await headersOf({
      exec: {
        command: './plugin',
        apiVersion: 'client.authentication.k8s.io/v1beta1',
        provideClusterInfo: true,
        env: [{ name: 'EXTRA', value: '!' }],
      },
    });
    const told = Buffer.from(String(headers['Authorization']).slice('Bearer '.length), 'base64').toString('utf8');
    expect(told.endsWith('!')).toBe(true);
    expect(JSON.parse(told.slice(0, -1))).toEqual({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      spec: { interactive: false, cluster: { server: 'https://10.0.0.1:6443', 'insecure-skip-tls-verify': false } },
    });
  });

  it.each<[string, object | (() => object), string, string]>([
    [
      'a plugin that is missing',
      { exec: { command: 'no-such-plugin', installHint: 'get it from example.com' } },
      'user "u": credential plugin "no-such-plugin" is not installed',
      'get it from example.com',
    ],
    [
      'a plugin that fails',
      () => ({ exec: { command: plugin('echo "please sign in" >&2; exit 3') } }),
      'ended with code 3: please sign in',
      'by hand',
    ],
    ['a plugin that hangs', () => ({ exec: { command: plugin('sleep 5') } }), 'did not end within 1 s', 'by hand'],
    [
      'a plugin that prints no JSON',
      () => ({ exec: { command: plugin('echo hello') } }),
      'did not print JSON',
      'by hand',
    ],
    [
      'a plugin that prints no token',
      () => ({ exec: { command: plugin('echo {}') } }),
      'neither a token nor',
      'by hand',
    ],
    ['a plugin without a command', { exec: {} }, 'has no command', 'by hand'],
    ['a token file that is missing', { tokenFile: 'nowhere' }, 'nowhere: ENOENT', 'mend the path'],
    ['a certificate file that is missing', { 'client-certificate': 'nowhere' }, 'no such file', '--context'],
    ['a token that no header can carry', { token: 'a\nb' }, 'a request header cannot carry', '--context'],
    [
      'a certificate that is none',
      { 'client-certificate-data': 'AAAA', 'client-key-data': 'AAAA' },
      'context "c"',
      '--context',
    ],
  ])('names %s', async (_, user, message, hint) => {
    const file = kubeconfig(typeof user === 'function' ? user() : user);
    await expect(open(file)).rejects.toMatchObject({
      code: 'credentials-failed',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    await expect(open(file)).rejects.toMatchObject({ message: expect.stringContaining(file) });
  });
});

describe('connect: which cluster', () => {
  const part = (name: string, server: string): object => ({
    'current-context': name,
    contexts: [{ name, context: { cluster: 'same', user: name } }],
    clusters: [{ name: 'same', cluster: { server } }],
    users: [{ name, user: { token: name } }],
  });

  it('merges the files of KUBECONFIG: the first wins, and those that are missing are passed over', async () => {
    const files = [join(folder, 'missing'), write('a', part('a', 'https://a')), write('b', part('b', 'https://b'))];
    const env = { KUBECONFIG: files.join(delimiter) };
    const options = { env, timeoutMs: 1000, maxSockets: 1 };
    expect(await connect(options)).toMatchObject({
      server: new URL('https://a'),
      headers: { Authorization: 'Bearer a' },
    });
    expect(await connect({ ...options, context: 'b' })).toMatchObject({
      server: new URL('https://a'),
      headers: { Authorization: 'Bearer b' },
    });
  });

  it('reads ~/.kube/config, as YAML', async () => {
    const text =
      'current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: {server: "https://a/k8s/"}}]\n';
    write('.kube/config', text);
    const connection = await connect({ env: { HOME: folder }, timeoutMs: 1000, maxSockets: 1 });
    expect(connection.server.href).toBe('https://a/k8s');
    expect(connection.headers).toEqual({});
  });

  it.each<[string, unknown, string, string]>([
    ['broken YAML', 'clusters: [', 'kubeconfig-invalid', ':1:'],
    ['another kind', { kind: 'Pod' }, 'kubeconfig-invalid', 'its kind is Pod'],
    ['a list', [], 'kubeconfig-invalid', 'not a kubeconfig'],
    ['nothing in it', '', 'context-missing', 'no current context'],
    ['a context that is not there', { 'current-context': 'x' }, 'context-missing', 'no context "x"'],
    [
      'a cluster that is not there',
      { 'current-context': 'c', contexts: [{ name: 'c', context: { cluster: 'k' } }] },
      'context-missing',
      'names the cluster "k", which is not there',
    ],
    [
      'contexts that are a string',
      { 'current-context': 'c', contexts: 'x', clusters: 7, users: null },
      'context-missing',
      'no context "c"',
    ],
  ])('says what is wrong with a file with %s', async (_, content, code, message) => {
    const file = write('config', content);
    await expect(open(file)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    await expect(open(file)).rejects.toMatchObject({ message: expect.stringContaining(file) });
  });

  it('refuses a server that is no URL', async () => {
    await expect(open(kubeconfig({}, { server: 'ftp://x' }))).rejects.toMatchObject({ code: 'kubeconfig-invalid' });
  });

  it.each([
    ['a file that is named', { kubeconfig: '/nowhere/config', env: {} }, 'no such file: /nowhere/config'],
    ['the files of KUBECONFIG', { env: { KUBECONFIG: '/nowhere/a' } }, 'KUBECONFIG: no such file: /nowhere/a'],
    ['any kubeconfig', { env: { HOME: '/nowhere' } }, 'no kubeconfig, and this is not a pod'],
  ])('says so when %s is missing', async (_, options, message) => {
    await expect(connect({ ...options, timeoutMs: 1000, maxSockets: 1 })).rejects.toMatchObject({
      code: 'kubeconfig-missing',
      message,
    });
  });
});

describe('proxies', () => {
  it('reaches the server through the proxy of the kubeconfig', async () => {
    const version = (_: unknown, response: http.ServerResponse): void => answer(response, { gitVersion: 'v1.30.0' });
    const server = await startFakeApiServer({ '/version': version, '/api': { versions: [] }, '/apis': { groups: [] } });
    const tunnels: string[] = [];
    const proxy = http.createServer().on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      const upstream = connectTo(Number(new URL(server.url).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [socket, upstream]) end.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const file = kubeconfig({}, { server: 'http://cluster.example:80', 'proxy-url': proxyUrl });
    const { cluster } = await collectCluster({ kubeconfig: file, env: {} });
    expect(cluster.version).toBe('v1.30.0');
    expect(new Set(tunnels)).toEqual(new Set(['cluster.example:80']));
    await server.close();
    proxy.close();
  });

  it.each<[string, Record<string, string>, string | undefined]>([
    ['https://k.example', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://k.example', { https_proxy: 'p:1' }, 'http://p:1'],
    ['https://k.example', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://k.example', { HTTP_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://127.0.0.1:6443', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://localhost', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://[::1]:6443', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://k.example', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    ['https://k.example', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'other, example' }, undefined],
    ['https://k.example', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.k.example' }, 'http://p:1'],
    ['https://a.k.example', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.k.example' }, undefined],
    ['https://k.example:6443', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'k.example:6443' }, undefined],
    ['https://k.example:6443', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'k.example:443' }, 'http://p:1'],
    ['https://xk.example', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'k.example' }, 'http://p:1'],
    ['https://10.1.2.3', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.0.0.0/8' }, undefined],
    ['https://11.1.2.3', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.0.0.0/8,10.0.0.0/99,x/8' }, 'http://p:1'],
    ['https://[fd00::1]', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'fd00::/8' }, undefined],
    ['https://[fd00::1]', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'fd00::1' }, undefined],
  ])('for %s with %j is %s', (server, env, expected) => {
    expect(proxyFromEnvironment(new URL(server), env)).toBe(expected);
  });
});

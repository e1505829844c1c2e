import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Component, ConfigurationProblem } from '../../model/component.ts';
import { resolveComponent } from './resolve.ts';

interface Given {
  readonly component: Component;
  readonly minor?: number;
  readonly args: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

function resolve({ component, minor, args, files = {}, env }: Given) {
  return resolveComponent({
    component,
    ...(minor === undefined ? {} : { minor }),
    args: args.map((text) => ({ text, where: 'pid 7' })),
    ...(env === undefined
      ? {}
      : { env: new Map(Object.entries(env).map(([name, value]) => [name, { value, where: 'pid 7' }])) }),
    readFile: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
    listFolder: (path) =>
      Object.keys(files)
        .filter((file) => file.startsWith(`${path}/`))
        .map((file) => file.slice(path.length + 1))
        .reverse(),
  });
}

const brief = (problems: readonly ConfigurationProblem[]): (string | undefined)[][] =>
  problems.map(({ kind, message, line, hint }) => [`${kind}:${line ?? ''}`, message, hint]);

const kubeletHead = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';
const proxyHead = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

describe('the kubelet', () => {
  it('takes a flag before drop-ins in the order of their names, these before the file, that before the default', () => {
    const resolved = resolve({
      component: 'kubelet',
      minor: 31,
      args: ['--config=/c', '--config-dir=/d', '--read-only-port=1', '--feature-gates=AllAlpha=true'],
      files: {
        '/c': `${kubeletHead}readOnlyPort: 2\nmaxPods: 10\npodPidsLimit: 5\nfeatureGates: {AllAlpha: false, AllBeta: false}\n`,
        '/d/10-a.conf': `${kubeletHead}maxPods: 20\nserverTLSBootstrap: true\nevictionHard: {memory.available: 5%}\n`,
        '/d/20-b.conf': `${kubeletHead}maxPods: 30\nevictionHard: {nodefs.available: 6%}\n`,
        '/d/30-c.yaml': `${kubeletHead}maxPods: 40\n`,
      },
    });
    expect(resolved.problems).toEqual([]);
    expect(resolved.get('read-only-port')?.value).toBe(1);
    expect(resolved.get('max-pods')).toEqual({
      name: 'maxPods',
      value: 30,
      origin: { kind: 'file', file: '/d/20-b.conf', line: 3, column: 1 },
    });
    expect(resolved.get('podPidsLimit')?.origin).toEqual({ kind: 'file', file: '/c', line: 5, column: 1 });
    expect(resolved.get('evictionHard')?.value).toEqual({ 'memory.available': '5%', 'nodefs.available': '6%' });
    expect(resolved.get('featureGates')?.value).toEqual({ AllAlpha: true, AllBeta: false });
    expect(resolved.get('authorization.mode')).toMatchObject({ value: 'Webhook', origin: { kind: 'default' } });
  });

  it('takes 0s, an empty text and null for unset where the API does', () => {
    const text = `${kubeletHead}streamingConnectionIdleTimeout: 0s\nauthorization: {mode: ""}\naddress: null\nreadOnlyPort: 0\n`;
    const resolved = resolve({ component: 'kubelet', args: ['--config=/c'], files: { '/c': text } });
    expect(resolved.get('streamingConnectionIdleTimeout')).toMatchObject({
      value: '4h0m0s',
      origin: { kind: 'default' },
    });
    expect(resolved.get('authorization.mode')?.value).toBe('Webhook');
    expect(resolved.get('address')?.value).toBe('0.0.0.0');
    expect(resolved.get('readOnlyPort')).toMatchObject({ value: 0, origin: { kind: 'file', line: 6 } });
  });

  it.each([
    [20, 5],
    [26, 5],
    [27, 50],
    [undefined, null],
  ])('records %s events with the default of v1.%s', (minor, qps) => {
    const given: Given = { component: 'kubelet', args: [], ...(minor === undefined ? {} : { minor }) };
    expect(resolve(given).get('event-qps')?.value).toBe(qps);
  });

  it('has no setting that its version does not have', () => {
    expect(resolve({ component: 'kubelet', minor: 20, args: [] }).get('seccompDefault')).toBeUndefined();
    expect(resolve({ component: 'kubelet', minor: 22, args: [] }).get('seccompDefault')?.value).toBe(false);
    expect(resolve({ component: 'kubelet', args: [] }).get('no-such-thing')).toBeUndefined();
  });

  it('knows nothing but the flags when the file cannot be read', () => {
    const resolved = resolve({ component: 'kubelet', args: ['--config=/c', '--read-only-port=0'] });
    expect(resolved.get('readOnlyPort')?.value).toBe(0);
    expect(resolved.get('authorization.mode')).toEqual({
      name: 'authorization.mode',
      value: null,
      origin: { kind: 'flag', flag: '--config', where: 'pid 7' },
    });
    expect(brief(resolved.problems)).toEqual([
      ['unreadable:', '/c could not be read: what kubelet takes from it is not known', undefined],
    ]);
  });

  it('does not start with drop-ins before v1.30 without the variable', () => {
    const files = { '/d/a.conf': kubeletHead };
    const args = ['--config-dir=/d'];
    const kinds = (env: Readonly<Record<string, string>>) =>
      resolve({ component: 'kubelet', minor: 29, args, files, env }).problems.map(({ kind }) => kind);
    expect(kinds({})).toEqual(['invalid']);
    expect(kinds({ KUBELET_CONFIG_DROPIN_DIR_ALPHA: 'on' })).toEqual([]);
  });

  it('tells keys that are unknown, misplaced, misspelled or repeated, with their lines', () => {
    const text = `${kubeletHead}anonymous:\n  enabled: false\nreadonlyPort: 0\nmaxPods: 1\nmaxPods: 2\nanonymous-auth: false\nnothingLike: 1\npodPidsLimit: many\nauthentication:\n  x509:\n    clientCAFil: /a\n`;
    const resolved = resolve({ component: 'kubelet', args: ['--config=/c'], files: { '/c': text } });
    expect(brief(resolved.problems)).toEqual([
      ['misplaced-field:3', 'anonymous is no field at the top level: kubelet ignores it', 'authentication.anonymous'],
      ['unknown-field:5', 'readonlyPort is no field of kubelet: kubelet ignores it', 'readOnlyPort'],
      [
        'unknown-field:8',
        'anonymous-auth is no field of kubelet: kubelet ignores it',
        'authentication.anonymous.enabled',
      ],
      ['unknown-field:9', 'nothingLike is no field of kubelet: kubelet ignores it', undefined],
      ['invalid:10', 'podPidsLimit must be a whole number, and holds a string', undefined],
      [
        'unknown-field:13',
        'authentication.x509.clientCAFil is no field of kubelet: kubelet ignores it',
        'authentication.x509.clientCAFile',
      ],
      [
        'duplicate-field:6',
        'maxPods is set twice: the one in line 7 counts, this one does not: kubelet ignores it',
        undefined,
      ],
    ]);
    expect(resolved.get('maxPods')?.value).toBe(2);
  });

  it('tells a field that is newer than the kubelet', () => {
    const files = { '/c': `${kubeletHead}seccompDefault: true\n` };
    const { problems } = resolve({ component: 'kubelet', minor: 20, args: ['--config=/c'], files });
    expect(brief(problems)).toEqual([
      ['unknown-field:3', 'seccompDefault is no field of kubelet v1.20 (new in v1.22): kubelet ignores it', undefined],
    ]);
  });
});

describe('kube-proxy', () => {
  const guide = [
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
    'bindAddress: 0.0.0.0',
    'bindAddressHardFail: false',
    'clientConnection:',
    '  acceptContentTypes: ""',
    '  burst: 0',
    '  contentType: ""',
    'kubeconfig: /var/lib/kube-proxy/kubeconfig.conf',
    'qps: 0',
    'clusterCIDR: 172.17.0.0/16',
    '',
  ].join('\n');
  const args = ['--config=/var/lib/kube-proxy/config.conf', '--hostname-override=controlplane'];

  it('ignores the kubeconfig that a guide puts at the top level, and does not start without a kind', () => {
    const files = { '/var/lib/kube-proxy/config.conf': guide };
    const resolved = resolve({ component: 'kube-proxy', args, files });
    expect(resolved.get('clientConnection.kubeconfig')).toMatchObject({ value: '', origin: { kind: 'default' } });
    expect(resolved.get('kubeconfig')?.value).toBe('');
    expect(resolved.get('hostnameOverride')).toMatchObject({ value: 'controlplane', origin: { kind: 'flag' } });
    expect(resolved.get('clusterCIDR')?.origin).toMatchObject({ kind: 'file', line: 10, column: 1 });
    expect(brief(resolved.problems)).toEqual([
      [
        'invalid:1',
        'the file has no kind: kube-proxy does not start with it',
        'apiVersion: kubeproxy.config.k8s.io/v1alpha1, kind: KubeProxyConfiguration',
      ],
      [
        'misplaced-field:8',
        expect.stringContaining('kubeconfig is no field at the top level'),
        'clientConnection.kubeconfig',
      ],
      ['misplaced-field:9', expect.stringContaining('qps is no field at the top level'), 'clientConnection.qps'],
    ]);
  });

  it('starts with that file once it has a kind, and ignores both keys', () => {
    const files = { '/var/lib/kube-proxy/config.conf': `kind: KubeProxyConfiguration\n${guide}` };
    expect(resolve({ component: 'kube-proxy', args, files }).problems.map(({ message }) => message)).toEqual([
      'kubeconfig is no field at the top level: kube-proxy ignores it',
      'qps is no field at the top level: kube-proxy ignores it',
    ]);
  });

  it.each([
    ['', '127.0.0.1:10249', '0.0.0.0:10256'],
    ['bindAddress: "::"\n', '[::1]:10249', '[::]:10256'],
    ['metricsBindAddress: ""\n', '127.0.0.1:10249', '0.0.0.0:10256'],
    ['metricsBindAddress: 0.0.0.0\n', '0.0.0.0:10249', '0.0.0.0:10256'],
    ['metricsBindAddress: "::"\nhealthzBindAddress: 127.0.0.1:1\n', '[::]:10249', '127.0.0.1:1'],
  ])('listens, with %j, on %s and %s', (text, metrics, healthz) => {
    const resolved = resolve({ component: 'kube-proxy', args: ['--config=/c'], files: { '/c': proxyHead + text } });
    expect(resolved.get('metricsBindAddress')?.value).toBe(metrics);
    expect(resolved.get('healthz-bind-address')?.value).toBe(healthz);
  });

  it('closes a listener whose port is 0', () => {
    const resolved = resolve({ component: 'kube-proxy', minor: 20, args: ['--healthz-port=0'] });
    expect(resolved.get('healthzBindAddress')).toMatchObject({ value: '', origin: { flag: '--healthz-port' } });
  });
});

describe('kube-scheduler', () => {
  const head = (version: string): string =>
    `apiVersion: kubescheduler.config.k8s.io/${version}\nkind: KubeSchedulerConfiguration\n`;

  it('takes flags that the file does not have with the file', () => {
    const args = ['--config=/s', '--bind-address=127.0.0.1', '--leader-elect=false'];
    const files = { '/s': head('v1beta2') };
    const resolved = resolve({ component: 'kube-scheduler', minor: 22, args, files });
    expect(resolved.get('bind-address')?.value).toBe('127.0.0.1');
    expect(resolved.get('leader-elect')?.value).toBe(false);
    const older = resolve({ component: 'kube-scheduler', minor: 20, args, files: { '/s': head('v1beta1') } });
    expect(older.get('leader-elect')?.value).toBe(true);
    expect(older.problems.map(({ kind }) => kind)).toEqual(['ignored-flag']);
  });

  it.each<[string, number, string[]]>([
    ['v1alpha1', 20, ['kube-scheduler v1.20 does not know kubescheduler.config.k8s.io/v1alpha1']],
    ['v1beta1', 20, []],
    ['v1beta1', 23, ['kube-scheduler v1.23 does not know kubescheduler.config.k8s.io/v1beta1']],
    ['v1', 30, []],
  ])('of %s with v1.%s', (version, minor, messages) => {
    const given: Given = { component: 'kube-scheduler', minor, args: ['--config=/s'], files: { '/s': head(version) } };
    expect(resolve(given).problems.map(({ message }) => message)).toEqual(messages);
  });

  it('does not start with an unknown key', () => {
    const files = { '/s': `${head('v1')}enableProfilin: false\n` };
    const { problems } = resolve({ component: 'kube-scheduler', minor: 30, args: ['--config=/s'], files });
    expect(brief(problems)).toEqual([
      [
        'unknown-field:3',
        'enableProfilin is no field of kube-scheduler: kube-scheduler does not start with it',
        'enableProfiling',
      ],
    ]);
  });
});

describe('etcd', () => {
  it('takes a flag before its variable, and that before the default', () => {
    const env = { ETCD_CERT_FILE: '/env', ETCD_KEY_FILE: '/env', ETCD_CLIENT_CERT_AUTH: 'true', ETCD_NAME: '' };
    const resolved = resolve({ component: 'etcd', minor: 4, args: ['--cert-file=/flag'], env });
    expect(resolved.get('client-transport-security.cert-file')).toMatchObject({ value: '/flag' });
    expect(resolved.get('key-file')).toEqual({
      name: 'client-transport-security.key-file',
      value: '/env',
      origin: { kind: 'environment', variable: 'ETCD_KEY_FILE', where: 'pid 7' },
    });
    expect(resolved.get('client-cert-auth')?.value).toBe(true);
    expect(resolved.get('name')).toMatchObject({ value: 'default', origin: { kind: 'default', of: '3.4' } });
  });

  it('takes everything from the file that a variable names', () => {
    const files = {
      '/e': 'listen-client-urls: https://a:2379,https://b:2379\npeer-transport-security:\n  cert-file: /p\nclient-cert-auth: true\n',
    };
    const env = { ETCD_CONFIG_FILE: '/e', ETCD_KEY_FILE: '/env' };
    const resolved = resolve({ component: 'etcd', args: ['--data-dir=/flag'], env, files });
    expect(resolved.get('listen-client-urls')?.value).toEqual(['https://a:2379', 'https://b:2379']);
    expect(resolved.get('peer-cert-file')).toMatchObject({ value: '/p', origin: { kind: 'file', line: 3 } });
    expect(resolved.get('key-file')?.value).toBe('');
    expect(resolved.get('data-dir')?.value).toBe('${name}.etcd');
    expect(brief(resolved.problems)).toEqual([
      [
        'misplaced-field:4',
        'client-cert-auth is no field at the top level: etcd ignores it',
        'client-transport-security.client-cert-auth or peer-transport-security.client-cert-auth',
      ],
      ['ignored-flag:', '--data-dir is ignored: etcd takes everything from /e alone', 'set data-dir in the file'],
      ['ignored-flag:', 'ETCD_KEY_FILE is ignored: etcd takes everything from /e alone', undefined],
    ]);
  });
});

describe('a hostile file', () => {
  it.each(['', '[]', '1', '{', '---\n---\n', '{"__proto__": {"a": 1}, "constructor": 1}', 'a: &a [*a]', '\u0000'])(
    'of %j throws nothing',
    (text) => {
      for (const [component, flag] of [
        ['kubelet', 'config'],
        ['kube-proxy', 'config'],
        ['kube-scheduler', 'config'],
        ['etcd', 'config-file'],
        ['kube-apiserver', 'authentication-config'],
        ['kube-apiserver', 'authorization-config'],
        ['kube-apiserver', 'encryption-provider-config'],
      ] as const) {
        const resolved = resolve({ component, args: [`--${flag}=/c`], files: { '/c': text } });
        expect(resolved.get(flag)?.value).toBe('/c');
      }
    },
  );

  it('of any JSON throws nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const files = { '/c': JSON.stringify(value) };
        for (const component of ['kubelet', 'kube-proxy'] as const) {
          expect(resolve({ component, args: ['--config=/c'], files }).get('config')?.value).toBe('/c');
        }
        const resolved = resolve({ component: 'kube-apiserver', args: ['--authentication-config=/c'], files });
        expect(resolved.get('authentication-config')?.value).toBe('/c');
      }),
      { numRuns: 200 },
    );
  });
});

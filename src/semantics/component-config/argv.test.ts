import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Component } from '../../model/component.ts';
import type { Json } from '../../model/json.ts';
import { resolveComponent } from './resolve.ts';
import { inVersion, settingName, settingTable } from './table.ts';

const resolve = (component: Component, args: readonly string[], minor?: number) =>
  resolveComponent({
    component,
    ...(minor === undefined ? {} : { minor }),
    args: args.map((text, index) => ({ text, where: 'manifest.yaml', line: index + 1 })),
    readFile: () => undefined,
  });

const values: readonly [
  title: string,
  Component,
  args: readonly string[],
  name: string,
  value: Json,
  minor?: number,
][] = [
  ['a bare boolean is true', 'kube-apiserver', ['--profiling', 'false'], 'profiling', true],
  ['a boolean does not take the next argument', 'kubelet', ['--rotate-certificates', '--v=2'], 'v', 2],
  ['all spellings of strconv.ParseBool', 'kube-apiserver', ['--profiling=F'], 'profiling', false],
  ['an empty value', 'kube-apiserver', ['--client-ca-file=/a', '--client-ca-file='], 'client-ca-file', ''],
  ['an empty list', 'kube-apiserver', ['--tls-cipher-suites='], 'tls-cipher-suites', []],
  ['a value may begin with a dash', 'kubelet', ['--pod-max-pids', '-1'], 'podPidsLimit', -1],
  ['a value may hold an equals sign', 'kubelet', ['--node-labels=a=b'], 'node-labels', { a: 'b' }],
  ['two dashes end the flags', 'kube-apiserver', ['--', '--profiling=false'], 'profiling', true],
  ['other arguments do not', 'kube-apiserver', ['extra', '--profiling=false'], 'profiling', false],
  ['in etcd they do', 'etcd', ['extra', '--enable-pprof'], 'enable-pprof', false],
  ['etcd with one dash and a space', 'etcd', ['-name', 'a'], 'name', 'a'],
  ['a list with quotes', 'kube-apiserver', ['--cors-allowed-origins="a,b",c'], 'cors-allowed-origins', ['a,b', 'c']],
  ['files are not split', 'kube-apiserver', ['--service-account-key-file=/a,b'], 'service-account-key-file', ['/a,b']],
  [
    'files append',
    'kube-apiserver',
    ['--service-account-key-file=/a', '--service-account-key-file', '/b'],
    'service-account-key-file',
    ['/a', '/b'],
  ],
  [
    'issuers append',
    'kube-apiserver',
    ['--service-account-issuer=https://a,b', '--service-account-issuer=https://c'],
    'service-account-issuer',
    ['https://a,b', 'https://c'],
    22,
  ],
  [
    'a list replaces its default',
    'kube-apiserver',
    ['--authorization-mode=Node', '--authorization-mode=RBAC'],
    'authorization-mode',
    ['Node', 'RBAC'],
  ],
  [
    'in etcd the last list wins',
    'etcd',
    ['--listen-client-urls=http://a', '--listen-client-urls=http://b'],
    'listen-client-urls',
    ['http://b'],
  ],
  [
    'maps grow',
    'kubelet',
    ['--feature-gates=AllAlpha=true', '--feature-gates=AllBeta=false'],
    'featureGates',
    { AllAlpha: true, AllBeta: false },
  ],
  [
    'eviction signals are separated by <',
    'kubelet',
    ['--eviction-hard=memory.available<5%'],
    'evictionHard',
    { 'memory.available': '5%' },
  ],
  ['numbers with a base', 'kubelet', ['--read-only-port=0x10'], 'readOnlyPort', 16],
  ['durations stay as they are written', 'kube-apiserver', ['--request-timeout=300s'], 'request-timeout', '300s'],
  ['the short flag', 'kubelet', ['-v4'], 'v', 4],
  ['keys without a value', 'kube-apiserver', ['--runtime-config=api/all'], 'runtime-config', { 'api/all': '' }],
  [
    'a key of the prototype',
    'kubelet',
    ['--node-labels=__proto__=x'],
    'node-labels',
    Object.fromEntries([['__proto__', 'x']]),
  ],
];

describe('the flag grammar', () => {
  it.each(values)('%s', (_, component, args, name, value, minor?: number) => {
    const resolved = resolve(component, args, minor);
    expect(resolved.get(name)?.value).toEqual(value);
    expect(resolved.problems).toEqual([]);
  });

  it.each<[number | undefined, readonly string[], Json]>([
    [21, ['--service-account-issuer=https://a', '--service-account-issuer=https://b'], 'https://b'],
    [22, ['--service-account-issuer=https://a', '--service-account-issuer=https://b'], ['https://a', 'https://b']],
    [21, [], ''],
    [36, [], []],
    [undefined, [], null],
  ])('a flag that may be repeated from v1.22 on, in minor %s: %o is %o', (minor, args, value) => {
    expect(resolve('kube-apiserver', args, minor).get('service-account-issuer')?.value).toEqual(value);
  });

  it.each<[Component, number | undefined, readonly string[], string, string]>([
    ['kube-apiserver', 20, ['--nope=1'], 'unknown-flag', '--nope is no known flag of kube-apiserver v1.20'],
    ['kube-apiserver', 20, ['--feature_gates=a=true'], 'unknown-flag', '--feature_gates is no known flag'],
    ['kube-apiserver', 25, ['--insecure-port=0'], 'unknown-flag', '--insecure-port was removed in v1.24'],
    ['kube-apiserver', 20, ['--authentication-config=/a'], 'unknown-flag', '--authentication-config is new in v1.29'],
    ['kube-apiserver', 20, ['-profiling=false'], 'unknown-flag', '-profiling=false is no known flag'],
    ['kube-apiserver', 22, ['--insecure-port=8080'], 'ignored-flag', '--insecure-port has no effect since v1.20'],
    ['kubelet', 24, ['--network-plugin=cni'], 'unknown-flag', '--network-plugin was removed in v1.24'],
    ['etcd', 4, ['--tls-min-version=TLS1.2'], 'unknown-flag', '--tls-min-version is new in 3.5'],
    ['kubelet', 20, ['--anonymous-auth=no'], 'invalid', '--anonymous-auth: "no" is neither true nor false'],
    ['kubelet', 20, ['--read-only-port=abc'], 'invalid', '--read-only-port: "abc" is no whole number'],
    ['kubelet', 20, ['--sync-frequency=5'], 'invalid', '--sync-frequency: "5" is no duration'],
    ['kubelet', 20, ['--kubeconfig'], 'invalid', '--kubeconfig needs a value, and has none'],
    ['kubelet', 20, ['--feature-gates=Nope=true'], 'invalid', 'feature gate Nope is not known in v1.20'],
    [
      'kubelet',
      28,
      ['--feature-gates=SeccompDefault=false'],
      'invalid',
      'feature gate SeccompDefault is locked to true',
    ],
  ])('%s v1.%s with %j is told as %s', (component, minor, args, kind, message) => {
    const { problems } = resolve(component, args, minor);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ kind, where: 'manifest.yaml', line: 1 });
    expect(problems[0]?.message).toContain(message);
  });

  it('says nothing of a flag without effect that asks for what is so anyway', () => {
    expect(resolve('kube-apiserver', ['--insecure-port=0'], 22).problems).toEqual([]);
  });

  it('names argument and line as origin, of the last one that was given', () => {
    expect(resolve('kubelet', ['--anonymous-auth', '--v=2', '--anonymous_auth=false']).get('anonymous-auth')).toEqual({
      name: 'authentication.anonymous.enabled',
      value: false,
      origin: { kind: 'flag', flag: '--anonymous_auth', where: 'manifest.yaml', line: 3 },
    });
  });

  it('reads back what is written, in any order and with either separator', () => {
    const rows = settingTable('kube-apiserver').rows.filter(
      ({ type, flag, since, removed }) => type === 'string' && flag !== 'version' && inVersion(20, since, removed),
    );
    const files = new Set(['authorization-config', 'authentication-config', 'insecure-bind-address', 'address']);
    const flags = rows.filter(({ flag }) => !files.has(flag ?? ''));
    const uses = fc.uniqueArray(
      fc.record({ row: fc.constantFrom(...flags), text: fc.string(), form: fc.constantFrom('=', ' ') }),
      { selector: ({ row }) => row.flag, maxLength: 12 },
    );
    fc.assert(
      fc.property(uses, (given) => {
        const args = given.flatMap(({ row, text, form }) =>
          form === '=' ? [`--${row.flag}=${text}`] : [`--${row.flag}`, text],
        );
        const resolved = resolve('kube-apiserver', args, 20);
        for (const { row, text } of given) expect(resolved.get(settingName(row))?.value).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it('never throws, whatever the arguments', () => {
    const argument = fc.oneof(
      fc.string(),
      fc.string().map((text) => `--${text}`),
      fc.constantFrom('--', '-', '--=', '-v', '--config'),
    );
    const component = fc.constantFrom<Component>('kube-apiserver', 'etcd', 'kubelet', 'kube-proxy', 'kube-scheduler');
    fc.assert(
      fc.property(component, fc.array(argument, { maxLength: 8 }), (name, args) => {
        expect(resolve(name, args).settings().length).toBeGreaterThan(50);
      }),
      { numRuns: 200 },
    );
  });
});

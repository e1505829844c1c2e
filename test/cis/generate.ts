import fc from 'fast-check';
import { dump } from 'js-yaml';
import { automatedChecks, type Check, type Evidence, isAboutFiles } from './checks.ts';
import type { ExampleFile, ExampleNode } from './example-node.ts';

type Flag = Extract<Evidence, { kind: 'flag' }>;
type Config = Extract<Evidence, { kind: 'config' }> & { readonly pair: Flag };

const settingChecks = automatedChecks.filter((check) => !isAboutFiles(check));

/** Where each component has its configuration file, and what is in it besides what the checks ask for. */
const configFiles = {
  'kube-apiserver': [
    '/etc/kubernetes/authz.yaml',
    { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration' },
  ],
  'kube-scheduler': [
    '/etc/kubernetes/scheduler.yaml',
    {
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      clientConnection: { kubeconfig: '/etc/kubernetes/scheduler.conf' },
    },
  ],
  etcd: ['/etc/kubernetes/etcd.yaml', { 'data-dir': '/var/lib/etcd', 'listen-peer-urls': 'https://192.0.2.2:2380' }],
  kubelet: [
    '/var/lib/kubelet/config.yaml',
    { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' },
  ],
  'kube-proxy': [
    '/var/lib/kube-proxy/config.conf',
    { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' },
  ],
} as const;

/** Settings that no check asks for and that change what some of them mean. */
const others: Readonly<Record<string, readonly string[]>> = {
  'kube-apiserver': [
    '--audit-webhook-config-file=/etc/kubernetes/audit.conf',
    '--etcd-servers=http://192.0.2.2:2379',
    '--etcd-servers=unix:///run/etcd.sock',
    '--service-account-signing-endpoint=/run/signer.sock',
  ],
  'kube-controller-manager': ['--secure-port=0'],
  'kube-scheduler': ['--secure-port=0'],
  etcd: ['--listen-peer-urls=http://127.0.0.1:2380'],
  kubelet: ['--enable-server=false'],
};

type Configured = keyof typeof configFiles;

/** A node whose components have any of the flags and fields that the checks ask for, in any spelling. */
export function generatedNode(): fc.Arbitrary<ExampleNode> {
  return fc
    .tuple(
      staticPod('kube-apiserver', ['--etcd-servers=https://127.0.0.1:2379']),
      staticPod('kube-controller-manager', ['--kubeconfig=/etc/kubernetes/controller-manager.conf']),
      staticPod('kube-scheduler', ['--kubeconfig=/etc/kubernetes/scheduler.conf']),
      staticPod('etcd', ['--data-dir=/var/lib/etcd', '--listen-peer-urls=https://192.0.2.2:2380']),
      unit('kubelet', ['--kubeconfig=/etc/kubernetes/kubelet.conf']),
      unit('kube-proxy', ['--hostname-override=node-1']),
      otherFiles(),
    )
    .map((parts) => new Map(parts.flat()));
}

type Files = readonly (readonly [string, ExampleFile])[];

function staticPod(component: string, fixed: readonly string[]): fc.Arbitrary<Files> {
  const minor = fc.constantFrom(32, 35, 36);
  const parts = fc.tuple(minor, words(component), environment(component), configuration(component), rights(0o600));
  const pod = parts.map(([version, flags, env, config, owned]): Files => {
    const tag = component === 'etcd' ? '3.5.16-0' : `v1.${version}.0`;
    const image = `registry.k8s.io/${component}:${tag}`;
    const mounts = ['/etc/kubernetes', '/var/lib/etcd'];
    const container = {
      name: component,
      image,
      command: [
        component,
        ...fixed.filter((word) => !flags.some((flag) => sameFlag(flag, word))),
        ...flags,
        ...config.words,
      ],
      env,
      volumeMounts: mounts.map((path, index) => ({ name: `v${index}`, mountPath: path })),
    };
    const volumes = mounts.map((path, index) => ({ name: `v${index}`, hostPath: { path } }));
    const spec = { containers: [container], volumes };
    const text = dump({ apiVersion: 'v1', kind: 'Pod', metadata: { name: component, namespace: 'kube-system' }, spec });
    return [[`/etc/kubernetes/manifests/${component}.yaml`, { text, ...owned }], ...config.files];
  });
  return mostly(pod);
}

/** A fixed flag gives way to the same flag with another value. */
function sameFlag(a: string, b: string): boolean {
  return a.split('=')[0] === b.split('=')[0];
}

function unit(component: string, fixed: readonly string[]): fc.Arbitrary<Files> {
  const parts = fc.tuple(words(component), configuration(component), rights(0o600));
  const started = parts.map(([flags, config, owned]): Files => {
    const drop = `/etc/systemd/system/${component}.service.d/10-kubeadm.conf`;
    const start = [`/usr/bin/${component}`, ...fixed, ...flags, ...config.words].join(' ');
    return [
      [`/etc/systemd/system/${component}.service`, plain('[Service]\nExecStart=/usr/bin/none\n')],
      [drop, { text: `[Service]\nExecStart=\nExecStart=${start}\n`, ...owned }],
      ...config.files,
    ];
  });
  return mostly(started);
}

function mostly(files: fc.Arbitrary<Files>): fc.Arbitrary<Files> {
  return fc.oneof({ weight: 9, arbitrary: files }, { weight: 1, arbitrary: fc.constant([]) });
}

/** Any of the flags of a component, each not at all, once or twice, in every spelling that it may have. */
function words(component: string): fc.Arbitrary<readonly string[]> {
  const flags = distinct(
    settingChecks.flatMap(({ evidence }) =>
      evidence.filter((each) => each.kind === 'flag' && each.process === component),
    ),
  ) as readonly Flag[];
  const given = flags.map((flag) => {
    const once = fc.tuple(value(flag), fc.nat(3)).map(([text, spelling]) => spelled(flag, text, spelling));
    return fc.array(once, { maxLength: 2, minLength: 0, size: '=' }).map((times) => times.flat());
  });
  const other = fc.constantFrom(...(others[component] ?? []), ...Array<string>(8).fill(''));
  return fc
    .tuple(
      ...given,
      other.map((word) => (word === '' ? [] : [word])),
    )
    .map((all) => all.flat());
}

function spelled({ flag, process, valueType }: Flag, text: string, spelling: number): readonly string[] {
  if (valueType === 'bool' && spelling === 1 && text === 'true') return [flag];
  if (valueType !== 'bool' && spelling === 1 && text !== '') return [flag, text];
  if (spelling === 2)
    return [process === 'etcd' ? `${flag.slice(1)}=${text}` : `--${flag.slice(2).replaceAll('-', '_')}=${text}`];
  return [`${flag}=${text}`];
}

/** What a flag may be given: what its checks ask for, and what they do not. */
function value({ flag, process, valueType }: Flag): fc.Arbitrary<string> {
  const asking = settingChecks.filter(({ evidence }) =>
    evidence.some((each) => each.kind === 'flag' && each.flag === flag && each.process === process),
  );
  const asked = asking.flatMap(({ condition }) => (condition.value === undefined ? [] : [condition.value]));
  if (valueType === 'bool') return fc.constantFrom('true', 'false', 'T', '0');
  if (valueType === 'int') {
    const limits = asked.map(Number);
    return fc.constantFrom(0, ...limits.flatMap((limit) => [limit - 1, limit, limit + 1])).map(String);
  }
  if (valueType === 'map')
    return fc.constantFrom(...asking.flatMap(({ condition: { key } }) => [`${key}=true`, `${key}=false`]));
  if (valueType === 'ip') return fc.constantFrom('127.0.0.1', '::1', '0.0.0.0', '192.0.2.2');
  if (valueType === 'ipport') return fc.constantFrom('127.0.0.1:10249', '[::1]:10249', '0.0.0.0:10249', '[::]:10249');
  if (valueType === 'enum') return fc.constantFrom('AlwaysAllow', 'Webhook');
  if (valueType === 'string') return fc.constantFrom('/var/log/audit.log', '-');
  if (valueType.startsWith('stringSlice')) {
    const others = flag === '--authorization-mode' ? ['Webhook'] : ['AlwaysPullImages'];
    return fc
      .uniqueArray(fc.constantFrom(...asked.map(String), ...others), { minLength: 1 })
      .map((all) => all.join(','));
  }
  return fc.constantFrom('/etc/kubernetes/pki/a.crt', '/etc/kubernetes/pki/b.crt');
}

function environment(component: string): fc.Arbitrary<readonly { name: string; value: string }[]> {
  const flags = settingChecks.flatMap(({ evidence }) => {
    const own = evidence.filter((each): each is Flag => each.kind === 'flag' && each.process === component);
    const variables = evidence.filter((each) => each.kind === 'env');
    return variables.flatMap(({ name }, index) => (own[index] === undefined ? [] : [{ name, flag: own[index] }]));
  });
  const each = flags.map(({ name, flag }) =>
    fc.option(value(flag)).map((text) => (text === null ? [] : [{ name, value: text }])),
  );
  return fc.oneof(
    fc.constant([]),
    fc.tuple(...each).map((all) => all.flat()),
  );
}

interface Configuration {
  readonly words: readonly string[];
  readonly files: Files;
}

const noConfiguration: Configuration = { words: [], files: [] };

/** No file, a file with any of the fields that checks ask for, or the name of a file that is not there. */
function configuration(component: string): fc.Arbitrary<Configuration> {
  if (!Object.hasOwn(configFiles, component)) return fc.constant(noConfiguration);
  const [path, base] = configFiles[component as Configured];
  const fields = distinct(settingChecks.flatMap((check) => (check.component === component ? configsOf(check) : [])));
  const [{ file: flag } = { file: '' }] = fields;
  const named = { words: [`${flag}=${path}`], files: [] };
  const each = fields.map((field) =>
    // An AuthorizationConfiguration without authorizers is no configuration: the server does not start.
    fc
      .option(value(field.pair), field.path === 'authorizers[*].type' ? { freq: Number.MAX_SAFE_INTEGER } : {})
      .map((text) => [field, text] as const),
  );
  const written = fc.tuple(fc.tuple(...each), rights(0o600)).map(([values, owned]): Configuration => {
    const document: Record<string, unknown> = structuredClone(base);
    for (const [field, text] of values) if (text !== null) put(document, field, text);
    return { ...named, files: [[path, { text: dump(document), ...owned }]] };
  });
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(noConfiguration) },
    { weight: 6, arbitrary: written },
    { weight: 1, arbitrary: fc.constant(named) },
  );
}

/** The configuration fields of a check, each with the flag that says the same. */
function configsOf({ evidence }: Check): readonly Config[] {
  const flags = evidence.filter((each): each is Flag => each.kind === 'flag');
  const fields = evidence.filter((each) => each.kind === 'config');
  return fields.flatMap((field, index) => (flags[index] === undefined ? [] : [{ ...field, pair: flags[index] }]));
}

function put(document: Record<string, unknown>, { path, pair }: Config, text: string): void {
  if (path === 'authorizers[*].type') {
    document['authorizers'] = text.split(',').map((type) => ({ type, name: type.toLowerCase() }));
    return;
  }
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let at = document;
  for (const step of steps) at = (at[step] ??= {}) as Record<string, unknown>;
  at[last] = pair.valueType === 'bool' ? ['true', 'T'].includes(text) : text;
}

/** With a credential, and with the name of a file that holds it. */
const users = [
  'client-key-data: REDACTED',
  'client-key-data: REDACTED',
  'token: REDACTED',
  'client-key: /var/lib/kubelet/pki/kubelet-client-current.pem',
];

/** Files that the checks of modes and owners ask for and that no component's configuration is. */
function otherFiles(): fc.Arbitrary<Files> {
  const kubeconfigs = ['admin', 'super-admin', 'scheduler', 'controller-manager', 'kubelet'].map((name) =>
    mostly(
      fc.tuple(rights(0o600), fc.constantFrom(...users)).map(
        ([owned, user]): Files => [
          [
            `/etc/kubernetes/${name}.conf`,
            {
              text: `kind: Config\nusers:\n- name: a\n  user:\n    ${user}\n`,
              ...(/key-data|token/.test(user) && { holds: 'kubeconfig-credential' }),
              ...owned,
            },
          ],
        ],
      ),
    ),
  );
  const key = rights(0o600).map(
    (owned): Files => [['/etc/kubernetes/pki/a.key', { text: '', holds: 'private-key', ...owned }]],
  );
  const pki = rights(0o755).map((owned): Files => [['/etc/kubernetes/pki', owned]]);
  const accounts: Files = ['/etc/passwd', '/etc/group'].map(
    (path) => [path, plain('root:x:0:\netcd:x:2000:\n')] as const,
  );
  const data = fc
    .tuple(rights(0o700), fc.boolean())
    .map(([owned, isEtcd]): Files => [['/var/lib/etcd', isEtcd ? { ...owned, uid: 2000, gid: 2000 } : owned]]);
  return fc.tuple(fc.constant(accounts), key, pki, data, ...kubeconfigs).map((all) => all.flat());
}

function rights(mode: number): fc.Arbitrary<Pick<ExampleFile, 'mode' | 'uid' | 'gid'>> {
  const right = { mode, uid: 0, gid: 0 };
  const any = fc.record({
    mode: fc.constantFrom(mode, 0o400, 0o604, 0o640, 0o644, 0o755),
    uid: fc.constantFrom(0, 0, 1000),
    gid: fc.constantFrom(0, 0, 1000),
  });
  return fc.oneof(fc.constant(right), any);
}

function plain(text: string): ExampleFile {
  return { text, mode: 0o600, uid: 0, gid: 0 };
}

function distinct<T extends Evidence>(all: readonly T[]): readonly T[] {
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}

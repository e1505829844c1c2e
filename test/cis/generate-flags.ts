import fc from 'fast-check';
import { automatedChecks, type Check, type Evidence, isAboutFiles } from './checks.ts';

export type Flag = Extract<Evidence, { kind: 'flag' }>;

export const settingChecks: readonly Check[] = automatedChecks.filter((check) => !isAboutFiles(check));

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

/** Any of the flags of a component, each not at all, once or twice, in every spelling that it may have. */
export function words(component: string): fc.Arbitrary<readonly string[]> {
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
export function value({ flag, process, valueType }: Flag): fc.Arbitrary<string> {
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

/** Variables that say the same as flags do, where the component reads any. */
export function environment(component: string): fc.Arbitrary<readonly { name: string; value: string }[]> {
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

export function distinct<T extends Evidence>(all: readonly T[]): readonly T[] {
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}

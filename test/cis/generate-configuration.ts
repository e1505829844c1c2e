import fc from 'fast-check';
import { dump } from 'js-yaml';
import type { Check, Evidence } from './checks.ts';
import { type Files, rights } from './generate-files.ts';
import { distinct, type Flag, settingChecks, value } from './generate-flags.ts';

type Config = Extract<Evidence, { kind: 'config' }> & { readonly pair: Flag };

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

type Configured = keyof typeof configFiles;

export interface Configuration {
  readonly words: readonly string[];
  readonly files: Files;
}

const dropInFolder = '/etc/kubernetes/kubelet.conf.d';
const noConfiguration: Configuration = { words: [], files: [] };

/** No file, a file with any of the fields that checks ask for, or the name of a file that is not there. */
export function configuration(component: string): fc.Arbitrary<Configuration> {
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
  const fileAt = (where: string): fc.Arbitrary<Files[number]> =>
    fc.tuple(fc.tuple(...each), rights(0o600)).map(([values, owned]) => {
      const document: Record<string, unknown> = structuredClone(base);
      for (const [field, text] of values) if (text !== null) put(document, field, text);
      return [where, { text: dump(document), ...owned }];
    });
  const written = fileAt(path).map((file): Configuration => ({ ...named, files: [file] }));
  const alone = fc.oneof(
    { weight: 3, arbitrary: fc.constant(noConfiguration) },
    { weight: 6, arbitrary: written },
    { weight: 1, arbitrary: fc.constant(named) },
  );
  if (component !== 'kubelet') return alone;
  // The kubelet alone has drop-ins, and merges only what ends in .conf.
  const dropIns = ['10-a.conf', '20-b.conf', '30-c.yaml'].map((name) => fileAt(`${dropInFolder}/${name}`));
  const more = fc
    .subarray(dropIns)
    .chain((some) => fc.tuple(...some))
    .map((files): Configuration => ({ words: [`--config-dir=${dropInFolder}`], files }));
  return fc.oneof(
    { weight: 2, arbitrary: alone },
    fc.tuple(alone, more).map(([file, some]) => ({
      words: [...file.words, ...some.words],
      files: [...file.files, ...some.files],
    })),
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

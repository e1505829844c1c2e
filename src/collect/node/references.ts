import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { parseYaml } from '../../yaml/parse.ts';
import { splitDocuments } from '../../yaml/split.ts';
import { type Holds, kubeletFolders } from './layout.ts';

/** A file or folder that configuration names. */
export interface Reference {
  /** Absolute, in the mount namespace of who names it. */
  readonly path: string;
  readonly holds: Holds;
  /** What is looked at in a folder; absent for a single file. */
  readonly entries?: string;
  /** Whether something grows there, so that the space left counts: `folder` is the folder that the file is in. */
  readonly space?: 'here' | 'folder';
}

/** Flags of all components whose value is a file or folder that is worth more than a look. */
export const flags: ReadonlyMap<string, Holds> = new Map<string, Holds>([
  ...holding('yaml', [
    'config',
    'config-file',
    'kubeconfig',
    'bootstrap-kubeconfig',
    'authentication-kubeconfig',
    'authorization-kubeconfig',
    'authentication-config',
    'authorization-config',
    'authentication-token-webhook-config-file',
    'authorization-webhook-config-file',
    'audit-policy-file',
    'audit-webhook-config-file',
    'admission-control-config-file',
    'encryption-provider-config',
    'experimental-encryption-provider-config',
    'egress-selector-config-file',
    'tracing-config-file',
    'image-credential-provider-config',
    'policy-config-file',
  ]),
  ...holding('pem', [
    'client-ca-file',
    'tls-cert-file',
    'tls-private-key-file',
    'tls-sni-cert-key',
    'etcd-cafile',
    'etcd-certfile',
    'etcd-keyfile',
    'kubelet-certificate-authority',
    'kubelet-client-certificate',
    'kubelet-client-key',
    'proxy-client-cert-file',
    'proxy-client-key-file',
    'requestheader-client-ca-file',
    'service-account-key-file',
    'service-account-signing-key-file',
    'service-account-private-key-file',
    'oidc-ca-file',
    'root-ca-file',
    'cluster-signing-cert-file',
    'cluster-signing-key-file',
    ...['kube-apiserver-client', 'kubelet-client', 'kubelet-serving', 'legacy-unknown'].flatMap((signer) => [
      `cluster-signing-${signer}-cert-file`,
      `cluster-signing-${signer}-key-file`,
    ]),
    'certificate-authority',
    'client-certificate',
    'client-key',
    'cert-file',
    'key-file',
    'trusted-ca-file',
    'client-cert-file',
    'client-key-file',
    'peer-cert-file',
    'peer-key-file',
    'peer-trusted-ca-file',
    'peer-client-cert-file',
    'peer-client-key-file',
  ]),
  ['token-auth-file', 'token'],
  ['basic-auth-file', 'password'],
  ['authorization-policy-file', 'policy'],
  ['cloud-config', 'password'],
]);

/** Fields of configuration files, under the flags' names where they have one. */
export const fields: ReadonlyMap<string, Holds> = new Map<string, Holds>([
  ...flags,
  ...holding('pem', [
    'clientCAFile',
    'tlsCertFile',
    'tlsPrivateKeyFile',
    'caBundle',
    'clientCert',
    'clientKey',
    'ca-file',
    'client-certificate',
  ]),
  ...holding('yaml', ['kubeconfig', 'kubeConfigFile', 'path']),
  ['tokenFile', 'token'],
  ['staticPodPath', 'manifest'],
]);

/** Folders by flag, with what is read in them. */
export const folders: ReadonlyMap<string, readonly Omit<Reference, 'path'>[]> = new Map([
  ['config-dir', [{ holds: 'yaml', entries: '/*.conf' }]],
  ['pod-manifest-path', [{ holds: 'manifest', entries: '/*' }]],
  ['staticPodPath', [{ holds: 'manifest', entries: '/*' }]],
  ['cert-dir', [{ holds: 'pem', entries: '/**' }]],
  [
    'data-dir',
    [
      { holds: 'none', entries: '/member' },
      { holds: 'none', entries: '/member/snap' },
      { holds: 'none', entries: '/member/wal' },
    ],
  ],
  ['root-dir', kubeletFolders.map((name) => ({ holds: 'none' as const, entries: `/${name}` }))],
  // What was rotated lies beside it: audit-2026-11-01T00-00-00.000.log.
  ['audit-log-path', [{ holds: 'none', entries: '-*' }]],
  ['cni-conf-dir', [{ holds: 'yaml', entries: '/*' }]],
  ['cni-bin-dir', [{ holds: 'none', entries: '/*' }]],
  ['image-credential-provider-bin-dir', [{ holds: 'none', entries: '/*' }]],
] satisfies [string, Omit<Reference, 'path'>[]][]);

function holding(holds: Holds, names: readonly string[]): [string, Holds][] {
  return names.map((name) => [name, holds]);
}

/** The files that arguments name. A path that no flag above stands before is only looked at. */
export function argumentReferences(args: readonly string[]): Reference[] {
  const found: Reference[] = [];
  for (const [index, arg] of args.entries()) {
    const [, rawName, joined] = /^--?([A-Za-z][\w.-]*)(?:=([\s\S]*))?$/.exec(arg) ?? [];
    if (rawName === undefined) continue;
    const name = rawName.replaceAll('_', '-');
    const value = joined ?? args[index + 1] ?? '';
    if (name === 'tls-sni-cert-key') {
      for (const path of (value.split(':')[0] ?? '').split(',')) found.push(...named(name, path));
    } else found.push(...named(name, value));
  }
  return found;
}

/** etcd reads `ETCD_CERT_FILE` for `--cert-file`. */
export function environmentReferences(env: Readonly<Record<string, string>>): Reference[] {
  const found: Reference[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('ETCD_')) found.push(...named(name.slice(5).replaceAll('_', '-').toLowerCase(), value));
  }
  return found;
}

/** Flags and fields that say where something grows. */
export const growing: ReadonlyMap<string, NonNullable<Reference['space']>> = new Map([
  ['data-dir', 'here'],
  ['root-dir', 'here'],
  ['data-root', 'here'],
  ['audit-log-path', 'folder'],
]);

/** Where the components' data grows when nothing says otherwise. */
export const growingFolders: readonly string[] = [
  '/var/lib/containerd',
  '/var/lib/containers',
  '/var/lib/docker',
  '/var/lib/etcd',
  '/var/lib/kubelet',
  '/var/lib/rancher',
  '/var/log/kubernetes',
];

function named(name: string, value: string): Reference[] {
  const path = value.replace(/^unix:(?:\/\/)?/, '');
  if (!path.startsWith('/') || path.includes('\0') || path.length > 4096) return [];
  const below = folders.get(name);
  const space = growing.get(name);
  if (below === undefined) return [{ path, holds: holdsOf(name, path), ...(space && { space }) }];
  return [
    { path, holds: 'none', ...(space && { space }) },
    ...below.map((entry): Reference => ({ ...entry, path: stemOf(name, path) })),
  ];
}

/** `--config` is containerd's flag too, and its file is TOML. */
function holdsOf(flag: string, path: string): Holds {
  const holds = flags.get(flag) ?? 'none';
  return holds === 'yaml' && path.endsWith('.toml') ? 'toml' : holds;
}

/** Of a file with others beside it, without its extension; a folder as it is. */
function stemOf(name: string, path: string): string {
  return name === 'audit-log-path' ? path.replace(/\.[^./]*$/, '') : path;
}

/** Where containerd and CRI-O keep images and containers: `root` of their configuration. */
export function runtimeReferences(toml: string): Reference[] {
  return [...toml.matchAll(/^[ \t]*root[ \t]*=[ \t]*["'](\/[^"'\n]*)["']/gm)].map(([, path = '/']) => ({
    path,
    holds: 'none',
    space: 'here',
  }));
}

const maxReferences = 2000;

/** The files that a YAML or JSON configuration file names; relative ones are relative to the file's own folder. */
export function fileReferences(text: string, file: string): Reference[] {
  const found: Reference[] = [];
  for (const document of splitDocuments(text)) {
    try {
      const { value } = parseYaml(text.slice(document.start, document.end), document.line, document.column);
      if (isObject(value) && mayName(value)) visit(value, { folder: folderOf(file), found });
    } catch {
      // Whoever reads the configuration says what is wrong with it.
    }
  }
  return found;
}

/** Pods name paths in their containers, which say nothing about the node; they are read in another way. */
function mayName(value: JsonObject): boolean {
  const kind = own(value, 'kind');
  return kind !== 'Pod' && kind !== 'Policy' && kind !== 'Secret' && kind !== 'ConfigMap';
}

interface Visit {
  readonly folder: string;
  readonly found: Reference[];
}

function visit(value: Json, { folder, found }: Visit): void {
  if (found.length >= maxReferences) return;
  if (isList(value)) {
    for (const item of value) visit(item, { folder, found });
    return;
  }
  if (!isObject(value)) return;
  for (const [key, field] of Object.entries(value)) {
    if (typeof field !== 'string') {
      visit(field, { folder, found });
      continue;
    }
    const holds = fields.get(key);
    const isNamed = holds !== undefined && field !== '' && !field.includes('\n') && !field.includes('://');
    const path = isNamed && !field.startsWith('/') ? `${folder}/${field}` : field.replace(/^unix:(?:\/\/)?/, '');
    if (!path.startsWith('/') || path.includes('\0') || path.includes('\n') || path.length > 4096) continue;
    for (const below of folders.get(key) ?? []) found.push({ ...below, path: stemOf(key, path) });
    const space = growing.get(key);
    const isFolder = folders.has(key) || holds === 'manifest';
    found.push({ path, holds: isFolder ? 'none' : (holds ?? 'none'), ...(space && { space }) });
  }
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

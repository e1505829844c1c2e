import { etcdSurroundings } from '../../facts/etcd-data.ts';
import type { Facts } from '../../facts/facts.ts';
import { defineFact } from '../../facts/facts.ts';
import type { EtcdDataEvidence, StoredAs } from '../../model/etcd-data.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import {
  type EncryptionConfig,
  type EncryptionProvider,
  encryptionOf,
  readEncryptionConfig,
} from '../../semantics/encryption-config/index.ts';
import { namedDocuments } from '../kube-apiserver/named-file.ts';
import { namedResource } from './stored-groups.ts';

/** How the API servers write and read a resource. */
export interface ResourcePlan {
  /** The first provider of each server; `identity` is no encryption. */
  readonly writers: readonly EncryptionProvider[];
  /** What each server can read with. */
  readonly readers: readonly { readonly node: string; readonly providers: readonly EncryptionProvider[] }[];
}

/** Of a resource as it is stored; undefined where no configuration is known, or none speaks of the resource. */
export type EncryptionPlan = (stored: string) => ResourcePlan | undefined;

interface ServerConfig {
  readonly node: string;
  readonly minor: number | undefined;
  readonly config: EncryptionConfig;
}

const flags = ['encryption-provider-config', 'experimental-encryption-provider-config'];
const identity: EncryptionProvider = { kind: 'identity', keys: [], path: [] };

/** What the API servers around some data of etcd are configured to do. A server whose file was not read is left out. */
export function encryptionPlan(data: EtcdDataEvidence, facts: Facts): EncryptionPlan {
  const configs = facts
    .get(etcdSurroundings)(data)
    .servers.flatMap((server) => facts.get(serverConfig)(server) ?? []);
  return (stored) => {
    const known = configs.flatMap(({ node, minor, config }) => {
      const named = namedResource(stored, minor);
      if (named === undefined) return [];
      const found = encryptionOf(config, named, { minor });
      return { node, writer: found?.writer ?? identity, providers: found?.readers ?? [identity] };
    });
    if (known.length === 0) return undefined;
    return { writers: known.map(({ writer }) => writer), readers: known };
  };
}

const serverConfig = defineFact('encryption-of-server', (facts) => {
  const known = new WeakMap<NodeComponent, { readonly read: ServerConfig | undefined }>();
  return (server: NodeComponent): ServerConfig | undefined => {
    let entry = known.get(server);
    if (entry === undefined) {
      entry = { read: readServer(server, facts) };
      known.set(server, entry);
    }
    return entry.read;
  };
});

function readServer(server: NodeComponent, facts: Facts): ServerConfig | undefined {
  const { node, config } = server;
  const { minor } = config;
  for (const flag of flags) {
    if (config.get(flag)?.value === null) return undefined;
    const document = facts.get(namedDocuments)(server, flag);
    if (document.kind === 'unusable') return undefined;
    if (document.kind === 'document')
      return { node, minor, config: readEncryptionConfig(document.value, { minor }).config };
  }
  return { node, minor, config: { rules: [] } };
}

/** Whether a provider can read a value that is stored so. */
export function canRead(provider: EncryptionProvider, as: StoredAs): boolean {
  return matches(provider, as, provider.keys);
}

/** Whether a provider writes values so: with the first of its keys. Which key of a KMS it takes is for the KMS to say. */
export function writesSo(provider: EncryptionProvider, as: StoredAs): boolean {
  return matches(provider, as, provider.keys.slice(0, 1));
}

function matches({ kind, kms }: EncryptionProvider, as: StoredAs, keys: readonly string[]): boolean {
  if (as.form !== 'encrypted') return as.form === 'plaintext' && kind === 'identity';
  if (kind !== as.provider) return false;
  if (kms !== undefined) return kms.name === as.key && kms.apiVersion === as.version;
  // A colon ends the name in what is stored.
  return keys.some((key) => key.split(':')[0] === as.key);
}

/** `aescbc (key1)`, `KMS v2 (vault)`. */
export function providerText({ kind, keys, kms }: EncryptionProvider): string {
  if (kms !== undefined) return `KMS ${kms.apiVersion} (${kms.name})`;
  return keys[0] === undefined ? kind : `${kind} (${keys[0]})`;
}

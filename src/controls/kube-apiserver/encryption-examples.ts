import { file } from '../node-examples.ts';
import { apiServer, apiServerOf } from './server-control.ts';

/** Examples of encryption at rest. */

export const aescbc = 'aescbc: {keys: [{name: key1, secret: x}]}';

/** A provider of KMS v2; `more` are further fields, which come first. */
export function kms(more = 'apiVersion: v2, '): string {
  const version = more.includes('apiVersion') ? '' : 'apiVersion: v2, ';
  return `kms: {${version}${more}name: vault, endpoint: "unix:///run/kms.sock"}`;
}

export function entry(resource: string, ...providers: readonly string[]): string {
  return `- resources: [${resource}]\n  providers:\n${providers.map((provider) => `  - ${provider}\n`).join('')}`;
}

const flag = '--encryption-provider-config=/etc/kubernetes/enc.yaml';

export function withEncryption(...entries: readonly string[]): string {
  return apiServer(flag) + config(entries);
}

/** The same for a version, such as `1.28`. */
export function withEncryptionOf(version: string, ...entries: readonly string[]): string {
  return apiServerOf(version, flag) + config(entries);
}

function config(entries: readonly string[]): string {
  return file(
    '/etc/kubernetes/enc.yaml',
    `apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n${entries.join('')}`,
  );
}

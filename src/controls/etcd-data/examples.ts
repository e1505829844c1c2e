import { file, staticPod } from '../node-examples.ts';

/*
 * Examples of what is stored in etcd: a line `# etcd data`, then the evidence as YAML, with how many values of each
 * resource are stored in which way: `plaintext protobuf`, `unknown`, or provider, version and key, and for KMS v2 the
 * id of the key. What is not said is as in a snapshot that is in order. Files of the node whose database it is may follow.
 */

/** `more` are further lines of the evidence. */
export function etcdData(stored: Readonly<Record<string, readonly string[]>>, ...more: readonly string[]): string {
  const lines = Object.entries(stored).flatMap(([resource, ways]) => [
    `  ${resource}:\n`,
    ...ways.map((way) => `  - ${way}\n`),
  ]);
  return `# etcd data\n${more.map((line) => `${line}\n`).join('')}resources:\n${lines.join('')}`;
}

export const plain = 'plaintext protobuf';
export const aescbc = 'aescbc v1 key1';
export const secretbox = 'secretbox v1 key1';

/** Values in etcd that are all encrypted, in a snapshot of which these lines are said. */
export function snapshot(...lines: readonly string[]): string {
  return etcdData({ secrets: [`${secretbox}, live 12`] }, ...lines);
}

/** A node whose API server encrypts secrets with these providers, in YAML. */
export function encrypting(resource: string, ...providers: readonly string[]): string {
  const list = providers.map((provider) => `  - ${provider}\n`).join('');
  return `${staticPod('kube-apiserver', ['--encryption-provider-config=/etc/kubernetes/enc.yaml'])}${file(
    '/etc/kubernetes/enc.yaml',
    `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [${resource}]
  providers:
${list}`,
  )}`;
}

/** A provider with keys of these names. */
export function keys(provider: string, ...names: readonly string[]): string {
  return `${provider}: {keys: [${names.map((name) => `{name: ${name}, secret: x}`).join(', ')}]}`;
}

export const identity = 'identity: {}';

/** A node with an etcd of these arguments. */
export function member(...args: readonly string[]): string {
  return staticPod('etcd', args);
}

import type { Component } from '../../model/component.ts';
import { isList, isObject, type Json } from '../../model/json.ts';
import type { NodeEvidence } from '../../model/node.ts';
import type { ComponentArgument } from '../../model/node-component.ts';
import { parseYaml } from '../../yaml/parse.ts';
import type { FileTree } from './file-tree.ts';

/** A component that k3s runs inside of its own process, with the arguments that it gives it. */
export interface EmbeddedComponent {
  readonly component: Component;
  readonly args: readonly ComponentArgument[];
  readonly pid?: number;
  /** The configuration file that a person changes. */
  readonly file: string;
}

const configFile = '/etc/rancher/k3s/config.yaml';
const data = '/var/lib/rancher/k3s';
const tls = `${data}/server/tls`;
const agent = `${data}/agent`;

/**
 * What k3s starts on a node, from its process or, where none was seen, its files: the arguments that it sets itself, and
 * those of `--kube-apiserver-arg` and its like, which win. Sources: pkg/daemons/control/server.go and
 * pkg/daemons/agent of k3s-io/k3s; the k3s server and agent configuration reference.
 */
export function k3sComponents(node: NodeEvidence, tree: FileTree): readonly EmbeddedComponent[] {
  const running = node.processes.find(({ exe, argv }) => isK3s(exe) && (argv[1] === 'server' || argv[1] === 'agent'));
  const hasServer = tree.list(`${data}/server`).length > 0;
  if (running === undefined && !tree.has(configFile) && !hasServer && tree.list(agent).length === 0) return [];
  const role = running?.argv[1] ?? (hasServer ? 'server' : 'agent');
  const where = `process ${running?.pid ?? 0} (k3s)`;
  const options = [...fileOptions(tree), ...commandOptions(running?.argv.slice(2) ?? [], where)];
  const optionOf = (flag: string) => options.findLast(({ name }) => name === flag)?.value;
  const isSet = (flag: string) => optionOf(flag) === 'true';
  const found: EmbeddedComponent[] = [];
  const add = (
    component: Component,
    own: Readonly<Record<string, string>>,
    optionName: string = `${component}-arg`,
  ) => {
    const extra = options.filter(({ name }) => name === optionName);
    const named = new Set(extra.map(({ value }) => value.split('=')[0]));
    const args = Object.entries(own)
      .filter(([flag]) => !named.has(flag))
      .map(([flag, value]): ComponentArgument => ({ text: `--${flag}=${value}`, where: 'k3s itself' }));
    for (const { value, at } of extra) args.push({ text: `--${value}`, ...at });
    found.push({ component, args, file: configFile, ...(running !== undefined && { pid: running.pid }) });
  };
  if (role === 'server') {
    const isEncrypting = isSet('secrets-encryption');
    const hasEtcd = tree.has(`${data}/server/db/etcd/config`);
    const datastore = hasEtcd ? embeddedEtcd : datastoreArgs(optionOf);
    const domain = optionOf('cluster-domain') ?? 'cluster.local';
    if (!isSet('disable-apiserver')) add('kube-apiserver', apiServerArgs({ isEncrypting, domain, datastore }));
    if (!isSet('disable-controller-manager')) add('kube-controller-manager', controllerManagerArgs);
    if (!isSet('disable-scheduler')) add('kube-scheduler', schedulerArgs);
    if (hasEtcd && !isSet('disable-etcd')) add('etcd', { 'config-file': `${data}/server/db/etcd/config` });
  }
  if (isSet('disable-agent')) return found;
  add('kubelet', {
    ...(tree.list(`${agent}/etc/kubelet.conf.d`).length > 0 ? kubeletWithDropIns : kubeletArgs),
    ...(isSet('protect-kernel-defaults') && { 'protect-kernel-defaults': 'true' }),
  });
  if (!isSet('disable-kube-proxy')) add('kube-proxy', proxyArgs);
  return found;
}

function isK3s(exe: string): boolean {
  const name = exe
    .replace(/ \(deleted\)$/, '')
    .split('/')
    .at(-1);
  return name === 'k3s' || name === 'k3s-server' || name === 'k3s-agent';
}

interface Option {
  readonly name: string;
  readonly value: string;
  readonly at: { readonly where: string; readonly line?: number };
}

/** The configuration file and its drop-ins, in the order in which they are read; a later value of a scalar wins. */
function fileOptions(tree: FileTree): Option[] {
  const dropIns = tree.list(`${configFile}.d`).filter((name) => /\.ya?ml$/.test(name));
  const options: Option[] = [];
  for (const file of [configFile, ...dropIns.map((name) => `${configFile}.d/${name}`)]) {
    const text = tree.read(file);
    if (text === undefined) continue;
    let parsed: ReturnType<typeof parseYaml>;
    try {
      parsed = parseYaml(text, 1);
    } catch {
      continue;
    }
    if (!isObject(parsed.value)) continue;
    for (const [key, value] of Object.entries(parsed.value)) {
      const name = key.replace(/\+$/, '');
      for (const [index, item] of (isList(value) ? value : [value]).entries()) {
        const line = parsed.positions.locate(isList(value) ? [key, index] : [key])?.line;
        const word = textOf(item);
        if (word !== undefined)
          options.push({ name, value: word, at: { where: file, ...(line !== undefined && { line }) } });
      }
    }
  }
  return options;
}

function textOf(value: Json): string | undefined {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
    ? String(value)
    : undefined;
}

function commandOptions(words: readonly string[], where: string): Option[] {
  const options: Option[] = [];
  for (const [index, word] of words.entries()) {
    const [, name, equals, value] = /^--?([^=]+)(=?)([\s\S]*)$/.exec(word) ?? [];
    if (name === undefined) continue;
    const next = words[index + 1];
    const isAlone = equals === '' && (next === undefined || next.startsWith('-'));
    options.push({ name, value: equals === '=' ? (value ?? '') : isAlone ? 'true' : (next ?? ''), at: { where } });
  }
  return options;
}

interface ApiServerOptions {
  readonly isEncrypting: boolean;
  readonly domain: string;
  readonly datastore: Readonly<Record<string, string>>;
}

function apiServerArgs({ isEncrypting, domain, datastore }: ApiServerOptions): Readonly<Record<string, string>> {
  return {
    'allow-privileged': 'true',
    'anonymous-auth': 'false',
    'authorization-mode': 'Node,RBAC',
    'client-ca-file': `${tls}/client-ca.crt`,
    'enable-admission-plugins': 'NodeRestriction',
    'kubelet-certificate-authority': `${tls}/server-ca.crt`,
    'kubelet-client-certificate': `${tls}/client-kube-apiserver.crt`,
    'kubelet-client-key': `${tls}/client-kube-apiserver.key`,
    profiling: 'false',
    'proxy-client-cert-file': `${tls}/client-auth-proxy.crt`,
    'proxy-client-key-file': `${tls}/client-auth-proxy.key`,
    'requestheader-allowed-names': 'system:auth-proxy',
    'requestheader-client-ca-file': `${tls}/request-header-ca.crt`,
    'service-account-issuer': `https://kubernetes.default.svc.${domain}`,
    'service-account-key-file': `${tls}/service.key`,
    'service-account-signing-key-file': `${tls}/service.key`,
    'tls-cert-file': `${tls}/serving-kube-apiserver.crt`,
    'tls-private-key-file': `${tls}/serving-kube-apiserver.key`,
    ...(isEncrypting && { 'encryption-provider-config': `${data}/server/cred/encryption-config.json` }),
    ...datastore,
  };
}

const embeddedEtcd = {
  'etcd-servers': 'https://127.0.0.1:2379',
  'etcd-cafile': `${tls}/etcd/server-ca.crt`,
  'etcd-certfile': `${tls}/etcd/client.crt`,
  'etcd-keyfile': `${tls}/etcd/client.key`,
};

/** An etcd that the configuration names; else kine, which stands before SQLite or another database at a socket. */
function datastoreArgs(optionOf: (name: string) => string | undefined): Readonly<Record<string, string>> {
  const endpoint = optionOf('datastore-endpoint') ?? '';
  if (!/^https?:\/\//.test(endpoint)) return { 'etcd-servers': `unix://${data}/server/kine.sock` };
  const named: Record<string, string> = { 'etcd-servers': endpoint };
  for (const file of ['cafile', 'certfile', 'keyfile']) {
    const path = optionOf(`datastore-${file}`);
    if (path !== undefined) named[`etcd-${file}`] = path;
  }
  return named;
}

const controllerManagerArgs = {
  'bind-address': '127.0.0.1',
  profiling: 'false',
  'root-ca-file': `${tls}/server-ca.crt`,
  'service-account-private-key-file': `${tls}/service.key`,
  'use-service-account-credentials': 'true',
};

const schedulerArgs = { 'bind-address': '127.0.0.1', profiling: 'false' };

const kubeletWithDropIns = {
  'config-dir': `${agent}/etc/kubelet.conf.d`,
  kubeconfig: `${agent}/kubelet.kubeconfig`,
  'read-only-port': '0',
};

/** Before the settings moved to a drop-in. */
const kubeletArgs = {
  'anonymous-auth': 'false',
  'authentication-token-webhook': 'true',
  'authorization-mode': 'Webhook',
  'client-ca-file': `${agent}/client-ca.crt`,
  kubeconfig: `${agent}/kubelet.kubeconfig`,
  'read-only-port': '0',
  'tls-cert-file': `${agent}/serving-kubelet.crt`,
  'tls-private-key-file': `${agent}/serving-kubelet.key`,
};

const proxyArgs = {
  'healthz-bind-address': '127.0.0.1',
  kubeconfig: `${agent}/kubeproxy.kubeconfig`,
  'proxy-mode': 'iptables',
};

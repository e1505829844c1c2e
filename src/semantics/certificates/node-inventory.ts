import type { CertificatePlace, FoundCertificate } from '../../model/certificate.ts';
import type { Kubeconfig, KubeconfigCluster, KubeconfigUser, Reference } from '../../model/kubeconfig.ts';
import type { FileEvidence, NodeEvidence } from '../../model/node.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import type { Region } from '../../model/snapshot.ts';
import { mastersGroup } from '../kubeconfig/identity.ts';
import { FileTree } from '../node/file-tree.ts';
import { nodeApiVersion, sourceOf } from '../node/node-components.ts';
import { type Entry, Inventory } from './inventory.ts';
import { type PemBlock, pemBlocks } from './pem-blocks.ts';
import { certificateSettings, secondPurpose } from './settings.ts';
import { findSharedKeys } from './shared-keys.ts';
import { judgeMembers, judgeNames, judgeTrust } from './trust.ts';
import { ChainVerifier } from './verify.ts';

/** What a node shows, understood. */
export interface NodeParts {
  readonly node: NodeEvidence;
  readonly components: readonly NodeComponent[];
  readonly kubeconfigs: readonly Kubeconfig[];
}

/** A context of a kubeconfig with the certificates of its two sides. */
export interface NodeClient {
  readonly kubeconfig: Kubeconfig;
  readonly cluster: KubeconfigCluster | undefined;
  readonly user: KubeconfigUser | undefined;
  readonly certificate: readonly Entry[];
  readonly authority: readonly Entry[];
}

/** Every certificate of a node: in files, in kubeconfigs, and as components name them. One that is in several places is one. */
export function nodeCertificates(parts: NodeParts, verifier: ChainVerifier): readonly FoundCertificate[] {
  const reading = new NodeReading(parts, verifier);
  reading.settings();
  const clients = parts.kubeconfigs.flatMap((kubeconfig) => reading.kubeconfig(kubeconfig));
  reading.files();
  findSharedKeys(reading.inventory.found());
  judgeTrust(reading, clients);
  judgeNames(reading, clients);
  judgeMembers(reading, mastersGroup);
  return reading.inventory.found();
}

/** The certificates of kubeconfigs that are no node's. */
export function kubeconfigCertificates(kubeconfigs: readonly Kubeconfig[]): readonly FoundCertificate[] {
  const files = kubeconfigs[0]?.own?.evidence.files ?? [];
  const reading = new NodeReading({ node: { ...nowhere, files }, components: [], kubeconfigs }, new ChainVerifier());
  for (const kubeconfig of kubeconfigs) reading.kubeconfig(kubeconfig);
  return reading.inventory.found();
}

const nowhere: NodeEvidence = { name: '', from: 'host', at: '/', processes: [], files: [], users: [], groups: [] };

export class NodeReading {
  readonly inventory = new Inventory();
  readonly components: readonly NodeComponent[];
  readonly verifier: ChainVerifier;
  private readonly node: NodeEvidence;
  private readonly tree: FileTree;
  /** Names that stay while what they lead to is replaced: `kubelet-client-current.pem`. */
  private readonly current = new Map<string, string>();
  /** Entries of a setting, by component and setting. */
  private readonly named = new Map<string, readonly Entry[]>();
  private readonly read = new Map<string, readonly Entry[]>();

  constructor({ node, components }: NodeParts, verifier: ChainVerifier) {
    this.verifier = verifier;
    this.node = node;
    this.components = components;
    const host = node.files.filter((file) => file.process === undefined);
    this.tree = new FileTree(host);
    for (const { path, type } of host) {
      if (type !== 'symlink' || !path.endsWith('-current.pem')) continue;
      const file = this.tree.find(path);
      if (file !== undefined) this.current.set(file.path, path);
    }
  }

  /** The one that runs here; undefined where several do: they may be of two clusters, which nothing here tells apart. */
  component(name: NodeComponent['component']): NodeComponent | undefined {
    const [only, ...others] = this.components.filter(({ component }) => component === name);
    return others.length === 0 ? only : undefined;
  }

  /** The certificates that a component's setting names; undefined where that cannot be told. */
  of(component: NodeComponent['component'], setting: string): readonly Entry[] | undefined {
    return this.component(component) === undefined ? undefined : this.ofEvery(component, setting);
  }

  /** Those that the setting names of any that runs here. */
  ofEvery(component: NodeComponent['component'], setting: string): readonly Entry[] | undefined {
    return this.named.get(`${component} ${setting}`);
  }

  settings(): void {
    for (const { component, name, purpose, trust } of certificateSettings) {
      for (const running of this.components) {
        if (running.component !== component) continue;
        const value = running.config.get(name)?.value;
        if (typeof value !== 'string' || value === '') continue;
        const entries = this.textAt(running.onNode(value) ?? value, running.readFile(value));
        if (entries === undefined || entries.length === 0) continue;
        const flag = name.includes('.') || /[A-Z]/.test(name) ? name : `--${name}`;
        const by = `${component} ${flag}`;
        for (const [index, entry] of entries.entries()) {
          // What follows a leaf in its own file is sent along with it.
          const isSent = purpose !== 'authority' && index > 0;
          entry.use(isSent ? { purpose: 'authority', by: `${by} (chain)` } : { purpose, by, ...(trust && { trust }) });
          const second = secondPurpose.get(by);
          if (!isSent && second !== undefined) entry.use({ purpose: second, by: `${by} as client` });
        }
        const key = `${component} ${name}`;
        this.named.set(key, [...(this.named.get(key) ?? []), ...entries]);
      }
    }
    this.kubeletServing();
  }

  /** The kubelet makes itself a serving certificate, or rotates one, where no setting names it. */
  private kubeletServing(): void {
    const kubelet = this.component('kubelet');
    if (kubelet === undefined || this.named.has('kubelet tlsCertFile')) return;
    if (kubelet.config.get('tlsCertFile')?.value) return;
    const folder = kubelet.config.get('cert-dir')?.value;
    const at = typeof folder === 'string' && folder !== '' ? folder : '/var/lib/kubelet/pki';
    for (const name of ['kubelet-server-current.pem', 'kubelet.crt']) {
      const entries = this.fileAt(`${at}/${name}`);
      if (entries === undefined || entries.length === 0) continue;
      entries[0]?.use({ purpose: 'serving', by: 'kubelet' });
      this.named.set('kubelet tlsCertFile', entries);
      return;
    }
  }

  kubeconfig(kubeconfig: Kubeconfig): readonly NodeClient[] {
    const clusters = new Map<string, { readonly cluster: KubeconfigCluster; readonly entries: readonly Entry[] }>();
    const users = new Map<string, { readonly user: KubeconfigUser; readonly entries: readonly Entry[] }>();
    for (const cluster of kubeconfig.clusters) {
      const by = `cluster ${cluster.name} of ${kubeconfig.path}`;
      const entries = this.reference(kubeconfig, cluster.authority, by);
      for (const entry of entries) entry.use({ purpose: 'authority', by });
      clusters.set(cluster.name, { cluster, entries });
    }
    for (const user of kubeconfig.users) {
      const by = `user ${user.name} of ${kubeconfig.path}`;
      const entries = this.reference(kubeconfig, user.certificate, by);
      entries[0]?.use({ purpose: 'client', by });
      users.set(user.name, { user, entries });
    }
    return kubeconfig.contexts.map((context) => {
      const { cluster, entries: authority = [] } = clusters.get(context.cluster) ?? {};
      const { user, entries: certificate = [] } = users.get(context.user) ?? {};
      return { kubeconfig, cluster, user, certificate, authority };
    });
  }

  /** All other files that hold certificates. */
  files(): void {
    for (const file of this.node.files) {
      const { type, text, path } = file;
      if (type !== 'file' || text === undefined || !text.includes('-----BEGIN ') || !isPemFile(file)) continue;
      this.textAt(path, text);
    }
  }

  private reference(kubeconfig: Kubeconfig, reference: Reference | undefined, of: string): readonly Entry[] {
    if (reference === undefined) return [];
    if (reference.data === undefined) return this.fileAt(kubeconfig.resolve(reference.path ?? '').path) ?? [];
    const blocks = pemBlocks(reference.data);
    return this.inventory.add(blocks, (_, index) => ({
      object: kubeconfig.object,
      path: reference.at,
      text: `${of}${numbered(blocks, index)}`,
    }));
  }

  private fileAt(path: string): readonly Entry[] | undefined {
    const file = this.tree.find(path);
    return file === undefined ? undefined : this.textAt(file.path, file.text);
  }

  private textAt(path: string, text: string | undefined): readonly Entry[] | undefined {
    if (text === undefined) return undefined;
    const real = this.tree.find(path)?.path ?? path;
    const before = this.read.get(real);
    if (before !== undefined) return before;
    const named = this.current.get(real) ?? real;
    const blocks = pemBlocks(text);
    const entries = this.inventory.add(blocks, (block, index) => this.place(named, block, numbered(blocks, index)));
    this.read.set(real, entries);
    return entries;
  }

  private place(path: string, { line }: PemBlock, number: string): CertificatePlace {
    const region: Region = { line, column: 1, endLine: line, endColumn: 1 };
    return {
      object: {
        apiVersion: nodeApiVersion,
        kind: 'Certificate',
        name: `${this.node.name === '' ? '' : `${this.node.name}:`}${path}${number}`,
        namespace: undefined,
        value: {},
        source: sourceOf(this.node, path, region),
      },
      path: [],
      text: `${path}${number}`,
    };
  }
}

/** Tells the certificates of one file apart; empty where there is one. */
function numbered(blocks: readonly PemBlock[], index: number): string {
  return blocks.length > 1 ? ` (${index + 1} of ${blocks.length})` : '';
}

/** Manifests and kubeconfigs may hold PEM too, but not as a file that starts with it or has nothing but it. */
function isPemFile({ text = '' }: FileEvidence): boolean {
  return (
    /^(?:-----BEGIN |\s*-----BEGIN )/.test(text) || !/^\s*["']?(?:apiVersion|kind|clusters|users)["']?\s*:/m.test(text)
  );
}

import { isList } from '../../model/json.ts';
import type { NodeEvidence } from '../../model/node.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { readToml, tomlAt } from './toml.ts';

/** Folders without a slash at the end. */
export interface CniFolders {
  readonly configuration: readonly string[];
  readonly programs: readonly string[];
}

/** containerd's CRI plugin by version of its configuration: 1, 2, 3. */
const criTables: readonly (readonly string[])[] = [
  ['plugins', 'cri', 'cni'],
  ['plugins', 'io.containerd.grpc.v1.cri', 'cni'],
  ['plugins', 'io.containerd.cri.v1.runtime', 'cni'],
];

/**
 * Where the container runtime finds network plugins and their configuration: what containerd and CRI-O are configured
 * with, the kubelet's flags of before v1.24, the usual folders, and those of k3s and RKE2.
 */
export function cniFolders(node: NodeEvidence, components: readonly NodeComponent[]): CniFolders {
  const configuration = new Set(['/etc/cni/net.d']);
  const programs = new Set(['/opt/cni/bin']);
  const add = (folders: Set<string>, value: unknown): void => {
    for (const folder of Array.isArray(value) ? value : [value]) {
      if (typeof folder === 'string' && /^\/./.test(folder)) folders.add(folder.replace(/\/+$/, ''));
    }
  };
  for (const { path, text, process } of node.files) {
    if (process !== undefined || text === undefined) continue;
    if (/^\/var\/lib\/rancher\/(?:k3s|rke2)\/agent\/etc\/cni\/net\.d\//.test(path)) {
      add(configuration, path.slice(0, path.lastIndexOf('/')));
    }
    if (!/\/(?:containerd|crio)\/.*(?:\.toml|\.conf|\.conf\.d\/[^/]+)$/.test(path)) continue;
    const config = readToml(text);
    for (const table of criTables) {
      add(configuration, tomlAt(config, [...table, 'conf_dir']));
      add(programs, tomlAt(config, [...table, 'bin_dir']));
      add(programs, tomlAt(config, [...table, 'bin_dirs']));
    }
    add(configuration, tomlAt(config, ['crio', 'network', 'network_dir']));
    const pluginDirs = tomlAt(config, ['crio', 'network', 'plugin_dirs']);
    if (pluginDirs !== undefined && isList(pluginDirs)) add(programs, pluginDirs);
  }
  for (const { config } of components.filter(({ component }) => component === 'kubelet')) {
    add(configuration, config.get('cni-conf-dir')?.value);
    add(programs, config.get('cni-bin-dir')?.value);
  }
  return { configuration: [...configuration], programs: [...programs] };
}

import type { ResolvedComponent, Setting } from '../../model/component.ts';
import { completeApiServer } from './api-server.ts';
import { resolveEtcd } from './etcd.ts';
import { featureGateProblems } from './feature-gates.ts';
import type { ComponentInput, VersionedInput } from './input.ts';
import { completeKubeProxy, resolveFlagsOrFile } from './kube-proxy.ts';
import { resolveKubelet } from './kubelet.ts';
import { Layers } from './layers.ts';
import { settingName, settingTable } from './table.ts';
import { acrossVersions } from './versions.ts';

/**
 * The configuration of a component that is in force, each setting with its origin, and everything in its flags and
 * files that does not do what it seems to. Never throws for what it is given: flags, files and variables that cannot be
 * understood are problems, and the rest is resolved. Where the version is not known, a setting has a value only if every
 * version that may be gives it that one. Sources: cmd/*\/app and the component configuration APIs of
 * kubernetes/kubernetes, server/etcdmain of etcd-io/etcd.
 */
export function resolveComponent(input: ComponentInput): ResolvedComponent {
  const { minor } = input;
  return minor === undefined ? acrossVersions(input, resolveInVersion) : resolveInVersion({ ...input, minor });
}

function resolveInVersion(input: VersionedInput): ResolvedComponent {
  const table = settingTable(input.component);
  const layers = new Layers(input, table);
  const settings = settingsOf(layers);
  if (input.component === 'kube-apiserver') completeApiServer(layers, settings);
  if (input.component === 'kube-proxy') completeKubeProxy(layers, settings);
  if (input.component !== 'etcd') layers.problems.push(...featureGateProblems(layers, settings));
  const sorted = [...settings.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return {
    component: input.component,
    minor: input.minor,
    ...(input.minorOf !== undefined && { minorOf: input.minorOf }),
    get: (name) => {
      const row = table.byName(name);
      return settings.get(row === undefined ? name : settingName(row));
    },
    settings: () => sorted,
    problems: layers.problems,
  };
}

function settingsOf(layers: Layers): Map<string, Setting> {
  switch (layers.input.component) {
    case 'kubelet':
      return resolveKubelet(layers);
    case 'etcd':
      return resolveEtcd(layers);
    case 'kube-proxy':
    case 'kube-scheduler':
      return resolveFlagsOrFile(layers);
    default:
      return resolveFlags(layers);
  }
}

/** The components that have no configuration file: a flag, else the default. */
function resolveFlags(layers: Layers): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const row of layers.table.rows) {
    if (!layers.has(row)) continue;
    settings.set(settingName(row), layers.fromFlags(row) ?? layers.byDefault(row, 'flags'));
  }
  return settings;
}

import { isObject, type JsonObject, own } from '../model/json.ts';
import type { NodeComponent } from '../model/node-component.ts';
import { valueAt } from '../model/path.ts';
import { groupKind } from '../model/workload.ts';
import { componentOfConfigz, componentsOfObject } from '../semantics/node/api-components.ts';
import { toldVersions } from './cluster-version.ts';
import { defineFact } from './facts.ts';
import { readNode } from './nodes.ts';
import { rootOwner } from './owners.ts';

/**
 * The components that the API alone shows: mirror pods of the control plane, kube-proxy with the ConfigMap that
 * configures it, kubelets by their configz. Those of nodes whose own evidence was read are left out: that says more.
 */
export const apiComponents = defineFact('api-components', (facts): readonly NodeComponent[] => {
  const { objects, nodes = [] } = facts.snapshot;
  const read = new Set<string>();
  for (const node of nodes) {
    for (const { component } of facts.get(readNode)(node).components) read.add(`${node.name}\n${component}`);
  }
  const { ofCluster: told, ofNode } = facts.get(toldVersions);
  const configMaps = new Map<string, JsonObject>();
  for (const object of objects) {
    if (groupKind(object) !== '/ConfigMap') continue;
    const data = own(object.value, 'data');
    if (isObject(data)) configMaps.set(`${object.namespace ?? ''}\n${object.name}`, data);
  }
  const configMap = (namespace: string | undefined, name: string) => configMaps.get(`${namespace ?? ''}\n${name}`);
  const rootOf = facts.get(rootOwner);
  const found: NodeComponent[] = [];
  for (const object of objects) {
    const kind = groupKind(object);
    if (kind === '/Node') {
      const configuration = valueAt(object.value, ['status', 'kubeletconfig']);
      if (configuration === undefined || read.has(`${object.name}\nkubelet`)) continue;
      found.push(componentOfConfigz(object.name, configuration, { object, told: ofNode(object.name) }));
      continue;
    }
    // A pod of a DaemonSet that is here too is the DaemonSet's matter; a mirror pod's owner is its node.
    if (!runners.has(kind) || (kind === '/Pod' && runners.has(groupKind(rootOf(object))) && rootOf(object) !== object))
      continue;
    for (const component of componentsOfObject(object, { told, configMap })) {
      if (!read.has(`${component.node}\n${component.component}`)) found.push(component);
    }
  }
  return found;
});

const runners: ReadonlySet<string> = new Set(['/Pod', 'apps/DaemonSet', 'apps/Deployment', 'apps/StatefulSet']);

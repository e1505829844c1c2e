import type { NodeComponent } from '../model/node-component.ts';
import type { Gap } from '../model/snapshot.ts';
import { unknownVersionName } from '../semantics/component-config/versions.ts';

/** Names in a list before the rest is counted. */
const shownNodes = 3;

/** Components whose version nothing told, so that they were judged in each that may be. */
export class UnknownVersions {
  private readonly nodes = new Map<string, { readonly component: string; readonly range: string; nodes: string[] }>();

  add({ component, node, config }: NodeComponent): void {
    if (config.possible === undefined) return;
    const range = unknownVersionName(config);
    const key = `${component} ${range}`;
    const known = this.nodes.get(key);
    if (known === undefined) this.nodes.set(key, { component, range, nodes: [node] });
    else known.nodes.push(node);
  }

  /** One a component and range of versions. */
  notes(): readonly Gap[] {
    return [...this.nodes.values()].map(({ component, range, nodes }) => {
      const names = [...new Set(nodes)].filter((name) => name !== '').sort();
      const hidden = names.length - shownNodes;
      const more = hidden > 0 ? ` and ${hidden} more` : '';
      const on = names.length === 0 ? '' : ` on ${names.slice(0, shownNodes).join(', ')}${more}`;
      return {
        code: 'unavailable',
        what: `version of ${component}${on}`,
        reason: `it may be ${range}, and what differs between them is undecided`,
        hint: 'images with a tag, Nodes of the cluster and the ConfigMap of kubeadm tell versions',
      };
    });
  }
}

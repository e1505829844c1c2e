import { readNode } from '../../facts/nodes.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { type Failure, notApplicable, unknown } from '../../model/verdict.ts';
import { staticPod } from '../node-examples.ts';
import { hostControls, hostFailure } from './host-control.ts';
import { type EndedLine, endedLine, kubernetesOf } from './support.ts';

/** Versions of what runs on a node. Of each release line there is one finding, whichever components are of it. */
export default hostControls([
  {
    name: 'component-versions',
    title: 'The components of a node are of versions that get fixes',
    severity: 'medium',
    why: 'What is found in a version after its end stays open in it: everyone can read in the notes of later ones how to get in.',
    remedy: 'Upgrade one minor version after another, etcd and the API server first and the kubelets last.',
    check: (node, facts) => {
      const { components } = facts.get(readNode)(node);
      if (components.length === 0) return notApplicable('no component of Kubernetes is on this node');
      const ended = new Map<string, { readonly end: EndedLine; readonly names: string[] }>();
      let open: string | undefined;
      for (const component of components) {
        const name = component.component;
        const found = lineOf(component, facts.snapshot.takenAt);
        if (typeof found === 'string') open ??= found;
        if (found === undefined || typeof found === 'string') continue;
        const key = `${name === 'etcd' ? 'etcd' : 'Kubernetes'} ${found.line}`;
        const known = ended.get(key);
        if (known === undefined) ended.set(key, { end: found, names: [name] });
        else if (!known.names.includes(name)) known.names.push(name);
      }
      const failures: Failure[] = [...ended].map(([key, { end, names }]) => {
        const message = `${key} gets no fixes since ${end.ended}: ${names.join(', ')}`;
        return hostFailure(node, { key, message, severity: end.severity });
      });
      return failures.length === 0 && open !== undefined ? unknown(open) : failures;
    },
    examples: {
      fail: [staticPod('kube-apiserver', [], 'v1.20.2'), staticPod('etcd', [], '3.3.10-0')],
      pass: [staticPod('kube-apiserver', [], 'v1.36.1'), staticPod('etcd', [], '3.6.4-0')],
    },
  },
]);

/** The ended line of a component; a text where that cannot be told. */
function lineOf({ component, config, distribution }: NodeComponent, today: string): EndedLine | string | undefined {
  if (config.minor === undefined) return `the version of ${component} is not known`;
  if (component === 'etcd') return endedLine('etcd', `3.${config.minor}`, today);
  const product = kubernetesOf(distribution);
  if (product === undefined) return `how long ${distribution} maintains its Kubernetes is not known`;
  return endedLine(product, `1.${config.minor}`, today);
}

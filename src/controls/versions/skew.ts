import { apiComponents } from '../../facts/api-components.ts';
import { kubeletVersions, serverVersion } from '../../facts/cluster-version.ts';
import { defineFact } from '../../facts/facts.ts';
import type { Component } from '../../model/component.ts';
import { type Failure, fail, notApplicable, unknown } from '../../model/verdict.ts';
import { skewOf } from '../../semantics/versions/skew.ts';
import { control } from '../control.ts';
import { standsForCluster } from '../namespaces/whole-cluster.ts';
import { clusterOf, mirrorPod, nodeWith } from './examples.ts';

/** As `nodes/version-skew` asks of nodes that were read, of what the API shows. */
export default control({
  id: 'versions/skew',
  title: 'The components of the cluster are not too far from their API server',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Beyond the supported distance nobody tests them together: a field that one knows and the other does not is dropped, those that secure pods among them.',
  remedy: 'Upgrade what is older, one minor version after another; the API server comes first.',
  check: ({ object }, facts) => {
    if (!standsForCluster(object)) return notApplicable('it does not stand for the cluster');
    const { server, sightings } = facts.get(sighted);
    if (server === undefined) return unknown('the version of the API server is not known');
    const failures: Failure[] = [];
    for (const { component, minor, nodes } of sightings) {
      const skew = skewOf(component, minor, server);
      if (skew === undefined) continue;
      const names = [...nodes].filter((name) => name !== '').sort();
      const shown = names.slice(0, 3).join(', ');
      const on =
        names.length === 0 ? '' : ` of ${shown}${names.length > 3 ? ` and ${names.length - 3} more nodes` : ''}`;
      const says = skew.kind === 'newer' ? 'newer' : `${skew.age} minor versions older`;
      const allowed = skew.kind === 'newer' ? 'must not be' : `may be ${skew.allowed}`;
      const message = `${component} 1.${minor}${on} is ${says} than the API server, which is 1.${server}: it ${allowed}`;
      failures.push(fail(message, [], { key: `${component} 1.${minor}` }));
    }
    return failures;
  },
  examples: {
    fail: [
      clusterOf('v1.34.1') + mirrorPod('kube-apiserver', 'v1.34.1') + mirrorPod('kube-scheduler', 'v1.32.1'),
      `${clusterOf('v1.34.1')}${mirrorPod('kube-apiserver', 'v1.34.1')}---\n${nodeWith({ kubelet: 'v1.30.1', runtime: 'containerd://2.3.4' })}`,
    ],
    pass: [
      `${clusterOf('v1.34.1')}${mirrorPod('kube-apiserver', 'v1.34.1')}---\n${nodeWith({ kubelet: 'v1.31.1', runtime: 'containerd://2.3.4' })}`,
    ],
  },
});

interface Sighting {
  readonly component: Component;
  readonly minor: number;
  readonly nodes: Set<string>;
}

/** The oldest API server, and every component with a version of its own on nodes that were not read. */
const sighted = defineFact(
  'skew-sightings',
  (facts): { readonly server: number | undefined; readonly sightings: readonly Sighting[] } => {
    const found = new Map<string, Sighting>();
    const add = (component: Component, minor: number, node: string): void => {
      const key = `${component} ${minor}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { component, minor, nodes: new Set([node]) });
      else known.nodes.add(node);
    };
    for (const { component, config, node } of facts.get(apiComponents)) {
      const isOwn = config.minor !== undefined && config.minorOf === undefined;
      if (isOwn && component !== 'etcd') add(component, config.minor ?? 0, node);
    }
    const read = new Set((facts.snapshot.nodes ?? []).map(({ name }) => name));
    for (const { node, version } of facts.get(kubeletVersions)) {
      if (version !== undefined && !read.has(node)) add('kubelet', version.minor, node);
    }
    const sightings = [...found.values()].sort((a, b) =>
      `${a.component} ${a.minor}` < `${b.component} ${b.minor}` ? -1 : 1,
    );
    const servers = sightings.filter(({ component }) => component === 'kube-apiserver').map(({ minor }) => minor);
    const server = servers.length > 0 ? Math.min(...servers) : facts.get(serverVersion)?.minor;
    return { server, sightings };
  },
);

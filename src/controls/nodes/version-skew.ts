import { serverVersion } from '../../facts/cluster-version.ts';
import { readNode } from '../../facts/nodes.ts';
import type { Component } from '../../model/component.ts';
import { type Failure, notApplicable, unknown } from '../../model/verdict.ts';
import { staticPod } from '../node-examples.ts';
import { hostControls, hostFailure } from './host-control.ts';

/**
 * How many minor versions a component may be older than the API server: three from v1.28 on for the kubelet and
 * kube-proxy, two before, and one for controllers and scheduler; none may be newer. Source: version skew policy
 * (kubernetes.io/releases/version-skew-policy), KEP-3935.
 */
function allowedAge(component: Component, serverMinor: number): number {
  if (component === 'kubelet' || component === 'kube-proxy') return serverMinor >= 28 ? 3 : 2;
  return 1;
}

export default hostControls([
  {
    name: 'version-skew',
    title: 'The components of a node are not too far from their API server',
    severity: 'low',
    why: 'Beyond the supported distance nobody tests them together: a field that one knows and the other does not is dropped, those that secure pods among them.',
    remedy: 'Upgrade what is older, one minor version after another; the API server comes first.',
    check: (node, facts) => {
      const { components } = facts.get(readNode)(node);
      const here = components.find(({ component }) => component === 'kube-apiserver')?.config.minor;
      const server = here ?? facts.get(serverVersion)?.minor;
      if (server === undefined) return unknown('the version of the API server is not known');
      const others = components.filter(({ component }) => component !== 'kube-apiserver' && component !== 'etcd');
      if (others.length === 0) return notApplicable('the node has no component beside an API server and etcd');
      const failures = new Map<string, Failure>();
      for (const { component, config } of others) {
        // A version that was taken from the API server, or from what runs beside it, says nothing of skew.
        if (config.minor === undefined || config.minorOf?.startsWith('Node ') === false) continue;
        const age = server - config.minor;
        if (age >= 0 && age <= allowedAge(component, server)) continue;
        const message = `${component} 1.${config.minor} is ${age < 0 ? 'newer' : `${age} minor versions older`} than the API server, which is 1.${server}`;
        failures.set(component, hostFailure(node, { key: component, message }));
      }
      return [...failures.values()];
    },
    examples: {
      fail: [
        staticPod('kube-apiserver', [], 'v1.34.1') + staticPod('kube-scheduler', [], 'v1.32.1'),
        staticPod('kube-apiserver', [], 'v1.33.1') + staticPod('kube-scheduler', [], 'v1.34.1'),
      ],
      pass: [staticPod('kube-apiserver', [], 'v1.34.1') + staticPod('kube-scheduler', [], 'v1.33.1')],
    },
  },
]);

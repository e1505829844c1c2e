import { type KubernetesVersion, kubeletVersions, serverVersion } from '../../facts/cluster-version.ts';
import { defineFact } from '../../facts/facts.ts';
import { fail, notApplicable, pass, unknown, type Verdict } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';

const noSubPath = notApplicable('the container mounts nothing with subPath');

export default control({
  id: 'pods/subpath-cve',
  title: 'Containers use subPath only where kubelets are safe from CVE-2021-25741',
  severity: 'medium',
  subject: 'container',
  why: 'In an old kubelet, a container that swaps a subPath for a link while it is mounted gets at the file system of the node.',
  remedy: 'Update the kubelets to 1.19.15, 1.20.11, 1.21.5, 1.22.2 or later; until then mount whole volumes.',
  check: ({ pod, container }, facts) => {
    const mount = container.volumeMounts.find(({ subPath, subPathExpr }) => Boolean(subPath || subPathExpr));
    if (mount === undefined || pod.os === 'windows') return noSubPath;
    const { verdict, old } = facts.get(kubeletExposure);
    if (old === undefined) return verdict;
    return fail(`container ${container.name} mounts a subPath of volume ${mount.name}, and ${old}`, mount.path);
  },
  examples: {
    fail: [onKubelet('v1.20.10'), onKubelet('v1.9.11'), onKubelet('v1.22.1-gke.5')],
    pass: [
      onKubelet('v1.20.11'),
      onKubelet('v1.37.0'),
      inContainer('volumeMounts: [{ name: data, mountPath: /data }]'),
    ],
  },
});

interface Exposure {
  readonly verdict: Verdict;
  /** What is too old, in words. */
  readonly old?: string;
}

/** The first fixed patch of each minor, from the announcement (kubernetes/kubernetes#104980). Older minors have none. */
const fixedPatch: ReadonlyMap<number, number> = new Map([
  [19, 15],
  [20, 11],
  [21, 5],
  [22, 2],
]);

function isVulnerable({ minor, patch }: KubernetesVersion): boolean {
  return minor <= 22 && patch < (fixedPatch.get(minor) ?? Number.POSITIVE_INFINITY);
}

const kubeletExposure = defineFact('subpath-cve-exposure', (facts): Exposure => {
  const kubelets = facts.get(kubeletVersions);
  for (const { node, text, version } of kubelets) {
    if (version !== undefined && isVulnerable(version)) {
      return { verdict: pass, old: `the kubelet of node ${node} is ${text} (CVE-2021-25741)` };
    }
  }
  const silent = kubelets.find(({ version }) => version === undefined);
  if (silent !== undefined) return { verdict: unknown(`node ${silent.node} does not say which kubelet it runs`) };
  if (kubelets.length > 0) return { verdict: pass };
  const server = facts.get(serverVersion);
  if (server === undefined) return { verdict: unknown('the evidence holds no Node and no version of the cluster') };
  if (isVulnerable(server)) {
    const text = `v1.${server.minor}.${server.patch}`;
    return { verdict: pass, old: `the API server is ${text}, with kubelets no newer than it (CVE-2021-25741)` };
  }
  // Kubelets may be two minors older than the API server; 1.23 was never affected.
  return {
    verdict: server.minor >= 25 ? pass : unknown('kubelets may be older than the API server, and no Node tells'),
  };
});

function onKubelet(version: string): string {
  return `${inContainer('volumeMounts: [{ name: data, mountPath: /data, subPath: app }]')}---
apiVersion: v1
kind: Node
metadata: { name: worker-1 }
status: { nodeInfo: { kubeletVersion: ${version} } }
`;
}

import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { type Program, programOf } from '../semantics/cves/index.ts';
import { defineFact } from './facts.ts';

/** A program of one version, with every Node that says it runs it. */
export interface NodeProgram {
  /** `kubelet`, `containerd`, `cri-o`, `docker`. */
  readonly name: string;
  readonly version: string;
  /** Undefined where nothing is known of its vulnerabilities. */
  readonly program: Program | undefined;
  readonly os: string | undefined;
  /** Field of `status.nodeInfo` that tells it. */
  readonly field: 'kubeletVersion' | 'containerRuntimeVersion';
  /** By name; the first stands for all in reports. */
  readonly nodes: readonly KubeObject[];
}

/** Container runtimes as Nodes call them. */
const runtimes: ReadonlyMap<string, string> = new Map([
  ['containerd', 'containerd'],
  ['cri-o', 'cri-o'],
  ['docker', 'docker-engine'],
]);

/** What the Nodes of the snapshot say they run, once for each version and operating system. */
export const nodePrograms = defineFact('node-programs', ({ snapshot }): readonly NodeProgram[] => {
  const found = new Map<string, NodeProgram & { readonly nodes: KubeObject[] }>();
  const nodes = snapshot.objects.filter((object) => groupKind(object) === '/Node');
  const seen = new Set<string>();
  for (const object of nodes.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (seen.has(object.name)) continue;
    seen.add(object.name);
    const told = (field: string): string | undefined => {
      const value = valueAt(object.value, ['status', 'nodeInfo', field]);
      return typeof value === 'string' && value !== '' ? value : undefined;
    };
    const os = told('operatingSystem');
    const add = (entry: Pick<NodeProgram, 'name' | 'version' | 'program' | 'field'>): void => {
      const key = JSON.stringify([entry.name, entry.version, os]);
      const known = found.get(key);
      if (known === undefined) found.set(key, { ...entry, os, nodes: [object] });
      else known.nodes.push(object);
    };
    const kubelet = told('kubeletVersion');
    if (kubelet !== undefined) {
      add({ name: 'kubelet', version: kubelet, program: programOf('kubernetes', 'kubelet'), field: 'kubeletVersion' });
    }
    const [, name, version] = /^([a-z-]+):\/\/(.+)$/.exec(told('containerRuntimeVersion') ?? '') ?? [];
    if (name !== undefined && version !== undefined) {
      add({ name, version, program: programOf(runtimes.get(name) ?? ''), field: 'containerRuntimeVersion' });
    }
  }
  return [...found.values()];
});

/** The programs for which a Node stands in reports. */
export const programsReportedOn = defineFact(
  'programs-reported-on',
  (facts): ((node: KubeObject) => readonly NodeProgram[]) => {
    const byNode = new Map<KubeObject, NodeProgram[]>();
    for (const program of facts.get(nodePrograms)) {
      const [first] = program.nodes;
      if (first === undefined) continue;
      const known = byNode.get(first);
      if (known === undefined) byNode.set(first, [program]);
      else known.push(program);
    }
    return (node) => byNode.get(node) ?? [];
  },
);

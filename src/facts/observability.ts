import type { ImageReference } from '../model/image-reference.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { PodSubject } from '../model/subject.ts';
import type { Verdict } from '../model/verdict.ts';
import { defineFact } from './facts.ts';
import { imageOf } from './image-references.ts';
import { type WatchProgram, type WatchRole, watchPrograms } from './observability-programs.ts';
import { rootOwner } from './owners.ts';
import { podSubjects } from './workloads.ts';

type Evidence = 'image' | 'label' | 'kind';

/** A program that watches over the cluster, as far as the objects show it. */
export interface Watcher {
  readonly program: WatchProgram;
  /** Two kinds of evidence are a program; one alone may be a name that somebody else chose. */
  readonly isCertain: boolean;
  readonly evidence: ReadonlySet<Evidence>;
  /** The workloads that run it. */
  readonly workloads: ReadonlyMap<KubeObject, PodSubject>;
}

interface Found {
  readonly program: WatchProgram;
  readonly evidence: Set<Evidence>;
  readonly workloads: Map<KubeObject, PodSubject>;
}

/** Every program of the table that the snapshot shows something of. */
export const watchers = defineFact('watchers', (facts): readonly Watcher[] => {
  const found = new Map<WatchProgram, Found>();
  const of = (program: WatchProgram): Found => {
    let known = found.get(program);
    if (known === undefined) found.set(program, (known = { program, evidence: new Set(), workloads: new Map() }));
    return known;
  };
  const rootOf = facts.get(rootOwner);
  const image = facts.get(imageOf);
  for (const subject of facts.get(podSubjects)) {
    const { pod, object } = subject;
    const programs = new Set(pod.containers.flatMap((container) => byImage(image(container))));
    for (const program of programs) {
      const known = of(program);
      known.evidence.add('image');
      const root = rootOf(object);
      if (!known.workloads.has(root) || object === root) known.workloads.set(root, subject);
    }
    for (const key of labelKeys) {
      const value = pod.labels.get(key);
      for (const program of value === undefined ? [] : (programsByLabel.get(value) ?? [])) {
        // A common word such as `collector` means the program only where its image runs, too.
        if (programs.has(program) || !common.has(value ?? '')) of(program).evidence.add('label');
      }
    }
  }
  for (const { apiVersion } of facts.snapshot.objects) {
    const slash = apiVersion.indexOf('/');
    const program = slash === -1 ? undefined : programsByGroup.get(apiVersion.slice(0, slash));
    if (program !== undefined) of(program).evidence.add('kind');
  }
  for (const served of facts.snapshot.cluster?.apiVersions ?? []) {
    const program = programsByGroup.get(served.slice(0, served.indexOf('/')));
    if (program !== undefined) of(program).evidence.add('kind');
  }
  return [...found.values()].map((each) => ({
    ...each,
    isCertain: each.evidence.size > 1 && each.evidence.has('image'),
  }));
});

/** The programs of a role: certain ones first. */
export function watchersOf(all: readonly Watcher[], role: WatchRole): readonly Watcher[] {
  const here = all.filter(({ program }) => program.roles.includes(role));
  return here.sort((a, b) => Number(b.isCertain) - Number(a.isCertain));
}

const labelKeys = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name', 'component'];
const common: ReadonlySet<string> = new Set(['collector', 'agent', 'vector', 'alloy']);

const programsByImage = index(({ images }) => images);
const programsByLabel = index(({ labels }) => labels);
const programsByGroup: ReadonlyMap<string, WatchProgram> = new Map(
  watchPrograms.flatMap((program) => program.groups.map((group): [string, WatchProgram] => [group, program])),
);

function index(keysOf: (program: WatchProgram) => readonly string[]): ReadonlyMap<string, readonly WatchProgram[]> {
  const found = new Map<string, WatchProgram[]>();
  for (const program of watchPrograms) {
    for (const key of keysOf(program)) {
      const known = found.get(key);
      if (known === undefined) found.set(key, [program]);
      else known.push(program);
    }
  }
  return found;
}

/** The ends of a repository, from two steps to four. */
function byImage(image: ImageReference | Verdict): readonly WatchProgram[] {
  if ('kind' in image) return [];
  const steps = image.repository.split('/');
  return [2, 3, 4].flatMap((count) => programsByImage.get(steps.slice(-count).join('/')) ?? []);
}

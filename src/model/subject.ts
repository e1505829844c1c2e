import type { Container } from './container.ts';
import type { NodeEvidence } from './node.ts';
import type { NodeComponent } from './node-component.ts';
import type { Path } from './path.ts';
import type { Pod } from './pod.ts';
import type { KubeObject } from './snapshot.ts';
import type { Workload } from './workload.ts';

/** What a control judges: one thing, in one object. `path` is where it stands in that object. */
export interface Subject {
  readonly object: KubeObject;
  readonly path: Path;
  /** Tells the pod templates of one object apart; empty where there is one. */
  readonly template: string;
  readonly container?: Container;
}

export interface ObjectSubject extends Subject {}

/** A pod or pod template. `owner` is the object to which people would go to change it. */
export interface PodSubject extends Subject {
  readonly pod: Pod;
  readonly workload: Workload;
}

export interface ContainerSubject extends PodSubject {
  readonly container: Container;
}

/** A node whose processes and files were read. */
export interface NodeSubject extends Subject {
  readonly node: NodeEvidence;
}

/** A component of the control plane, a kubelet or a kube-proxy. */
export interface ComponentSubject extends Subject {
  readonly component: NodeComponent;
}

/** The kinds of subject that a control may ask for, and what its `check` is given. */
export interface Subjects {
  object: ObjectSubject;
  pod: PodSubject;
  container: ContainerSubject;
  node: NodeSubject;
  component: ComponentSubject;
}

export type SubjectKind = keyof Subjects;

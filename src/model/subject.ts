import type { FoundCertificate } from './certificate.ts';
import type { Container } from './container.ts';
import type { EtcdDataEvidence } from './etcd-data.ts';
import type { Kubeconfig } from './kubeconfig.ts';
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

/** A certificate, with every place where it stands. */
export interface CertificateSubject extends Subject {
  readonly certificate: FoundCertificate;
}

/** A kubeconfig of a node, or of the user who runs Bulwark. */
export interface KubeconfigSubject extends Subject {
  readonly kubeconfig: Kubeconfig;
}

/** What is stored in an etcd: a snapshot, a database file, or a live member. */
export interface EtcdDataSubject extends Subject {
  readonly data: EtcdDataEvidence;
}

/** The kinds of subject that a control may ask for, and what its `check` is given. */
export interface Subjects {
  object: ObjectSubject;
  pod: PodSubject;
  container: ContainerSubject;
  node: NodeSubject;
  component: ComponentSubject;
  certificate: CertificateSubject;
  kubeconfig: KubeconfigSubject;
  'etcd-data': EtcdDataSubject;
}

export type SubjectKind = keyof Subjects;

import type { AnyControl } from '../controls/control.ts';
import type { ContainerRole } from '../model/container.ts';
import type { Path } from '../model/path.ts';
import type { Severity } from '../model/severity.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { Failure } from '../model/verdict.ts';

/** What a finding is about: no more of the subject than its name, so that findings do not keep whole pods alive. */
export interface FindingSubject {
  readonly object: KubeObject;
  readonly path: Path;
  readonly template: string;
  readonly container?: { readonly name: string; readonly role: ContainerRole };
}

/** One control's failure on one subject. */
export interface Finding {
  readonly control: AnyControl;
  readonly severity: Severity;
  readonly subject: FindingSubject;
  readonly failure: Failure;
  readonly message: string;
  /** The object to go to: the subject's own, or the controller that made the pod. */
  readonly owner: KubeObject;
  /** Control and logical subject: stable when lines move and containers are reordered. Hash it with `fingerprint`. */
  readonly identity: string;
  /** Where copies of an object fail in different ways: the identity of the first of them, which all share but for the message. */
  readonly variantOf?: string | undefined;
  /** Every place where the same finding stands: several when files or overlays repeat an object. */
  readonly places: readonly Place[];
}

export interface Place {
  readonly object: KubeObject;
  /** Absolute path in the object of the field to blame. */
  readonly path: Path;
}

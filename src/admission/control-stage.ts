import type { AnyControl } from '../controls/control.ts';
import type { Finding } from '../engine/finding.ts';
import type { Judgement } from '../engine/judge.ts';
import { judgeObject } from '../engine/judge-object.ts';
import type { Facts } from '../facts/facts.ts';
import type { ClusterView } from '../model/admission.ts';
import { formatPath } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind, type Workload } from '../model/workload.ts';
import type { RequestExceptions } from './exceptions.ts';
import { type ChosenControl, type PolicyMode, policyModes } from './policies.ts';
import { Surroundings, whyUnread } from './surroundings.ts';
import type { Verdicts } from './verdicts.ts';

/** What the controls need besides the object. */
export interface ControlSurroundings {
  /** The object as the pod that it is or makes; undefined where it is none. */
  readonly workload: Workload | undefined;
  readonly now: Date;
  /** What is known of the cluster. */
  readonly view: ClusterView;
}

/** The chosen controls, ready to judge one object after the other through the same engine that scans. */
export class ControlStage {
  /** By mode: a control that only warns must not stand in for one that refuses. */
  private readonly ofTemplates = new Map<PolicyMode, readonly AnyControl[]>();
  private readonly ofKind = new Map<string, Map<PolicyMode, AnyControl[]>>();
  private readonly needs = new Map<AnyControl, ReadonlySet<string>>();
  /** By the kind of the object: the kinds that controls of it need besides. */
  private readonly needsOfKind = new Map<string, Set<string>>();
  private readonly surroundings = new Surroundings();

  constructor(chosen: readonly ChosenControl[]) {
    for (const mode of policyModes) {
      const ofMode = chosen.filter((each) => each.mode === mode);
      this.ofTemplates.set(
        mode,
        ofMode.filter(({ control }) => control.subject !== 'object').map(({ control }) => control),
      );
      for (const { control, kinds, needs } of ofMode) {
        if (needs.size > 0) this.needs.set(control, needs);
        for (const kind of kinds ?? []) {
          this.add(kind, mode, control);
          const all = this.needsOfKind.get(kind) ?? new Set<string>();
          this.needsOfKind.set(kind, all);
          for (const each of needs) all.add(each);
        }
      }
    }
  }

  /** Judges `object` and adds what is wrong with it to `verdicts`. */
  judge(
    object: KubeObject,
    { workload, now, view }: ControlSurroundings,
    { exceptions, verdicts }: { readonly exceptions: RequestExceptions; readonly verdicts: Verdicts },
  ): void {
    const kind = groupKind(object);
    let facts: Facts | undefined;
    for (const mode of policyModes) {
      const asked = [
        ...(workload === undefined ? [] : (this.ofTemplates.get(mode) ?? [])),
        ...(this.ofKind.get(kind)?.get(mode) ?? []),
      ];
      const controls = view.unread.size === 0 ? asked : this.withEvidence(asked, view, verdicts);
      if (controls.length === 0) continue;
      facts ??= this.surroundings.factsOf(object, { view, now, kinds: this.needsOfKind.get(kind) ?? nothing });
      const judgement = judgeObject(object, { controls, facts, workload });
      for (const finding of judgement.findings) {
        if (!exceptions.isEmpty && isCovered(finding, exceptions)) continue;
        // Who is told of it once needs no second warning; a refusal and the audit log name every policy.
        if (mode === 'warn' && verdicts.told.covers(finding)) continue;
        verdicts.add(mode, {
          policy: `control ${finding.control.id}`,
          message: finding.message,
          ...(finding.subject.container !== undefined && { container: finding.subject.container.name }),
          code: 403,
          reason: 'Forbidden',
        });
      }
      tellOpen(judgement, mode, verdicts);
    }
  }

  /** Those whose evidence is known; of the others it is told that they could not decide. */
  private withEvidence(controls: readonly AnyControl[], view: ClusterView, verdicts: Verdicts): readonly AnyControl[] {
    return controls.filter((control) => {
      const reason = whyUnread(this.needs.get(control) ?? nothing, view);
      if (reason !== undefined) verdicts.leaveOpen(`control ${control.id}`, reason);
      return reason === undefined;
    });
  }

  private add(kind: string, mode: PolicyMode, control: AnyControl): void {
    let modes = this.ofKind.get(kind);
    if (modes === undefined) this.ofKind.set(kind, (modes = new Map()));
    const controls = modes.get(mode);
    if (controls === undefined) modes.set(mode, [control]);
    else controls.push(control);
  }
}

const nothing: ReadonlySet<string> = new Set();

function isCovered({ control, subject, places }: Finding, exceptions: RequestExceptions): boolean {
  return exceptions.coversAll(
    places.map(({ path }) => ({ id: control.id, container: subject.container?.name, path: formatPath(path) })),
  );
}

/** What could not be decided is never a pass in silence. */
function tellOpen(judgement: Pick<Judgement, 'undecided' | 'errors'>, mode: PolicyMode, verdicts: Verdicts): void {
  for (const { control, reason } of judgement.undecided) verdicts.leaveOpen(`control ${control.id}`, reason);
  for (const { control, error } of judgement.errors) {
    const policy = `control ${control.id}`;
    const message = `${policy} failed: ${error instanceof Error ? error.message : String(error)}`;
    if (mode === 'enforce') verdicts.add(mode, { policy, message, code: 500, reason: 'InternalError' });
    else verdicts.leaveOpen(policy, message);
  }
}

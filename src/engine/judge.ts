import type { AnyControl, Profile } from '../controls/control.ts';
import { apiComponents } from '../facts/api-components.ts';
import { certificatesOfNode, certificatesOfObject, ownCertificates } from '../facts/certificates.ts';
import { etcdDataObject } from '../facts/etcd-data.ts';
import { type Facts, factsOf } from '../facts/facts.ts';
import { nodeKubeconfigs, ownKubeconfigs } from '../facts/kubeconfigs.ts';
import { readNode } from '../facts/nodes.ts';
import { rootOwner } from '../facts/owners.ts';
import { systemWorkloadOf } from '../facts/system-workloads.ts';
import { isWorkload, workloadOf } from '../facts/workloads.ts';
import type { FoundCertificate } from '../model/certificate.ts';
import type { Component } from '../model/component.ts';
import type { EtcdDataEvidence } from '../model/etcd-data.ts';
import type { Kubeconfig } from '../model/kubeconfig.ts';
import type { NodeEvidence } from '../model/node.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { Settings } from '../model/settings.ts';
import { compareSeverity, type Severity, severities } from '../model/severity.ts';
import type { Gap, KubeObject, Snapshot } from '../model/snapshot.ts';
import type {
  ComponentSubject,
  ContainerSubject,
  ObjectSubject,
  PodSubject,
  Subject,
  SubjectKind,
  Subjects,
} from '../model/subject.ts';
import { type Failure, pass, type Verdict } from '../model/verdict.ts';
import { groupKind, type Workload } from '../model/workload.ts';
import type { Finding } from './finding.ts';
import type { Worsening } from './finding-record.ts';
import { countInputs, type InputCounts } from './inputs.ts';
import { Ledger } from './ledger.ts';
import { misnamedWorkload } from './misnamed.ts';
import { staleData } from './stale-data.ts';
import type { BaselineAccount, ExceptionNotice, Suppressed } from './suppressed.ts';
import { onlyDecided, type Undecided } from './undecided.ts';
import { UnknownVersions } from './unknown-versions.ts';

export interface JudgeOptions {
  readonly controls: readonly AnyControl[];
  readonly profiles?: readonly Profile[];
  readonly settings?: Settings;
  /** The objects to judge, by what the whole snapshot says of them; absent: all, and all else that it holds. */
  readonly only?: ReadonlySet<KubeObject>;
}

export interface Judgement {
  readonly snapshot: Snapshot;
  /** Those that were asked for; absent: the defaults. */
  readonly settings?: Settings;
  readonly controls: readonly AnyControl[];
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
  readonly inputs: InputCounts;
  readonly coverage: ReadonlyMap<AnyControl, VerdictCounts>;
  /** Objects that a control passed or failed, pods by the controller that made them, each with the gravest such control. */
  readonly judged: ReadonlyMap<KubeObject, Severity>;
  /** Why verdicts of `unknown` and `manual` were given. */
  readonly undecided: readonly Undecided[];
  /** Why controls of nodes and components do not apply where they were asked. */
  readonly inapplicable: ReadonlyMap<AnyControl, ReadonlySet<string>>;
  /** What tells failures that are no findings of their own, the first of each control. */
  readonly told: ReadonlyMap<AnyControl, ToldWith>;
  readonly errors: readonly ControlError[];
  /** Of components whose version is not known, which it may be; and of data that is getting old, how old. */
  readonly unknownVersions: readonly Gap[];
  /** Findings that exceptions and baselines cover; absent: nothing was asked to be. */
  readonly suppressed?: readonly Suppressed[];
  readonly notices?: readonly ExceptionNotice[];
  readonly baseline?: BaselineAccount;
  /** Findings that the baseline has, in what they are worse now. */
  readonly worse?: ReadonlyMap<Finding, Worsening>;
}

/** The control whose failure on the same subject has the same cause, and the subject. */
export interface ToldWith {
  readonly control: string;
  readonly object: KubeObject;
}

export type VerdictCounts = Record<Verdict['kind'] | 'error', number>;

/** A control that threw: a defect of Bulwark. It stops nothing else, and the exit code says so. */
export interface ControlError {
  readonly control: AnyControl;
  readonly subject: Subject;
  readonly error: unknown;
}

/** Runs every control over every subject of its kind. Pure: the same snapshot gives the same judgement. */
export function judge(snapshot: Snapshot, options: JudgeOptions): Judgement {
  const profiles = options.profiles ?? ['security'];
  const controls = options.controls.filter((control) => profiles.includes(control.profile));
  const facts = factsOf(snapshot, options.settings);
  const run = new Run(facts, controls);
  const read = facts.get(workloadOf);
  const isTemplate = facts.get(isWorkload);
  const rootOf = facts.get(rootOwner);
  const certificatesIn = facts.get(certificatesOfObject);
  const pods: { pod: KubeObject; root: KubeObject }[] = [];
  const gaps: Gap[] = [...snapshot.gaps];
  const judgeWorkload = (object: KubeObject, owner: KubeObject): void => {
    const workload = read(object);
    if (workload === undefined) return;
    gaps.push(...malformedGaps(workload));
    run.workload(workload, owner);
  };
  for (const object of options.only ?? snapshot.objects) {
    run.object({ object, path: [], template: '' });
    run.certificates(certificatesIn(object));
    if (!isTemplate(object)) {
      const misnamed = misnamedWorkload(object);
      if (misnamed !== undefined) gaps.push(misnamed);
      continue;
    }
    run.evaluated.add(object);
    const root = rootOf(object);
    if (root === object || !isTemplate(root)) judgeWorkload(object, object);
    else if (groupKind(object) === '/Pod') pods.push({ pod: object, root });
  }
  // Pods of a controller that is here too are judged for what their template does not show: injected and ephemeral
  // containers, and fields that admission changed. ReplicaSets and Jobs in between say nothing of their own.
  for (const { pod, root } of pods) judgeWorkload(pod, root);
  if (options.only === undefined) {
    for (const node of snapshot.nodes ?? []) run.node(node);
    for (const component of facts.get(apiComponents)) run.component(component);
    run.kubeconfigs(facts.get(ownKubeconfigs));
    run.certificates(facts.get(ownCertificates));
    for (const data of snapshot.etcd ?? []) run.etcdData(data);
  }
  run.countOthers();
  const data = staleData(run.coverage, snapshot.takenAt);
  return {
    snapshot,
    ...(options.settings !== undefined && { settings: options.settings }),
    controls,
    findings: run.ledger.findings(),
    gaps: [...gaps, ...data.gaps],
    inputs: countInputs(snapshot, run.evaluated),
    coverage: run.coverage,
    judged: judgedRoots(run.decided, rootOf),
    undecided: run.undecided(),
    inapplicable: run.inapplicable,
    told: run.told,
    errors: run.errors,
    unknownVersions: [...run.versions.notes(), ...data.notes],
  };
}

/** What is judged of the objects that a controller made is told of the controller. */
function judgedRoots(
  decided: ReadonlyMap<KubeObject, number>,
  rootOf: (object: KubeObject) => KubeObject,
): ReadonlyMap<KubeObject, Severity> {
  const judged = new Map<KubeObject, Severity>();
  for (const [object, rank] of decided) {
    const root = rootOf(object);
    const severity = severities[rank] ?? 'info';
    const known = judged.get(root);
    if (known === undefined || compareSeverity(severity, known) > 0) judged.set(root, severity);
  }
  return judged;
}

/** A control with its row of the coverage: they meet millions of times, so what is asked each time stands beside it. */
interface Counted {
  readonly control: AnyControl;
  readonly component: Component | undefined;
  readonly check: (subject: Subject, facts: Facts) => Verdict | readonly Failure[];
  /** Of its severity, among all. */
  readonly rank: number;
  readonly counts: VerdictCounts;
}

/** One pass of controls over subjects: what they said of each, put together. */
export class Run {
  readonly evaluated = new Set<KubeObject>();
  /** The gravest control that passed or failed an object, as its rank. */
  readonly decided = new Map<KubeObject, number>();
  readonly coverage = new Map<AnyControl, VerdictCounts>();
  readonly errors: ControlError[] = [];
  readonly inapplicable = new Map<AnyControl, Set<string>>();
  readonly told = new Map<AnyControl, ToldWith>();
  readonly ledger = new Ledger();
  readonly versions = new UnknownVersions();
  private readonly facts: Facts;
  private readonly byKind: { [K in SubjectKind]: Counted[] } = {
    object: [],
    pod: [],
    container: [],
    node: [],
    component: [],
    certificate: [],
    kubeconfig: [],
    'etcd-data': [],
  };
  /** Of controls of objects: those that are asked about a kind, those that are not, and how many objects there were. */
  private readonly ofKind = new Map<
    string,
    { readonly controls: readonly Counted[]; readonly others: readonly Counted[]; objects: number }
  >();
  private readonly open = new Map<AnyControl, Map<string, { kind: 'unknown' | 'manual'; subjects: number }>>();

  constructor(facts: Facts, controls: readonly AnyControl[]) {
    this.facts = facts;
    for (const control of controls) {
      const counts = emptyCounts();
      const { component, severity } = control;
      // The table is keyed by subject kind, so the control is given subjects of its own.
      const check = control.check as Counted['check'];
      this.byKind[control.subject].push({ control, component, check, rank: severities.indexOf(severity), counts });
      this.coverage.set(control, counts);
    }
  }

  undecided(): Undecided[] {
    return [...this.open].flatMap(([control, reasons]) =>
      [...reasons].map(([reason, { kind, subjects }]) => ({ control, kind, reason, subjects })),
    );
  }

  object(subject: ObjectSubject): void {
    const { kind } = subject.object;
    let asked = this.ofKind.get(kind);
    if (asked === undefined) {
      const isAsked = ({ control: { kinds } }: Counted): boolean => kinds === undefined || kinds.includes(kind);
      const controls = this.byKind.object.filter(isAsked);
      asked = { controls, others: this.byKind.object.filter((each) => !isAsked(each)), objects: 0 };
      this.ofKind.set(kind, asked);
    }
    asked.objects += 1;
    this.subject('object', subject, subject.object, noneFailed, asked.controls);
  }

  /** Counts those controls that were not asked about objects of other kinds than theirs. */
  countOthers(): void {
    for (const { others, objects } of this.ofKind.values()) {
      for (const { counts } of others) counts['not-applicable'] += objects;
    }
  }

  workload(workload: Workload, owner: KubeObject): void {
    for (const { name, pod } of workload.templates) {
      const podSubject: PodSubject = { object: workload.object, workload, pod, template: name, path: pod.path };
      const failed = this.subject('pod', podSubject, owner, noneFailed);
      for (const container of pod.containers) {
        const subject: ContainerSubject = { ...podSubject, container, path: container.path };
        this.subject('container', subject, owner, failed);
      }
    }
  }

  node(node: NodeEvidence): void {
    const { object, components } = this.facts.get(readNode)(node);
    this.subject('node', { object, node, path: [], template: '' }, object, noneFailed);
    for (const component of components) this.component(component);
    this.kubeconfigs(this.facts.get(nodeKubeconfigs)(node));
    this.certificates(this.facts.get(certificatesOfNode)(node));
  }

  kubeconfigs(kubeconfigs: readonly Kubeconfig[]): void {
    for (const kubeconfig of kubeconfigs) {
      const { object } = kubeconfig;
      this.subject('kubeconfig', { object, kubeconfig, path: [], template: '' }, object, noneFailed);
    }
  }

  certificates(found: readonly FoundCertificate[]): void {
    for (const certificate of found) {
      const place = certificate.places[0];
      if (place === undefined) continue;
      const { object, path } = place;
      this.subject('certificate', { object, certificate, path, template: '' }, object, noneFailed);
    }
  }

  etcdData(data: EtcdDataEvidence): void {
    const object = etcdDataObject(data);
    this.subject('etcd-data', { object, data, path: [], template: '' }, object, noneFailed);
  }

  component(component: NodeComponent): void {
    this.versions.add(component);
    const { object } = component;
    this.subject('component', { object, component, path: [], template: '' }, object, noneFailed);
  }

  /** Judges one subject and returns the controls that failed on it. `above` failed on the pod that holds it. */
  private subject<K extends SubjectKind>(
    kind: K,
    subject: Subjects[K],
    owner: KubeObject,
    above: ReadonlySet<string>,
    asked: readonly Counted[] = this.byKind[kind],
  ): ReadonlySet<string> {
    let failed: Set<string> | undefined;
    let failures: { control: AnyControl; failure: Failure }[] | undefined;
    let isEvaluated = false;
    let gravest = -1;
    const { facts } = this;
    for (const { control, component, check, rank, counts } of asked) {
      if (component !== undefined && !isAbout(component, subject)) continue;
      let verdict: Verdict | readonly Failure[];
      try {
        verdict = check(subject, facts);
      } catch (error) {
        counts.error += 1;
        this.errors.push({ control, subject, error });
        continue;
      }
      // Most of what is said, millions of times in a large cluster.
      if (verdict === pass) {
        counts.pass += 1;
        isEvaluated = true;
        if (rank > gravest) gravest = rank;
        continue;
      }
      verdict = onlyDecided(verdict, subject);
      if ('kind' in verdict) {
        if (verdict.kind === 'not-applicable') {
          counts['not-applicable'] += 1;
          this.leaveOut(control, kind, verdict.reason);
          continue;
        }
        counts[verdict.kind] += 1;
        isEvaluated = true;
        if (verdict.kind === 'unknown' || verdict.kind === 'manual') this.leaveOpen(control, verdict);
        if (rank > gravest && (verdict.kind === 'pass' || verdict.kind === 'fail')) gravest = rank;
        if (verdict.kind !== 'fail') continue;
        verdict = [verdict];
      } else {
        counts[verdict.length === 0 ? 'pass' : 'fail'] += 1;
        isEvaluated = true;
        if (rank > gravest) gravest = rank;
        if (verdict.length === 0) continue;
      }
      failed ??= new Set();
      failed.add(control.id);
      failures ??= [];
      for (const failure of verdict) failures.push({ control, failure });
    }
    if (isEvaluated) this.evaluated.add(subject.object);
    if (gravest > (this.decided.get(owner) ?? -1)) this.decided.set(owner, gravest);
    if (failed === undefined || failures === undefined) return noneFailed;
    const { object, path, template, container } = subject as Subject;
    const named = {
      object,
      path,
      template,
      ...(container && { container: { name: container.name, role: container.role } }),
    };
    const refers = failures.some(({ failure }) => failure.sameAs !== undefined);
    const keys = new Set(refers ? failures.map(({ control, failure }) => `${control.id} ${failure.key}`) : []);
    for (const { control, failure } of failures) {
      const { sameAs, key } = failure;
      const same = sameAs !== undefined && keys.has(`${sameAs} ${key}`) ? sameAs : undefined;
      const cover = same ?? control.coveredBy.find((id) => failed.has(id) || above.has(id));
      if (cover !== undefined) {
        if (!this.told.has(control)) this.told.set(control, { control: cover, object });
        continue;
      }
      this.ledger.record(control, named, this.asNeeded(control, failure, subject), owner);
    }
    return failed;
  }

  /** What a part of the platform cannot do without is told as such, and is nothing to act on. */
  private asNeeded(control: AnyControl, failure: Failure, subject: Subject): Failure {
    if (!isOfPod(subject)) return failure;
    const known = this.facts.get(systemWorkloadOf)(subject);
    if (known === undefined || !known.needs.has(control.id)) return failure;
    return { ...failure, severity: 'info', message: `${failure.message}; it is ${known.name}, which needs that` };
  }

  /** Of workloads there are too many to say, and their reasons are of no interest. */
  private leaveOut(control: AnyControl, kind: SubjectKind, reason: string): void {
    if (kind === 'object' || kind === 'pod' || kind === 'container') return;
    const reasons = this.inapplicable.get(control);
    if (reasons === undefined) this.inapplicable.set(control, new Set([reason]));
    else reasons.add(reason);
  }

  private leaveOpen(control: AnyControl, { kind, reason }: { kind: 'unknown' | 'manual'; reason: string }): void {
    let reasons = this.open.get(control);
    if (reasons === undefined) {
      reasons = new Map();
      this.open.set(control, reasons);
    }
    const known = reasons.get(reason);
    if (known === undefined) reasons.set(reason, { kind, subjects: 1 });
    else known.subjects += 1;
  }
}

function isAbout(component: Component, subject: Subject | ComponentSubject): boolean {
  return 'component' in subject && subject.component.component === component;
}

function isOfPod(subject: Subject | PodSubject): subject is PodSubject {
  return 'pod' in subject;
}

const noneFailed: ReadonlySet<string> = new Set();

function emptyCounts(): VerdictCounts {
  return { pass: 0, fail: 0, 'not-applicable': 0, unknown: 0, manual: 0, error: 0 };
}

function malformedGaps(workload: Workload): Gap[] {
  const { source, kind, name } = workload.object;
  return workload.malformed.map(({ path, message }) => {
    const region = source.positions?.locate([...source.base, ...path]);
    return {
      code: 'malformed',
      what: source.file,
      reason: `${kind} ${name}: ${message}`,
      hint: 'the API server would refuse this object; the rest of it was judged',
      ...(region === undefined ? {} : { region }),
    };
  });
}

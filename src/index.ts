/** The library: what the command line is made of. */

export { collectManifests } from './collect/manifests/collect.ts';
export { decodeManifest } from './collect/manifests/decode.ts';
export { collectNode } from './collect/node/collect.ts';
export { assembleSnapshot, type Collected } from './collect/snapshot.ts';
export { readSnapshot, writeSnapshot } from './collect/snapshot-file.ts';
export {
  type AnyControl,
  type Control,
  type ControlDefinition,
  control,
  type Examples,
  type Fix,
  type Profile,
} from './controls/control.ts';
export { inContainer, inPod } from './controls/examples.ts';
export { controls } from './controls/registry.ts';
export { exitCodeOf, exitCodes } from './engine/exit-code.ts';
export type { Finding, Place } from './engine/finding.ts';
export { fingerprint } from './engine/fingerprint.ts';
export type { InputCounts } from './engine/inputs.ts';
export { type Judgement, type JudgeOptions, judge, type VerdictCounts } from './engine/judge.ts';
export { defineFact, type Facts } from './facts/facts.ts';
export { workloadOf } from './facts/workloads.ts';
export { type Edit, edit, type FixSafety } from './model/edit.ts';
export { formatPath, type Path, valueAt } from './model/path.ts';
export { podFromJson } from './model/pod.ts';
export type { Severity } from './model/severity.ts';
export type { Gap, KubeObject, SkippedInput, Snapshot, Source } from './model/snapshot.ts';
export type {
  ContainerSubject,
  ObjectSubject,
  PodSubject,
  Subject,
  SubjectKind,
  Subjects,
} from './model/subject.ts';
export { type Failure, fail, notApplicable, pass, unknown, type Verdict } from './model/verdict.ts';
export { controlPages } from './report/control-page.ts';
export { formats } from './report/formats.ts';
export * from './semantics/component-config/index.ts';
export * from './semantics/pod-security/index.ts';
// In a name of its own: what it calls a PodSecurityPolicy is the API object, and not a level with a version.
export * as podSecurityPolicies from './semantics/pod-security-policy/index.ts';
export * from './semantics/rbac/index.ts';

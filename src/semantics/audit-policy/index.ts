export type { AuditLevel, AuditStage } from '../../model/audit-event.ts';
export {
  type AskedRequests,
  auditPolicySize,
  bodyLogged,
  describeRequest,
  type FoundRequest,
  unrecorded,
} from './coverage.ts';
export { type AuditDecision, type AuditedRequest, decideAudit, type RequestedResource } from './decide.ts';
export { type DetectionCoverage, detectionCoverage, type LostRequests } from './detection-coverage.ts';
export { diffPolicies, type Outcome, type PolicyDifference } from './diff.ts';
export { describeRule, type Explanation, explainAudit, mismatch } from './explain.ts';
export {
  type ArrivingIdentity,
  auditedComponents,
  IdentityReader,
  type KeptLevels,
  possibleLevels,
  type RequestKind,
  requestKinds,
  type StrayUser,
  strayUsers,
} from './identities.ts';
export { levelAtLeast, levelFor, recordedStages } from './levels.ts';
export { type LintedPolicy, type LintFinding, type LintRule, lintAuditPolicy, lintRules } from './lint.ts';
export { credentialBodies, credentialName } from './lint-outcomes.ts';
export {
  type AuditPolicy,
  type AuditPolicyProblem,
  type AuditRule,
  type GroupResources,
  type ReadAuditPolicy,
  readAuditPolicy,
} from './policy.ts';
export { userNamed } from './request-atoms.ts';
export { requestInfo, type WireRequest } from './request-info.ts';
export { SpaceTooLarge } from './request-space.ts';
export { requestOf, type Simulation, Simulator } from './simulate.ts';

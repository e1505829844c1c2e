export {
  type AskedRequests,
  auditPolicySize,
  bodyLogged,
  describeRequest,
  type FoundRequest,
  isRecorded,
  unrecorded,
} from './coverage.ts';
export { type AuditDecision, type AuditedRequest, decideAudit, type RequestedResource, ruleMatches } from './decide.ts';
export {
  type AuditLevel,
  type AuditPolicy,
  type AuditPolicyProblem,
  type AuditRule,
  type AuditStage,
  auditLevels,
  auditStages,
  type GroupResources,
  type ReadAuditPolicy,
  readAuditPolicy,
} from './policy.ts';

export {
  type AskedRequests,
  auditPolicySize,
  bodyLogged,
  describeRequest,
  type FoundRequest,
  unrecorded,
} from './coverage.ts';
export { type AuditDecision, type AuditedRequest, decideAudit, type RequestedResource } from './decide.ts';
export {
  type AuditLevel,
  type AuditPolicy,
  type AuditPolicyProblem,
  type AuditRule,
  type AuditStage,
  type GroupResources,
  type ReadAuditPolicy,
  readAuditPolicy,
} from './policy.ts';

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
export {
  type AuditPolicy,
  type AuditPolicyProblem,
  type AuditRule,
  type GroupResources,
  type ReadAuditPolicy,
  readAuditPolicy,
} from './policy.ts';

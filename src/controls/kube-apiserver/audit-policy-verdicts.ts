import type { Facts } from '../../facts/facts.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { type Failure, unknown, type Verdict } from '../../model/verdict.ts';
import {
  type AskedRequests,
  type AuditPolicy,
  auditPolicySize,
  decideAudit,
  describeRequest,
  type FoundRequest,
  type ReadAuditPolicy,
  readAuditPolicy,
  unrecorded,
} from '../../semantics/audit-policy/index.ts';
import { settingFailure } from '../setting-control.ts';
import { type DocumentOf, documentFailure, namedDocuments } from './named-file.ts';
import { settingOf } from './server-control.ts';

/** Judges the policy that is named; without one nothing is logged, which fails here too for those who ask row by row. */
export function judgePolicy(
  server: NodeComponent,
  facts: Facts,
  judge: (read: ReadAuditPolicy, document: DocumentOf) => Verdict | readonly Failure[],
): Verdict | readonly Failure[] {
  const document = facts.get(namedDocuments)(server, 'audit-policy-file');
  if (document.kind === 'unset') {
    const says = 'there is no policy, and nothing is logged';
    return settingFailure(server, settingOf(server, 'audit-policy-file'), { says });
  }
  if (document.kind === 'unusable') return document.verdict;
  const read = readAuditPolicy(document.value, { minor: server.config.minor });
  if (auditPolicySize(read.policy) > 5000) return unknown(`${document.path} has more rules than can be judged`);
  return judge(read, document);
}

/** Judges the rules of the policy. That it has none is told by the control of what the API server loads. */
export function judgeRules(
  server: NodeComponent,
  facts: Facts,
  judge: (policy: AuditPolicy, document: DocumentOf) => readonly Failure[],
): Verdict | readonly Failure[] {
  return judgePolicy(server, facts, ({ policy }, document) =>
    policy.rules.length === 0 ? unknown(`${document.path} has no rules`) : judge(policy, document),
  );
}

/** What of these requests leaves no trace. */
export function silentOf(
  server: NodeComponent,
  facts: Facts,
  asked: readonly AskedRequests[],
): Verdict | readonly Failure[] {
  return judgeRules(server, facts, (policy, document) =>
    eachFound(asked, (each) => unrecorded(policy, each)).map(({ asked: each, found }) =>
      ruleFailure(document, found, { message: `${describeRequest(found.request)} is not logged`, key: nameOf(each) }),
    ),
  );
}

/** What a search finds for each kind of request, where it finds anything. */
export function eachFound(
  asked: readonly AskedRequests[],
  find: (asked: AskedRequests) => FoundRequest | undefined,
): { asked: AskedRequests; found: FoundRequest }[] {
  return asked.flatMap((each) => {
    const found = find(each);
    return found === undefined ? [] : [{ asked: each, found }];
  });
}

/** At the rule that decided; where none did, at the list of them. */
export function ruleFailure(
  document: DocumentOf,
  { decision }: FoundRequest,
  more: { message: string; key?: string },
): Failure {
  return documentFailure(document, decision.rule?.path ?? ['rules'], more);
}

/** A request without a user, where the policy does not record it. */
export function failedLogin(policy: AuditPolicy): FoundRequest | undefined {
  const resource = { group: '', resource: 'secrets', subresource: '', namespace: 'an-application', name: 'an-object' };
  const request = { verb: 'get', path: '', resource };
  const decision = decideAudit(policy, request);
  const silent = decision.level === 'None' || decision.omitStages.includes('ResponseStarted');
  return silent ? { request, decision } : undefined;
}

/** `pods/exec`. */
export function nameOf({ resource, subresource }: AskedRequests): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

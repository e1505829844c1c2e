import { exitCodes } from '../engine/exit-code.ts';
import { type GraphEdge, grantGraph } from '../report/rbac-graph.ts';
import { bindingJson, jsonText, objectJson, ruleJson } from '../report/rbac-json.ts';
import { objectText, placeText, requestText, ruleText } from '../report/rbac-text.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import type { Access, Decision } from '../semantics/rbac/access.ts';
import type { Grant } from '../semantics/rbac/authorize.ts';
import { appliesTo, type Binding, type RbacUser } from '../semantics/rbac/binding.ts';
import { subjectName } from '../semantics/rbac/default-objects.ts';
import { streamRequests } from '../semantics/rbac/needed-requests.ts';
import { type Refusal, refusalOf } from '../semantics/rbac/why-not.ts';
import type { CanFlags, Colored, QuestionCommand } from './rbac.ts';
import { readRbac } from './rbac-evidence.ts';
import { askedIdentity } from './rbac-identity.ts';
import { type AskedRequest, type AskedWords, readAsked } from './rbac-request.ts';
import type { Terminal } from './terminal.ts';

interface Question extends AskedWords {
  readonly command: QuestionCommand;
}

interface Answer {
  readonly user: RbacUser;
  readonly asked: AskedRequest;
  readonly decision: Decision;
  /** Where it is allowed in single namespaces, if none was named and it is not allowed in all. */
  readonly elsewhere: readonly string[];
  readonly refusal: Refusal | undefined;
  readonly note: string | undefined;
}

/** Answers `can-i`, `why` and `why-not`. Returns the exit code: 0 for yes, 1 for no, 3 where it cannot be told. */
export async function runCan(question: Question, flags: Colored<CanFlags>, terminal: Terminal): Promise<number> {
  const { snapshot, access, minor } = await readRbac(flags, terminal);
  const asked = readAsked(question, { flags, snapshot, terminal });
  const answer = answerOf(access, askedIdentity(flags.as, flags.asGroup), { asked, minor });
  const { decision, refusal } = answer;
  if (flags.output === 'json') await terminal.out(answerJson(answer));
  else if (flags.output === 'text')
    await terminal.out(answerText(answer, question.command, styleOf(flags.color).strong));
  else {
    const edges =
      decision.kind === 'allowed' && decision.by === 'rbac'
        ? edgesOf(decision.grant, answer.user)
        : (refusal?.nearest ?? []).flatMap((miss) => edgesOf(miss, answer.user));
    await terminal.out(grantGraph(edges, flags.output));
  }
  if (decision.kind === 'allowed') return exitCodes.clean;
  // What is missing could only have given more.
  return decision.kind === 'unknown' || snapshot.gaps.length > 0 ? exitCodes.incomplete : exitCodes.findings;
}

function answerOf(
  access: Access,
  user: RbacUser,
  { asked, minor }: { readonly asked: AskedRequest; readonly minor: number | undefined },
): Answer {
  const { request, namespace, isOpen } = asked;
  const decision = access.decide(user, request, namespace);
  const own = access.authorizer.bindingsOf(user);
  const namespaces = new Set(own.flatMap(({ scope, object }) => (scope === 'cluster' ? [] : [object.namespace ?? ''])));
  const elsewhere =
    decision.kind === 'allowed' || !isOpen
      ? []
      : [...namespaces].filter((each) => access.decide(user, request, each).kind === 'allowed').sort();
  const refusal = decision.kind === 'allowed' ? undefined : refusalOf(access.authorizer, user, { request, namespace });
  const stream = 'path' in request || request.subresource === undefined ? '' : request.subresource;
  const note = decision.kind === 'allowed' ? undefined : streamNote(stream, minor, { access, user, asked });
  return { user, asked, decision, elsewhere, refusal, note };
}

/** Whether the other verb opens the stream in this version. */
function streamNote(
  subresource: string,
  minor: number | undefined,
  { access, user, asked }: { readonly access: Access; readonly user: RbacUser; readonly asked: AskedRequest },
): string | undefined {
  const { note } = streamRequests(subresource, undefined, minor);
  const { request, namespace } = asked;
  if (note === undefined || 'path' in request || request.verb !== 'create') return undefined;
  const other = access.decide(user, { ...request, verb: 'get' }, namespace);
  return other.kind === 'allowed' ? `${note}, and they have that` : undefined;
}

function answerText(answer: Answer, command: QuestionCommand, strong: (text: string) => string): string {
  const { user, asked, decision, elsewhere, refusal, note } = answer;
  const what = visible(requestText(asked.request));
  const where = asked.namespace === undefined ? '' : ` in namespace ${visible(asked.namespace)}`;
  const who = visible(user.name === '' ? `members of ${user.groups.join(', ')}` : user.name);
  const lines: string[] = [];
  if (decision.kind === 'allowed') {
    lines.push(strong('yes'));
    if (decision.by === 'system:masters') lines.push('  The group system:masters may do anything; no role is asked.');
    else if (decision.by === 'node') lines.push(`  The node authorizer allows it: ${visible(decision.because)}.`);
    else lines.push(...witness(decision.grant, user));
    return `${lines.join('\n')}\n`;
  }
  if (decision.kind === 'unknown') lines.push(strong('unknown'), `  ${visible(decision.reason)}`);
  else lines.push(strong('no'), `  Nothing allows ${who} to ${what}${where}.`);
  if (elsewhere.length > 0) lines.push(`  Not in all namespaces, but in ${visible(elsewhere.join(', '))}.`);
  if (note !== undefined) lines.push(`  ${note}`);
  if (refusal !== undefined && command !== 'can-i') lines.push(...refusalLines(refusal));
  return `${lines.join('\n')}\n`;
}

/** The binding and the rule that allow somebody something, with their lines. */
export function witness({ binding, role, rule }: Grant, user: RbacUser): readonly string[] {
  const subject = binding.subjects.find((each) => appliesTo(each, user));
  const at = subject?.path ?? ['roleRef'];
  const who = subject === undefined ? '' : ` binds ${visible(subjectName(subject))}`;
  const lines = [`  ${visible(objectText(binding.object))}${who} (${visible(placeText(binding.object, at))})`];
  if (binding.role.name !== role.name)
    lines.push(`  to ${binding.role.kind} ${visible(binding.role.name)}, which aggregates`);
  lines.push(
    `  ${visible(objectText(role))}, whose rules[${rule.index}] allows ${visible(ruleText(rule))} (${visible(placeText(role, ['rules', rule.index]))})`,
  );
  return lines;
}

function refusalLines({ nearest, others, dangling, bindings }: Refusal): readonly string[] {
  const lines: string[] = [];
  if (bindings === 0) lines.push('  No binding names them or a group of theirs.');
  for (const { role, rule, missed, binding } of nearest) {
    const at = visible(placeText(role, ['rules', rule.index]));
    lines.push(
      `  Nearest: ${visible(objectText(role))} rules[${rule.index}] allows ${visible(ruleText(rule))} (${at});`,
      `    what differs is the ${missed.join(' and the ')}, by ${visible(objectText(binding.object))}`,
    );
  }
  for (const { role, object } of dangling) {
    lines.push(
      `  ${visible(objectText(object))} gives ${role.kind} ${visible(role.name)}, which does not exist (${visible(placeText(object, ['roleRef']))})`,
    );
  }
  for (const { role, binding } of others) {
    const subjects = binding.subjects.map(subjectName);
    const who = subjects.length === 0 ? 'nobody' : subjects.slice(0, 2).join(', ');
    lines.push(
      `  It is what ${visible(objectText(role))} gives ${visible(who)}, by ${visible(objectText(binding.object))}`,
    );
  }
  return lines;
}

function answerJson({ user, asked, decision, elsewhere, refusal, note }: Answer): string {
  return jsonText({
    user,
    request: asked.request,
    namespace: asked.namespace ?? null,
    decision: decision.kind,
    ...(decision.kind === 'allowed' && { by: decision.by }),
    ...(decision.kind === 'allowed' && decision.by === 'node' && { because: decision.because }),
    ...(decision.kind === 'unknown' && { reason: decision.reason }),
    ...(decision.kind === 'allowed' && decision.by === 'rbac' && { witness: grantJson(decision.grant) }),
    ...(elsewhere.length > 0 && { namespaces: elsewhere }),
    ...(note !== undefined && { note }),
    ...(refusal !== undefined && {
      nearest: refusal.nearest.map((miss) => ({ ...grantJson(miss), missed: miss.missed })),
      others: refusal.others.map(grantJson),
      dangling: refusal.dangling.map(bindingJson),
    }),
  });
}

/** A grant with its witnesses, for machines. */
export function grantJson({ binding, role, rule }: Grant): object {
  return {
    binding: bindingJson(binding),
    role: objectJson(role, ['rules', rule.index]),
    rule: ruleJson(rule),
  };
}

export function edgesOf(grant: Grant & { readonly binding: Binding }, user: RbacUser): readonly GraphEdge[] {
  return grant.binding.subjects
    .filter((subject) => appliesTo(subject, user))
    .map((subject) => ({ subject, binding: grant.binding, role: grant.role, rule: grant.rule }));
}

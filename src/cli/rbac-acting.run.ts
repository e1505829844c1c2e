import { exitCodes } from '../engine/exit-code.ts';
import { grantGraph } from '../report/rbac-graph.ts';
import { jsonText } from '../report/rbac-json.ts';
import { requestText } from '../report/rbac-text.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import type { Decision } from '../semantics/rbac/access.ts';
import type { RbacUser } from '../semantics/rbac/binding.ts';
import { constrainedSince, type Impersonation, mayImpersonate } from '../semantics/rbac/impersonate.ts';
import type { CanFlags, Colored } from './rbac.ts';
import { edgesOf, grantJson, witness } from './rbac-can.run.ts';
import { readRbac } from './rbac-evidence.ts';
import { askedIdentity } from './rbac-identity.ts';
import { type AskedRequest, type AskedWords, readAsked } from './rbac-request.ts';
import type { Terminal } from './terminal.ts';

interface Answer {
  readonly user: RbacUser;
  readonly target: RbacUser;
  readonly asked: AskedRequest;
  /** Whether the user may act as the target, and by which verbs. */
  readonly acting: Impersonation | 'system:masters';
  /** What the target may do. */
  readonly decision: Decision;
  /** Whether it depends on the version, which is not known, or on a feature gate that is off by itself. */
  readonly isOpen: boolean;
}

type ActingFlags = Colored<Omit<CanFlags, 'actingAs'>> & { readonly actingAs: string };

/**
 * Answers whether somebody may do something by acting as another: both must be allowed. Returns the exit code: 0 for yes,
 * 1 for no, 3 where it cannot be told.
 */
export async function runActing(words: AskedWords, flags: ActingFlags, terminal: Terminal): Promise<number> {
  const { snapshot, access, minor } = await readRbac(flags, terminal);
  const asked = readAsked(words, { flags, snapshot, terminal });
  const user = askedIdentity(flags.as, flags.asGroup);
  const target = askedIdentity(flags.actingAs, flags.actingAsGroup);
  const { request, namespace } = asked;
  const ask = (version: number | undefined): Impersonation =>
    mayImpersonate(access.authorizer, user, {
      target: { user: target.name, groups: flags.actingAsGroup },
      ...(!('path' in request) && { action: { request, namespace } }),
      ...(version !== undefined && { minor: version }),
    });
  const acting = user.groups.includes('system:masters') ? 'system:masters' : ask(minor);
  // Both halves of the younger kind are there, and nobody says whether the server knows it.
  const mayBeOn = minor === undefined || minor === constrainedSince - 1;
  const isOpen = acting !== 'system:masters' && !acting.allowed && mayBeOn && ask(constrainedSince).allowed;
  const decision = access.decide(target, request, namespace);
  const answer: Answer = { user, target, asked, acting, decision, isOpen };
  if (flags.output === 'json') await terminal.out(answerJson(answer));
  else if (flags.output === 'text') await terminal.out(answerText(answer, styleOf(flags.color).strong));
  else {
    const grants = acting !== 'system:masters' && acting.allowed ? acting.grants : [];
    const own = answer.decision.kind === 'allowed' && answer.decision.by === 'rbac' ? [answer.decision.grant] : [];
    const edges = [...grants.flatMap((each) => edgesOf(each, user)), ...own.flatMap((each) => edgesOf(each, target))];
    await terminal.out(grantGraph(edges, flags.output));
  }
  const isUnknown =
    (isOpen && decision.kind !== 'denied') ||
    (mayAct(answer) && decision.kind === 'unknown') ||
    snapshot.gaps.length > 0;
  if (mayAct(answer) && decision.kind === 'allowed') return exitCodes.clean;
  return isUnknown || access.unresolved.length > 0 ? exitCodes.incomplete : exitCodes.findings;
}

function mayAct({ acting }: Answer): boolean {
  return acting === 'system:masters' || acting.allowed;
}

const openNote = `constrained impersonation would allow it: on from v1.${constrainedSince}, behind a feature gate in v1.${constrainedSince - 1}; --kubernetes-version tells which it is`;

function answerText(answer: Answer, strong: (text: string) => string): string {
  const { user, target, asked, acting, decision, isOpen } = answer;
  const what = `${visible(requestText(asked.request))}${asked.namespace === undefined ? '' : ` in namespace ${visible(asked.namespace)}`}`;
  const may = mayAct(answer);
  const isUnknown = (may && decision.kind === 'unknown') || (isOpen && decision.kind !== 'denied');
  const lines = [strong(may && decision.kind === 'allowed' ? 'yes' : isUnknown ? 'unknown' : 'no')];
  const [one, other] = [nameOf(user), nameOf(target)];
  if (acting === 'system:masters') lines.push('  The group system:masters may act as anybody; no role is asked.');
  else if (acting.allowed) {
    const how = acting.by === 'legacy' ? 'the verb impersonate' : `constrained impersonation (${acting.by})`;
    lines.push(`  ${one} may act as ${other} by ${how}:`, ...acting.grants.flatMap((each) => witness(each, user)));
  } else {
    const { request, namespace } = acting.lacks;
    const where = namespace === undefined ? '' : ` in namespace ${visible(namespace)}`;
    lines.push(`  ${one} may not act as ${other}: nothing allows them to ${visible(requestText(request))}${where}.`);
    if (isOpen) lines.push(`  But ${openNote}.`);
  }
  if (decision.kind === 'allowed') {
    lines.push(`  ${other} may ${what}:`);
    if (decision.by === 'rbac') lines.push(...witness(decision.grant, target));
    else if (decision.by === 'node') lines.push(`  The node authorizer allows it: ${visible(decision.because)}.`);
    else lines.push('  The group system:masters may do anything; no role is asked.');
  } else if (decision.kind === 'unknown') lines.push(`  ${visible(decision.reason)}`);
  else lines.push(`  Nothing allows ${other} to ${what}.`);
  return `${lines.join('\n')}\n`;
}

function nameOf({ name, groups }: RbacUser): string {
  return visible(name === '' ? `members of ${groups.join(', ')}` : name);
}

function answerJson({ user, target, asked, acting, decision, isOpen }: Answer): string {
  return jsonText({
    ...{ user, actingAs: target, request: asked.request, namespace: asked.namespace ?? null },
    impersonation:
      acting === 'system:masters'
        ? { allowed: true, by: acting }
        : acting.allowed
          ? { allowed: true, by: acting.by, witness: acting.grants.map(grantJson) }
          : acting,
    decision: decision.kind,
    ...(decision.kind === 'allowed' && { by: decision.by }),
    ...(decision.kind === 'unknown' && { reason: decision.reason }),
    ...(decision.kind === 'allowed' && decision.by === 'rbac' && { witness: grantJson(decision.grant) }),
    ...(isOpen && { note: openNote }),
  });
}

import type { KubeObject } from '../model/snapshot.ts';
import { subjectName } from '../semantics/rbac/default-objects.ts';
import { type RoleRule, readRules } from '../semantics/rbac/rule.ts';
import type { Silence } from '../semantics/rbac-tighten/observed-span.ts';
import type { Proposal, ProposedSubject } from '../semantics/rbac-tighten/propose.ts';
import type { Replay } from '../semantics/rbac-tighten/replay.ts';
import type { UnusedGrant } from '../semantics/rbac-tighten/unused.ts';
import type { Hidden, UsageRecorder, Use } from '../semantics/rbac-tighten/usage.ts';
import { bindingJson, objectJson, ruleJson } from './rbac-json.ts';
import { objectText, placeText, requestText, ruleText, scopeText } from './rbac-text.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

/** What came of reading the logs. */
export interface Tightening {
  readonly recorder: UsageRecorder;
  readonly proposals: readonly Proposal[];
  readonly objects: readonly KubeObject[];
  readonly uses: readonly Use[];
  /** Users without a proposal, and why. */
  readonly left: ReadonlyMap<string, string>;
  readonly denied: readonly Use[];
  readonly replay: Replay;
  /** Undefined where no roles and bindings were read to compare with. */
  readonly unused: readonly UnusedGrant[] | undefined;
  readonly hidden: ReadonlyMap<string, ReadonlySet<Hidden>>;
}

const minute = 60_000;
const day = 24 * 60 * minute;
/** What runs weekly, or at the end of a month, shows in a log that is longer. */
const enoughDays = 35;
const mostShown = 20;

export function tighteningText(tightening: Tightening, style: Style): string {
  const { recorder, proposals, left, denied, unused } = tightening;
  const lines = [...spanLines(recorder), ''];
  for (const proposal of proposals) lines.push(...proposalLines(proposal, tightening, style));
  if (unused !== undefined) lines.push(...unusedLines(unused, style));
  if (denied.length > 0) {
    lines.push(style.strong('Denied, and in no role'));
    for (const { user, request, namespace, count } of denied.slice(0, mostShown)) {
      lines.push(visible(`  ${user.name || '(no name)'}: ${requestText(request)}${place(namespace)} (${count} times)`));
    }
    if (denied.length > mostShown) lines.push(`  and ${denied.length - mostShown} more`);
    lines.push('');
  }
  if (left.size > 0) {
    lines.push(style.strong('Left alone'));
    for (const [user, reason] of [...left].slice(0, mostShown)) lines.push(visible(`  ${user}: ${reason}`));
    if (left.size > mostShown) lines.push(`  and ${left.size - mostShown} more`);
    lines.push('');
  }
  lines.push(...proofLines(tightening.replay, style));
  return `${lines.join('\n')}\n`;
}

function spanLines({ span, events, allowed, forgotten }: UsageRecorder): readonly string[] {
  if (events === 0) return ['No requests were seen.'];
  const lines = [
    `Observed ${timeText(span.first)} to ${timeText(span.last)} (${lengthText(span.length)}): ${events} requests, of which ${allowed} were allowed.`,
  ];
  const silences = silencesOf(span);
  for (const { from, to } of silences.slice(0, 5)) {
    lines.push(
      `  Nothing at all from ${timeText(from)} to ${timeText(to)} (${lengthText(to - from)}): a gap in the log, or in the work.`,
    );
  }
  if (silences.length > 5) lines.push(`  and ${silences.length - 5} more gaps`);
  if (span.length < enoughDays * day) {
    lines.push(
      `  That is less than ${enoughDays} days: what runs once a month, renews certificates or recovers from a disaster may be missing.`,
    );
  }
  lines.push('  Requests that the audit policy drops are in no log; bulwark audit policy lint tells which.');
  if (forgotten > 0) lines.push(`  ${forgotten} requests of rare kinds were not kept: the roles do not allow them.`);
  return lines;
}

/** Gaps that stand out against the whole: ten minutes at least, and a fiftieth of it. */
function silencesOf(span: UsageRecorder['span']): readonly Silence[] {
  return span.silences(Math.max(10 * minute, span.length / 50));
}

function proposalLines({ user, roles, requests, widened }: Proposal, { hidden }: Tightening, style: Style): string[] {
  const kinds = roles.reduce((sum, { rules }) => sum + rules.length, 0);
  const lines = [
    `${style.strong(visible(user.name))}  ${requests} requests, ${kinds === 0 ? 'no role needed' : `${kinds} rules`}`,
  ];
  for (const { namespace, name, rules } of roles) {
    lines.push(visible(`  ${namespace === undefined ? `ClusterRole ${name}` : `Role ${namespace}/${name}`}`));
    for (const rule of rules) lines.push(visible(`    ${ruleText(rule)}`));
  }
  for (const text of widened) lines.push(style.faint(visible(`  more than was seen: ${text}`)));
  for (const each of hidden.get(user.name) ?? []) lines.push(style.alarming(`  by hand: ${byHand[each]}`));
  lines.push('');
  return lines;
}

const byHand: Readonly<Record<Hidden, string>> = {
  roles: 'it wrote roles, and needs escalate on them or what they give',
  bindings: 'it wrote bindings, and needs bind on their roles or what those give',
  certificates: 'it approved or signed certificates, and needs approve or sign on their signers',
};

function unusedLines(unused: readonly UnusedGrant[], style: Style): string[] {
  const lines = [style.strong('Granted, and not used')];
  if (unused.length === 0) lines.push('  nothing');
  for (const { binding, extent, rules } of unused.slice(0, mostShown * 3)) {
    const subjects = binding.subjects.map(subjectName);
    const who = `${subjects.slice(0, 2).join(', ')}${subjects.length > 2 ? ` and ${subjects.length - 2} more` : ''}`;
    const at = placeText(binding.object, ['roleRef']);
    const role = `${binding.role.kind} ${binding.role.name}`;
    lines.push(visible(`  ${objectText(binding.object)} (${at}) gives ${role} to ${who}, ${scopeText(binding)}`));
    if (extent === 'all') lines.push('    nothing of it was used');
    else {
      for (const { rule, usedVerbs } of rules.slice(0, mostShown)) {
        lines.push(
          visible(
            `    rules[${rule.index}] ${ruleText(rule)}: ${usedVerbs.length === 0 ? 'not used' : `used for ${usedVerbs.join(', ')} only`}`,
          ),
        );
      }
    }
  }
  if (unused.length > mostShown * 3) lines.push(`  and ${unused.length - mostShown * 3} more bindings`);
  return [...lines, ''];
}

function proofLines({ asked, denied }: Replay, style: Style): readonly string[] {
  if (denied.length === 0) {
    return [
      style.good(
        `Proof: ${asked} different requests that were allowed were asked of the new roles, and all are allowed.`,
      ),
    ];
  }
  return [
    style.alarming(`The new roles deny ${denied.length} of ${asked} different requests that were allowed:`),
    ...denied
      .slice(0, mostShown)
      .map(({ user, request, namespace }) => visible(`  ${user}: ${requestText(request)}${place(namespace)}`)),
  ];
}

function place(namespace: string | undefined): string {
  return namespace === undefined ? '' : ` in namespace ${namespace}`;
}

function timeText(time: number): string {
  return Number.isFinite(time) ? `${new Date(time).toISOString().slice(0, 16)}Z` : 'an unknown time';
}

function lengthText(length: number): string {
  if (length >= 2 * day) return `${Math.floor(length / day)} days`;
  if (length >= 120 * minute) return `${Math.floor(length / (60 * minute))} hours`;
  const minutes = Math.floor(length / minute);
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

/** The roles and bindings as YAML that can be applied. Every text of the input is a quoted JSON string, which YAML reads. */
export function tighteningYaml({ recorder, objects, proposals, replay }: Tightening): string {
  const { span, events } = recorder;
  const proof =
    replay.denied.length === 0
      ? `${replay.asked} different requests that were allowed are allowed by these roles.`
      : `${replay.denied.length} of ${replay.asked} different requests that were allowed are denied by these roles.`;
  const head = [
    `# The smallest roles for what ${proposals.length} users did in ${events} requests,`,
    `# observed ${timeText(span.first)} to ${timeText(span.last)}. ${proof}`,
  ];
  return `${[head.join('\n'), ...objects.map(objectYaml)].join('\n---\n')}\n`;
}

function objectYaml({ kind, value, apiVersion }: KubeObject): string {
  const { metadata, roleRef, subjects } = value;
  const lines = [`apiVersion: ${apiVersion}`, `kind: ${kind}`, `metadata: ${JSON.stringify(metadata)}`];
  if (roleRef === undefined) {
    lines.push('rules:');
    for (const rule of readRules(value)) lines.push(...ruleYaml(rule));
  } else
    lines.push(`roleRef: ${JSON.stringify(roleRef)}`, 'subjects:', `  - ${JSON.stringify((subjects as object[])[0])}`);
  return lines.join('\n');
}

function ruleYaml(rule: RoleRule): readonly string[] {
  const fields = (['apiGroups', 'resources', 'nonResourceURLs', 'resourceNames', 'verbs'] as const).filter(
    (field) => rule[field].length > 0,
  );
  return fields.map((field, index) => `${index === 0 ? '  - ' : '    '}${field}: ${JSON.stringify(rule[field])}`);
}

export function tighteningJson({ recorder, proposals, objects, left, denied, replay, unused }: Tightening): object {
  const { span, events, allowed, forgotten } = recorder;
  const time = (at: number): string | null => (Number.isFinite(at) ? new Date(at).toISOString() : null);
  const subject = (proposal: Proposal): ProposedSubject | undefined => proposal.roles[0]?.subject;
  return {
    observed: {
      ...{ from: time(span.first), to: time(span.last), events, allowed, forgotten },
      gaps: silencesOf(span).map(({ from, to }) => ({ from: time(from), to: time(to) })),
    },
    users: proposals.map((each) => ({
      ...{ user: each.user.name, subject: subject(each) ?? null, requests: each.requests, widened: each.widened },
      manual: [...(recorder.hidden.get(each.user.name) ?? [])],
      roles: each.roles.map(({ namespace, name, rules }) => ({
        namespace: namespace ?? null,
        name,
        rules: rules.map(ruleJson),
      })),
    })),
    objects: objects.map(({ value }) => value),
    unused:
      unused?.map(({ binding, extent, rules }) => ({
        ...{ binding: bindingJson(binding), extent },
        rules: rules.map(({ role, rule, usedVerbs }) => ({
          ...{ role: objectJson(role, ['rules', rule.index]), rule: ruleJson(rule), usedVerbs },
        })),
      })) ?? null,
    denied: denied.map(({ user, request, namespace, names, count }) => ({
      ...{ user: user.name, request, namespace: namespace ?? null, names: [...names], count },
    })),
    leftAlone: Object.fromEntries(left),
    replay,
  };
}

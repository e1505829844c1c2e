import {
  type Blocker,
  firstPodSecurityMinor,
  type MutatedPod,
  type NamespacePlan,
  type PodSecurityPlan,
} from '../admission/plan-pod-security.ts';
import { formatPath } from '../model/path.ts';
import { wordList } from '../model/word-list.ts';
import { type PodSecurityLevel, podSecurityModes } from '../semantics/pod-security/index.ts';
import { labelSteps, patchCommand } from './plan-psa-steps.ts';
import { objectText, placeText } from './rbac-text.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

/** For people: the namespaces that can go further first, with what is in the way and the commands for each step. */
export function planPsaText(plan: PodSecurityPlan, style: Style): string {
  const lines: string[] = [];
  if (plan.minor === undefined) {
    lines.push(
      'The version of the server is not known: namespaces are planned for the newest, and enforced versions stay at latest,',
      'so that an upgrade may refuse more. --server-version 1.N pins them.',
      '',
    );
  } else if (plan.minor < firstPodSecurityMinor) {
    const first = `v1.${firstPodSecurityMinor}`;
    lines.push(
      `v1.${plan.minor} has no Pod Security admission. What follows is for ${first}, the first that has it, to which enforced`,
      'versions are pinned: the labels can be set before, and mean nothing until then.',
      '',
    );
  }
  for (const namespace of plan.namespaces) lines.push(...namespaceLines(namespace, plan, style), '');
  lines.push(...policyLines(plan, style));
  if (plan.namespaces.length === 0) lines.push('No namespace was read, and nothing that runs in one.', '');
  const isPatched = plan.namespaces.some(({ next }) =>
    next?.blockers.some(({ remedy }) => remedy !== undefined && remedy.patch.length > 0),
  );
  if (isPatched) lines.push('The patches take away what a program may rely on: try them where it matters least.');
  lines.push(summaryOf(plan));
  return `${lines.join('\n')}\n`;
}

function namespaceLines(namespace: NamespacePlan, plan: PodSecurityPlan, style: Style): readonly string[] {
  const { name, isSystem, counts, reachable, next, mutated } = namespace;
  const now = currentText(namespace);
  const lines = [`${style.strong(`Namespace ${visible(name)}`)}  ${now}; ${countText(counts)}`];
  if (isSystem) {
    lines.push('  It holds what the cluster itself runs, which needs to be privileged: leave it as it is.');
    return lines;
  }
  const total = counts.pods + counts.templates;
  lines.push(
    total === 0
      ? '  Nothing runs here: restricted can be enforced at once.'
      : reachable === 'privileged'
        ? '  Not everything in it passes baseline.'
        : `  Everything in it passes ${levelText(reachable, style)} already.`,
  );
  if (next !== undefined && next.blockers.length > 0) {
    lines.push(`  In the way of ${style.strong(next.level)}:`);
    for (const blocker of next.blockers) lines.push(...blockerLines(blocker));
  }
  for (const each of mutated) lines.push(...mutatedLines(each));
  const steps = labelSteps(namespace, plan.minor);
  if (steps.length > 0) lines.push('  Steps:');
  for (const [index, { why, command }] of steps.entries()) {
    lines.push(`    ${index + 1}. ${why}`, ...(command === undefined ? [] : [`       ${visible(command)}`]));
  }
  return lines;
}

function currentText({ current }: NamespacePlan): string {
  if (current === undefined) return 'not read itself';
  const set = podSecurityModes.filter((mode) => current[mode].level !== 'privileged');
  if (set.length === 0) return 'enforces nothing';
  return set.map((mode) => `${mode}=${current[mode].level}:${current[mode].version.label}`).join(', ');
}

function countText({ pods, templates }: NamespacePlan['counts']): string {
  return `${pods} ${pods === 1 ? 'pod' : 'pods'}, ${templates} ${templates === 1 ? 'template' : 'templates'}`;
}

function levelText(level: PodSecurityLevel, style: Style): string {
  return level === 'restricted' ? style.good(level) : style.strong(level);
}

function blockerLines({ object, where, results, remedy }: Blocker): readonly string[] {
  const place = visible(placeText(object, []));
  const lines = [
    `    ${visible(objectText(object))} (${place})${where === 'pods' && remedy === undefined ? ', its running pods' : ''}`,
  ];
  for (const { reason, detail } of results)
    lines.push(`      ${visible(detail === '' ? reason : `${reason}: ${detail}`)}`);
  if (remedy === undefined) {
    lines.push('      its template passes: pods that are made anew pass, too');
    return lines;
  }
  if (remedy.patch.length > 0) lines.push(`      mended by: ${visible(patchCommand(object, remedy.patch))}`);
  if (remedy.left.length > 0) {
    lines.push(`      a person must decide about ${wordList(remedy.left.map(({ reason }) => reason))}`);
  }
  return lines;
}

function mutatedLines({ owner, policy, changes, gives }: MutatedPod): readonly string[] {
  const by = policy === undefined ? 'something at admission' : `PodSecurityPolicy ${policy}`;
  const fields = wordList(changes.map(({ path }) => formatPath(path)));
  const lines = [
    `  Pods of ${visible(objectText(owner))} differ from its template, by ${visible(by)}: ${visible(fields)}`,
  ];
  if (gives !== undefined) lines.push(`    without that they would not pass ${gives}: write it into the template`);
  return lines;
}

function policyLines({ policies }: PodSecurityPlan, style: Style): readonly string[] {
  if (policies.length === 0) return [];
  const lines = [style.strong('PodSecurityPolicies')];
  for (const { object, level, blockers, lost, traps } of policies) {
    lines.push(`  ${visible(object.name)}: what it lets in fits ${level}`);
    for (const { level: of, field, message } of blockers) lines.push(`    not ${of}: ${field} ${visible(message)}`);
    for (const { field, message } of lost) lines.push(`    lost with it: ${visible(field)} ${visible(message)}`);
    for (const trap of traps) lines.push(`    beware: ${trap}`);
  }
  lines.push('');
  return lines;
}

function summaryOf({ namespaces }: PodSecurityPlan): string {
  const own = namespaces.filter(({ isSystem }) => !isSystem);
  const counts = (['restricted', 'baseline', 'privileged'] as const).map((level) => {
    return `${own.filter(({ reachable }) => reachable === level).length} at ${level}`;
  });
  return `${own.length} ${own.length === 1 ? 'namespace' : 'namespaces'} besides those of Kubernetes: ${counts.join(', ')}`;
}

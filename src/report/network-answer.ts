import type { AnswerPart, NetworkAnswer } from '../facts/network-answer.ts';
import type { Enforcement } from '../facts/network-enforcement.ts';
import { formatPath } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { Policy, PolicyRule, PortSets, SideExplanation } from '../semantics/network-policy/index.ts';
import { listed, type TextOptions } from './network-list.ts';
import { boundedText, enforcementJson, enforcementLines, portsJson } from './network-words.ts';
import type { Style } from './style.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

/** An answer, with what its parts are called and what decides about them. */
export interface ShownAnswer {
  readonly from: string;
  readonly to: string;
  readonly answer: NetworkAnswer;
  readonly ports: PortSets;
  readonly enforcement: Enforcement;
  readonly parts: readonly ShownPart[];
}

export interface ShownPart {
  readonly part: AnswerPart;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Empty where no explanation was asked for. */
  readonly sides: readonly SideExplanation[];
}

const verdictWords = { allowed: 'yes', denied: 'no', partly: 'partly', unknown: 'not known' } as const;

export function networkAnswerText(shown: ShownAnswer, { style, width }: TextOptions): string {
  const { answer, enforcement, parts } = shown;
  const columns = Math.max(40, Math.min(width, 140));
  const paint = paintOf(style, answer.verdict);
  const lines = wrap(visible(`${shown.from} to ${shown.to}`), {
    width: columns,
    lead: `${verdictWords[answer.verdict]}: `,
  }).map(paint);
  const say = (text: string, lead = '  '): void => void lines.push(...wrap(visible(text), { width: columns, lead }));
  for (const each of parts) {
    const { part, from, to } = each;
    const what = part.verdict === 'denied' ? 'no port' : boundedText(shown.ports, part.ports);
    if (parts.length > 1 || part.verdict !== 'denied') {
      const text = `${visible(what)}: from ${listed(from)} to ${listed(to)}`;
      lines.push(...wrap(text, { width: columns, lead: '  ' }));
    }
    for (const side of each.sides) lines.push(...sideLines(side, style, columns));
  }
  for (const note of answer.notes) say(note, '  Note: ');
  // A policy that nothing enforces decides nothing: that comes before every answer.
  const first = enforcement.state === 'enforced' ? '' : enforcementLines(enforcement, { style, width });
  return first + lines.map((line) => `${line}\n`).join('');
}

function paintOf(style: Style, verdict: NetworkAnswer['verdict']): (text: string) => string {
  if (verdict === 'allowed') return style.good;
  return verdict === 'denied' ? style.alarming : style.strong;
}

function sideLines({ direction, verdict, tiers }: SideExplanation, style: Style, width: number): readonly string[] {
  const head = direction === 'egress' ? 'what the source may send' : 'what the destination takes';
  const lines = [style.strong(`  ${head}: ${verdict}`)];
  const say = (text: string): void => void lines.push(...wrap(visible(text), { width, lead: '    - ' }));
  if (tiers.length === 0) say(`no policy selects it for ${direction}: everything is allowed`);
  for (const { tier, policies, matched, isolates } of tiers) {
    for (const { policy, rule, certainty } of matched) {
      say(
        `${certainty === 'possible' ? 'perhaps ' : ''}${actionWords[rule.action]} by ${ruleText(policy, rule)}${doubt(policy, rule)}`,
      );
    }
    const last = matched.at(-1);
    if (last?.certainty === 'certain') continue;
    const names = policies.map((policy) => policyText(policy)).join(', ');
    if (isolates)
      say(
        `${policies.length === 1 ? 'selected by' : `selected by ${policies.length} policies:`} ${names}; no rule ${matched.length > 0 ? 'certainly ' : ''}takes it, so it is denied`,
      );
    else say(`${names} (${tier}): no rule decides, the next tier does`);
  }
  return lines;
}

const actionWords = { allow: 'allowed', deny: 'denied', pass: 'passed on' } as const;

function doubt(policy: Policy, rule: PolicyRule): string {
  const reason = rule.unsure ?? policy.unsure ?? reasonIn(rule);
  return reason === undefined ? '' : ` (${reason})`;
}

function reasonIn({ peers }: PolicyRule): string | undefined {
  for (const peer of peers) {
    if (peer.kind === 'unknown') return peer.reason;
    if (peer.kind === 'both' || peer.kind === 'either') {
      const inner = peer.of.find((each) => each.kind === 'unknown');
      if (inner?.kind === 'unknown') return inner.reason;
    }
  }
  return undefined;
}

function policyText({ object }: Policy): string {
  return `${object.kind} ${object.namespace === undefined ? '' : `${object.namespace}/`}${object.name}`;
}

/** `NetworkPolicy shop/db, spec.ingress[0] (policies.yaml:12)`. */
function ruleText(policy: Policy, { path }: PolicyRule): string {
  const place = placeText(policy.object, path);
  const at = path.length === 0 ? '' : `, ${formatPath(path)}`;
  return `${policyText(policy)}${at}${place === '' ? '' : ` (${place})`}`;
}

function placeText({ source }: KubeObject, path: PolicyRule['path']): string {
  const line = source.positions?.locate([...source.base, ...path])?.line;
  return line === undefined ? '' : `${source.file}:${line}`;
}

export function networkAnswerJson({ from, to, answer, ports, enforcement, parts }: ShownAnswer): string {
  const result = {
    from,
    to,
    verdict: answer.verdict,
    enforcement: enforcementJson(enforcement),
    notes: answer.notes,
    parts: parts.map(({ part, from: sources, to: targets, sides }) => ({
      verdict: part.verdict,
      from: sources,
      to: targets,
      ports: portsJson(ports, part.ports.least),
      ...(part.ports.least !== part.ports.most && {
        perhaps: portsJson(ports, ports.minus(part.ports.most, part.ports.least)),
      }),
      ...(sides.length > 0 && { sides: sides.map(sideJson) }),
    })),
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

function sideJson({ direction, verdict, tiers }: SideExplanation) {
  return {
    direction,
    verdict,
    tiers: tiers.map(({ tier, policies, matched, isolates }) => ({
      tier,
      isolates,
      policies: policies.map((policy) => policyText(policy)),
      matched: matched.map(({ policy, rule, certainty }) => ({
        policy: policyText(policy),
        rule: formatPath(rule.path),
        place: placeText(policy.object, rule.path),
        action: rule.action,
        certainty,
      })),
    })),
  };
}

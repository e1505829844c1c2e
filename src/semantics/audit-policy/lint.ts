import type { Json } from '../../model/json.ts';
import { formatPath, type Path } from '../../model/path.ts';
import { isWidening, lintMisspelt, lintRepeated } from './lint-keys.ts';
import { lintOrder, shortList } from './lint-order.ts';
import { lintBodies, lintOutcomes, lintStages } from './lint-outcomes.ts';
import { lintWords } from './lint-words.ts';
import { type AuditPolicy, readAuditPolicy } from './policy.ts';
import { requestClasses, SpaceTooLarge } from './request-space.ts';

/**
 * `error`: the API server does not start. `warning`: the policy does not do what it seems to, or leaves out what a
 * break-in leaves, or puts credentials into the log. `note`: worth knowing, and often meant.
 */
export type LintSeverity = 'error' | 'warning' | 'note';

/** The pitfalls that are looked for, by the names that a report shows. */
export const lintRules = {
  invalid: 'The API server refuses the policy and does not start.',
  'ignored-key': 'A key that the API server does not know is left out with no more than a warning.',
  'repeated-key': 'A key is there twice: the API server warns, and takes the last.',
  'unreachable-rule': 'The rules before it take every request that it matches.',
  'never-matches': 'No request meets all its conditions.',
  'no-wildcard': 'A star, or a pattern, where only exact text is compared.',
  'wrong-group': 'The resource exists in another API group.',
  'unknown-group': 'No API server has such a group.',
  'unknown-resource': 'The API group has no such resource: a kind, a short name or a singular.',
  'unknown-verb': 'No request has such a verb.',
  'cluster-scoped': 'A namespace is asked for where objects have none.',
  'resource-path': 'Paths of resources are no non-resource URLs.',
  'missed-subresource': 'A resource without its subresources: exec, attach, logs and debug containers fall through.',
  'missed-verb': 'One of two verbs that do the same is left out.',
  'one-events-group': 'Events are in two API groups, and one of them is named.',
  'hidden-event-deletion': 'Events may be too many to log, but whoever deletes them hides something.',
  'hidden-failed-logins': 'A refused login has no user, no groups, and only the stage ResponseStarted.',
  'no-stages': 'Every stage of a request is omitted.',
  'two-stages': 'The stage RequestReceived doubles the log and adds nothing.',
  'logged-credentials': 'Bodies that hold credentials end in the log.',
  'patch-without-result': 'At level Request the log holds a patch, and not what it made of the object.',
  'no-catch-all': 'What no rule matches is not logged.',
  obsolete: 'What the rule is for exists no more.',
  'newer-version': 'Older API servers refuse or ignore it.',
  'probe-paths': 'Some health checks are left out, and others fill the log.',
} as const;
export type LintRule = keyof typeof lintRules;

export interface LintFinding {
  readonly rule: LintRule;
  readonly severity: LintSeverity;
  readonly path: Path;
  /** What is wrong here. */
  readonly message: string;
  /** What comes of it. */
  readonly why: string;
  /** What to write instead. */
  readonly fix: string;
}

export interface LintedPolicy {
  readonly policy: AuditPolicy;
  /** In the order of the file. */
  readonly findings: readonly LintFinding[];
  /** What could not be checked, for a policy of thousands of conditions. */
  readonly unchecked?: string;
}

export interface LintOptions {
  /** Minor version of the API server; undefined: the newest known. */
  readonly minor?: number | undefined;
  /** Keys that the file repeats, which its value no longer shows. */
  readonly repeated?: readonly Path[];
}

/** Everything that an audit policy says and probably does not mean, and everything that it means and should not. */
export function lintAuditPolicy(value: Json, { minor, repeated = [] }: LintOptions = {}): LintedPolicy {
  const { policy, problems } = readAuditPolicy(value, { minor });
  const findings: LintFinding[] = repeated.map((path) => lintRepeated(path, value));
  for (const problem of problems) {
    if (problem.ignored !== undefined) findings.push(lintMisspelt(problem, value));
    else
      findings.push({
        rule: 'invalid',
        severity: 'error',
        path: problem.path,
        message: problem.message,
        why: 'the API server refuses the policy and does not start',
        fix: fixOf(problem.path),
      });
  }
  findings.push(...lintWords(policy, { minor }), ...lintStages(policy));
  let unchecked: string | undefined;
  try {
    const classes = requestClasses([policy]);
    const dead = new Set(findings.filter(({ rule }) => deadening.has(rule)).map(({ path }) => ruleKey(path)));
    const misspelt = findings.filter(isWidening);
    const widened = new Map<string, string[]>(misspelt.map(({ path }) => [ruleKey(path), []]));
    findings.push(...lintOrder(policy, classes, { explained: dead, widened }), ...lintOutcomes(policy));
    for (const [index, finding] of findings.entries()) {
      const unreached = isWidening(finding) ? (widened.get(ruleKey(finding.path)) ?? []) : [];
      if (unreached.length === 0) continue;
      widened.delete(ruleKey(finding.path));
      const are = unreached.length === 1 ? 'is' : 'are';
      findings[index] = { ...finding, why: `${finding.why}: ${shortList(unreached)} ${are} never reached` };
    }
  } catch (error) {
    if (!(error instanceof SpaceTooLarge)) throw error;
    unchecked = 'the policy has too many conditions: which rules are never reached was not checked';
  }
  findings.push(...lintBodies(policy));
  const sorted = findings
    .map((finding, index) => ({ finding, index }))
    .sort((a, b) => comparePaths(a.finding.path, b.finding.path) || a.index - b.index)
    .map(({ finding }) => finding);
  return { policy, findings: sorted, ...(unchecked !== undefined && { unchecked }) };
}

/** Findings that say already why a rule matches nothing. */
const deadening: ReadonlySet<LintRule> = new Set<LintRule>([
  'invalid',
  'no-wildcard',
  'wrong-group',
  'unknown-group',
  'unknown-resource',
  'unknown-verb',
  'cluster-scoped',
  'resource-path',
]);

/** `rules[2]`, of a path below it. */
function ruleKey(path: Path): string {
  return formatPath(path.slice(0, 2));
}

function fixOf(path: Path): string {
  const field = [...path].reverse().find((step): step is string => typeof step === 'string') ?? '';
  switch (field) {
    case 'level':
      return 'write one of None, Metadata, Request, RequestResponse';
    case 'nonResourceURLs':
      return 'write a path such as /healthz, with * at its end at most, in a rule without resources and namespaces';
    case 'group':
      return 'write the group without its version, such as apps; "" for the core group';
    case 'resourceNames':
      return 'name the resources that the names are of';
    case 'omitStages':
      return 'write one of RequestReceived, ResponseStarted, ResponseComplete, Panic';
    case 'rules':
      return 'end the policy with "- level: Metadata"';
    case 'apiVersion':
    case 'kind':
      return 'begin with "apiVersion: audit.k8s.io/v1" and "kind: Policy"';
    default:
      return 'correct the field';
  }
}

function comparePaths(a: Path, b: Path): number {
  // What is about the whole policy comes last.
  const [first, second] = [a, b].map((path) => (typeof path[1] === 'number' && path[0] === 'rules' ? path[1] : 1e9));
  return (first ?? 0) - (second ?? 0);
}

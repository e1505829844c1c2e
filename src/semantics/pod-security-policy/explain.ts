import { formatPath } from '../../model/path.ts';
import { admitPod, type PolicyDecision, type PolicyRequest, tryPolicy } from './admit.ts';
import type { Change } from './change.ts';
import { viewPod } from './pod-view.ts';
import type { PodSecurityPolicy } from './policy.ts';

/** Why a pod got in or did not, policy by policy. */
export interface PolicyExplanation {
  readonly decision: PolicyDecision;
  /** Of every policy, by name. */
  readonly policies: readonly ExplainedPolicy[];
  /** What is wrong with the cluster and not with the pod; undefined where nothing is. */
  readonly trap: string | undefined;
}

export interface ExplainedPolicy {
  readonly name: string;
  readonly outcome: PolicyOutcome;
  /** What it sets, or would set. */
  readonly changes: readonly Change[];
  /** What it has against the pod, or why the plugin leaves it out. */
  readonly problems: readonly string[];
}

/**
 * `chosen` is the one that counts; `passed-over` would let the pod in, too; `no-use` would, and nobody concerned may use
 * it; `refuses` does not; `unusable` is left out by the plugin.
 */
export type PolicyOutcome = 'chosen' | 'passed-over' | 'no-use' | 'refuses' | 'unusable';

/** Explains what `admitPod` decides. */
export function explainAdmission(request: PolicyRequest): PolicyExplanation {
  const decision = admitPod(request);
  const chosen = decision.policy ?? decision.validatedBy;
  const sorted = [...request.policies].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    decision,
    policies: sorted.map((policy) => explained(policy, request, chosen)),
    trap: decision.allowed ? undefined : trapOf(request),
  };
}

function explained(policy: PodSecurityPolicy, request: PolicyRequest, chosen: string | undefined): ExplainedPolicy {
  const { name } = policy;
  if (policy.unusable.length > 0) return { name, outcome: 'unusable', changes: [], problems: policy.unusable };
  const { changes, errors } = tryPolicy(policy, viewPod(request.pod));
  const problems = errors.map(({ text }) => text);
  if (errors.length === 0 && request.operation === 'UPDATE' && changes.length > 0)
    problems.push('it would have to change the pod, which it may do only when the pod is created');
  if (problems.length > 0) return { name, outcome: 'refuses', changes, problems };
  const outcome = name === chosen ? 'chosen' : request.mayUse(name) ? 'passed-over' : 'no-use';
  return { name, outcome, changes, problems };
}

function trapOf({ policies, mayUse }: PolicyRequest): string | undefined {
  if (policies.length === 0) return 'the plugin is on and there is no PodSecurityPolicy: every pod is rejected';
  const usable = policies.filter(({ name }) => mayUse(name));
  if (usable.length === 0) return 'the plugin is on and this account may use no policy: every pod is rejected';
  if (usable.every(({ unusable }) => unusable.length > 0))
    return 'the plugin leaves out every policy that this account may use: every pod is rejected';
  return undefined;
}

const outcomes: Readonly<Record<PolicyOutcome, string>> = {
  chosen: 'lets the pod in',
  'passed-over': 'would let the pod in as well, and is passed over',
  'no-use': 'would let the pod in, and neither the service account of the pod nor the user may use it',
  refuses: 'refuses the pod',
  unusable: 'is left out by the plugin',
};

/** The explanation in lines for people; details are indented. */
export function explanationLines({ decision, policies, trap }: PolicyExplanation): readonly string[] {
  const lines = [decision.allowed ? 'allowed' : `forbidden: ${decision.message ?? ''}`];
  if (trap !== undefined) lines.push(trap);
  for (const { name, outcome, changes, problems } of policies) {
    const sets = outcome === 'chosen' && changes.length > 0 ? ', and sets what it leaves open' : '';
    lines.push(`policy ${name} ${outcomes[outcome]}${sets}`);
    lines.push(...problems.map((problem) => `  ${problem}`));
    if (outcome === 'chosen' || outcome === 'passed-over')
      lines.push(...changes.map((change) => `  ${changeText(change)}`));
  }
  return lines;
}

function changeText({ path, was, is }: Change): string {
  const shown = (value: Change['was']): string => (value === undefined ? 'unset' : JSON.stringify(value));
  return `${formatPath(path)}: ${shown(was)} becomes ${shown(is)}`;
}

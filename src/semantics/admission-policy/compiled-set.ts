import type { AdmissionRequest, ClusterView, Denial } from '../../model/admission.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type CompiledPolicy, compilePolicy } from './compiled-policy.ts';
import { evaluatePolicy, truncated, type Verdict } from './evaluation.ts';
import { type Match, matchRequest } from './match-resources.ts';
import { collectParams, paramValue } from './params.ts';
import type {
  AdmissionPolicySet,
  EvaluateOptions,
  LoadedPolicies,
  LoadOptions,
  PolicyDecision,
  PolicyProblem,
  PolicyScope,
} from './policy-set.ts';
import { type BindingSource, type PolicySource, readBinding, readPolicy } from './read-policy.ts';

/** A policy with what binds it, by name. */
interface BoundPolicy {
  readonly policy: CompiledPolicy;
  readonly bindings: readonly BindingSource[];
}

/** Reads and compiles policies and bindings; what is wrong with them is told, and kept out. */
export function compilePolicies(
  policies: readonly KubeObject[],
  bindings: readonly KubeObject[],
  options: LoadOptions,
): LoadedPolicies {
  const problems: PolicyProblem[] = [];
  const sources = new Map<string, PolicySource>();
  for (const object of policies) {
    const read = readPolicy(object);
    problems.push(...read.problems);
    if (read.problems.length > 0) continue;
    if (sources.has(object.name)) problems.push(repeated(object));
    sources.set(object.name, read.source);
  }
  const known = new Set(policies.map(({ name }) => name));
  const bound = readBindings(bindings, known, problems);
  const ready: BoundPolicy[] = [];
  for (const source of [...sources.values()].sort(byName)) {
    const compiled = compilePolicy(source, options.serverMinor);
    problems.push(...compiled.problems);
    const itsBindings = bound.get(source.name) ?? [];
    if (itsBindings.length === 0) problems.push(unbound(source.object));
    if (compiled.policy !== undefined && itsBindings.length > 0) {
      ready.push({ policy: compiled.policy, bindings: [...itsBindings].sort(byName) });
    }
  }
  return { policies: policySet(ready), problems };
}

function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : Number(left.name > right.name);
}

function readBindings(
  objects: readonly KubeObject[],
  known: ReadonlySet<string>,
  problems: PolicyProblem[],
): ReadonlyMap<string, readonly BindingSource[]> {
  const bindings = new Map<string, BindingSource>();
  for (const object of objects) {
    const { source, problems: found } = readBinding(object);
    problems.push(...found);
    if (found.length > 0) continue;
    if (bindings.has(object.name)) problems.push(repeated(object));
    if (!known.has(source.policyName)) {
      const message = `${object.kind} ${object.name}: spec.policyName names ${source.policyName}, and there is no such policy`;
      problems.push({ object, path: ['spec', 'policyName'], message, severity: 'warning' });
    }
    bindings.set(object.name, source);
  }
  const byPolicy = new Map<string, BindingSource[]>();
  for (const binding of bindings.values()) {
    const list = byPolicy.get(binding.policyName);
    if (list === undefined) byPolicy.set(binding.policyName, [binding]);
    else list.push(binding);
  }
  return byPolicy;
}

function repeated(object: KubeObject): PolicyProblem {
  const message = `${object.kind} ${object.name}: there are two of this name; the last one counts`;
  return { object, path: ['metadata', 'name'], message, severity: 'warning' };
}

function unbound(object: KubeObject): PolicyProblem {
  const message = `${object.kind} ${object.name}: no binding names it, so it does nothing`;
  return { object, path: [], message, severity: 'warning' };
}

function policySet(policies: readonly BoundPolicy[]): AdmissionPolicySet {
  return {
    names: policies.map(({ policy }) => policy.source.name),
    scopes: policies.map(scopeOf),
    evaluate: (request, view, options) => evaluateAll(policies, request, view, options),
  };
}

/** What a policy excludes, or selects by label, it leaves out by itself. */
function scopeOf({ policy: { source }, bindings }: BoundPolicy): PolicyScope {
  const denies = bindings.some(({ actions }) => actions.includes('Deny'));
  const rules = source.match.rules.flatMap(({ apiGroups, apiVersions, operations, resources, scope }) => {
    const asked = resources.filter((resource) => !apiGroups.every((group) => isUnasked(group, resource)));
    return asked.length === 0 ? [] : [{ apiGroups, apiVersions, operations, resources: asked, scope }];
  });
  return { name: source.name, denies, rules };
}

const policyResources = new Set([
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]);

const reviews: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['authentication.k8s.io', new Set(['selfsubjectreviews', 'tokenreviews'])],
  [
    'authorization.k8s.io',
    new Set([
      'localsubjectaccessreviews',
      'selfsubjectaccessreviews',
      'selfsubjectrulesreviews',
      'subjectaccessreviews',
    ]),
  ],
]);

/**
 * What no policy is ever asked about: nobody could mend a policy that forbids its own mending, and without reviews no
 * request would be let in. Sources: apiserver pkg/admission/plugin/policy/generic/plugin.go, kubernetes
 * pkg/kubeapiserver/admission/exclusion/resources.go.
 */
function isUnasked(group: string, resource: string): boolean {
  if (group === 'admissionregistration.k8s.io') return policyResources.has(resource);
  return reviews.get(group)?.has(resource) === true;
}

/** Source: apiserver pkg/admission/plugin/policy/validating/dispatcher.go (Dispatch). */
function evaluateAll(
  policies: readonly BoundPolicy[],
  request: AdmissionRequest,
  view: ClusterView,
  options: EvaluateOptions,
): PolicyDecision {
  const decision = new DecisionBuilder();
  const { group, resource } = request.resource;
  if (isUnasked(group, resource)) return decision.build();
  for (const bound of policies) evaluateOne(bound, decision, { request, view, options });
  return decision.build();
}

interface Asked {
  readonly request: AdmissionRequest;
  readonly view: ClusterView;
  readonly options: EvaluateOptions;
}

function evaluateOne({ policy, bindings }: BoundPolicy, decision: DecisionBuilder, asked: Asked): void {
  const { request, view, options } = asked;
  const match = matchRequest(policy.source.match, request, view);
  if (match.kind === 'no match') return;
  if (match.kind === 'error') {
    decision.configurationError(policy.source, undefined, match.message);
    return;
  }
  const annotations = new Map<string, string[]>();
  for (const binding of bindings) {
    const bindingMatch: Match = binding.match === undefined ? match : matchRequest(binding.match, request, view);
    if (bindingMatch.kind === 'no match') continue;
    if (bindingMatch.kind === 'error') {
      decision.configurationError(policy.source, binding, bindingMatch.message);
      continue;
    }
    const collected = collectParams(policy.source.paramKind, binding.paramRef, request, view);
    if (collected.kind === 'error') {
      decision.configurationError(policy.source, binding, collected.message);
      continue;
    }
    for (const param of collected.params) {
      const params = param === undefined ? undefined : paramValue(param);
      const result = evaluatePolicy(policy, { request, match, params, view, options });
      for (const verdict of result.denials) decision.verdict(policy.source, binding, verdict);
      for (const verdict of result.annotationErrors) decision.deny(policy.source, binding, verdict);
      for (const [key, value] of result.annotations) addOnce(annotations, key, value);
    }
  }
  for (const [key, values] of annotations) decision.annotate(`${policy.source.name}/${key}`, values.join(', '));
}

function addOnce(annotations: Map<string, string[]>, key: string, value: string): void {
  const known = annotations.get(key);
  if (known === undefined) annotations.set(key, [value]);
  else if (!known.includes(value)) known.push(value);
}

const failureKey = 'validation.policy.admission.k8s.io/validation_failure';
/** Bytes of a warning: a client may cut what is longer. */
const longestWarning = 256;

class DecisionBuilder {
  private readonly denials: Denial[] = [];
  private readonly warnings: string[] = [];
  private readonly annotations = new Map<string, string>();
  private readonly failures: unknown[] = [];

  /** The API server's own trouble with a policy counts as its `failurePolicy` says. */
  configurationError(policy: PolicySource, binding: BindingSource | undefined, message: string): void {
    if (policy.failurePolicy === 'Ignore') return;
    const text = `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${message}`;
    this.deny(policy, binding, { message: text, reason: 'Invalid', code: 422, index: 0 });
  }

  /** What the binding has done with a verdict. */
  verdict(policy: PolicySource, binding: BindingSource, verdict: Verdict): void {
    for (const action of binding.actions) {
      if (action === 'Deny') this.deny(policy, binding, verdict);
      else if (action === 'Warn') this.warn(policy, binding, verdict.message);
      else this.audit(policy, binding, verdict);
    }
  }

  deny(policy: PolicySource, binding: BindingSource | undefined, { message, reason, code }: Verdict): void {
    const by = binding === undefined ? '' : ` with binding '${binding.name}'`;
    this.denials.push({
      policy: `ValidatingAdmissionPolicy ${policy.name}`,
      message: `ValidatingAdmissionPolicy '${policy.name}'${by} denied request: ${message}`,
      code,
      reason,
    });
  }

  annotate(key: string, value: string): void {
    this.annotations.set(key, value);
  }

  build(): PolicyDecision {
    if (this.failures.length > 0) this.annotations.set(failureKey, JSON.stringify(this.failures));
    return {
      allowed: this.denials.length === 0,
      denials: this.denials,
      warnings: this.warnings,
      auditAnnotations: this.annotations,
      patch: [],
      serverAnswer: this.denials[0],
    };
  }

  private warn(policy: PolicySource, binding: BindingSource, message: string): void {
    const text = `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${message}`;
    this.warnings.push(truncated(text.replace(/[\r\n]+/g, ' '), longestWarning));
  }

  /** The order of the fields is the API server's. */
  private audit(policy: PolicySource, binding: BindingSource, { message, index }: Verdict): void {
    this.failures.push({
      message,
      policy: policy.name,
      binding: binding.name,
      expressionIndex: index,
      validationActions: binding.actions,
    });
  }
}

import type { AdmissionDecision, AdmissionRequest, ClusterView, Denial } from '../model/admission.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { AdmissionPolicySet } from '../semantics/admission-policy/index.ts';
import {
  admitPodSecurity,
  type PodSecurityConfiguration,
  pluginConfiguration,
} from '../semantics/pod-security/index.ts';
import {
  beforeAdmission,
  explainAdmission,
  explanationLines,
  type PolicyRequest,
} from '../semantics/pod-security-policy/index.ts';
import { ViewAuthoriser } from './authorise.ts';
import type { Decider } from './decide.ts';
import { voidException } from './exceptions.ts';
import { applyPatch, patchBetween } from './json-patch.ts';
import { PodSecurityPolicyStage } from './pod-security-policy-stage.ts';
import { podSecuritySurroundings } from './pod-security-stage.ts';
import { type ConfiguredWebhook, callOf } from './webhook-match.ts';

/** The admission of an API server, as far as it can be known without one. */
export interface AdmissionChain {
  readonly view: ClusterView;
  /** Whether the view holds all roles and bindings of the cluster. */
  readonly evidence: 'complete' | 'files';
  /** Undefined where the plugin is off, or the server has none. */
  readonly podSecurity: PodSecurityConfiguration | undefined;
  readonly podSecurityPolicy: 'on' | 'off';
  readonly admissionPolicies: AdmissionPolicySet | undefined;
  readonly webhooks: readonly ConfiguredWebhook[];
  /** Bulwark's own webhook, where a policy file is given. */
  readonly decider: Decider | undefined;
}

export interface ChainStep {
  readonly stage: string;
  readonly phase: 'mutating' | 'validating';
  /** `not-known`: it would be asked, and nobody here knows what it would say. */
  readonly outcome: 'allows' | 'refuses' | 'mutates' | 'not-known';
  readonly denials: readonly Denial[];
  readonly warnings: readonly string[];
  readonly auditAnnotations: ReadonlyMap<string, string>;
  readonly patch: AdmissionDecision['patch'];
  readonly notes: readonly string[];
}

export interface ChainResult {
  readonly request: AdmissionRequest;
  readonly steps: readonly ChainStep[];
  readonly allowed: boolean;
  /** What the API server would answer, which stops at the first that refuses; undefined where none does. */
  readonly answer: { readonly stage: string; readonly denial: Denial } | undefined;
  /** The object as it would be stored. */
  readonly object: JsonObject | undefined;
}

const nothing = { denials: [], warnings: [], auditAnnotations: new Map<string, string>(), patch: [], notes: [] };

/**
 * Takes a request through admission in the API server's order: PodSecurityPolicy and webhooks may change it, and then
 * Pod Security, PodSecurityPolicy, ValidatingAdmissionPolicies and webhooks say what they have against it. A stage that
 * refuses ends it for the API server; here the rest is asked all the same. Source: kubeapiserver/options/plugins.go.
 */
export function simulateAdmission(asked: AdmissionRequest, chain: AdmissionChain): ChainResult {
  return new Simulation(asked, chain).run();
}

class Simulation {
  private readonly chain: AdmissionChain;
  private readonly asked: AdmissionRequest;
  private request: AdmissionRequest;
  private readonly steps: ChainStep[] = [];
  private readonly authoriser: ViewAuthoriser;
  private answer: ChainResult['answer'];

  constructor(asked: AdmissionRequest, chain: AdmissionChain) {
    this.asked = asked;
    this.request = asked;
    this.chain = chain;
    this.authoriser = new ViewAuthoriser(chain.evidence);
  }

  run(): ChainResult {
    if (this.isInMissingNamespace()) {
      const { namespace } = this.asked;
      const message = `namespaces ${JSON.stringify(namespace)} not found`;
      this.add('NamespaceLifecycle', 'mutating', {
        denials: [{ policy: 'NamespaceLifecycle', message, code: 404, reason: 'NotFound' }],
      });
    }
    const policies =
      this.chain.podSecurityPolicy === 'on' ? new PodSecurityPolicyStage(this.authoriser, []) : undefined;
    if (policies !== undefined) this.mutateByPolicies(policies);
    this.webhooks('mutating');
    const { decider, view } = this.chain;
    if (decider !== undefined) {
      const { patch, ...decision } = decider.mutate(this.request, view);
      this.add('the webhook of Bulwark', 'mutating', { ...decision, patch });
      this.change(patch);
    }
    this.podSecurity();
    // Who was refused in the first phase does not come to the second.
    if (policies !== undefined && this.answer?.stage !== 'PodSecurityPolicy') {
      const found = policies.decide(this.request, view, 'validating');
      if (found !== undefined) {
        const denials = found.denial === undefined ? [] : [found.denial];
        this.add('PodSecurityPolicy', 'validating', {
          denials,
          ...annotated(found.decision?.auditAnnotations, 'validate'),
        });
      }
    }
    this.admissionPolicies();
    this.webhooks('validating');
    if (decider !== undefined) {
      const decision = decider.validate(this.request, view);
      const open = [...decision.undecided].map(([policy, reason]) => `${policy} (${reason})`);
      const notes = open.length === 0 ? [] : [`could not decide: ${open.join('; ')}`];
      for (const { exception, policy } of decision.uses) notes.push(`${policy} is excepted: ${exception.reason}`);
      const denials = decision.denials.filter(({ policy }) => policy !== voidException);
      for (const { policy, message } of decision.denials) if (policy === voidException) notes.push(message);
      this.add('the webhook of Bulwark', 'validating', { ...decision, denials, notes });
    }
    const allowed = this.answer === undefined;
    const { request: asked, ...rest } = { request: this.asked, object: this.request.object };
    return { request: asked, steps: this.steps, allowed, answer: this.answer, object: rest.object };
  }

  private mutateByPolicies(policies: PodSecurityPolicyStage): void {
    const { object, resource, operation } = this.request;
    const isPod = resource.group === '' && resource.resource === 'pods';
    // Before any plugin of this kind come the API's defaults and ServiceAccount, which mounts the account's token.
    if (isPod && operation === 'CREATE' && object !== undefined) {
      this.request = { ...this.request, object: beforeAdmission(object) };
    }
    const found = policies.decide(this.request, this.chain.view, 'mutating');
    if (found === undefined) return;
    const before = this.request.object ?? {};
    const after = found.decision?.allowed === true ? found.decision.pod : before;
    const patch = patchBetween(before, after);
    this.add('PodSecurityPolicy', 'mutating', {
      denials: found.denial === undefined ? [] : [found.denial],
      patch,
      notes: found.asked === undefined ? [] : explanationOf(found.asked, this.request),
      ...annotated(found.decision?.auditAnnotations, 'admit'),
    });
    this.request = { ...this.request, object: after };
  }

  private podSecurity(): void {
    const { podSecurity, view } = this.chain;
    if (podSecurity === undefined) return;
    const answer = admitPodSecurity(this.request, podSecurity, podSecuritySurroundings(view, { expired: () => false }));
    const { refusal, warnings, auditAnnotations } = answer;
    if (refusal === undefined && warnings.length === 0 && auditAnnotations.size === 0) return;
    this.add('PodSecurity', 'validating', {
      denials: refusal === undefined ? [] : [refusal],
      warnings: warnings.map(({ message }) => message),
      auditAnnotations,
      notes: podSecurity === pluginConfiguration ? [] : ['by the configuration that was given'],
    });
  }

  private admissionPolicies(): void {
    const { admissionPolicies, view } = this.chain;
    if (admissionPolicies === undefined) return;
    const decision = admissionPolicies.evaluate(this.request, view, { authorise: this.authoriser.of(view) });
    const [first] = decision.denials;
    this.add('ValidatingAdmissionPolicy', 'validating', decision, decision.serverAnswer ?? first);
  }

  /** What a webhook says nobody knows but the webhook; who is asked, the configuration tells. */
  private webhooks(phase: 'mutating' | 'validating'): void {
    for (const webhook of this.chain.webhooks) {
      if (webhook.phase !== phase) continue;
      const call = callOf(webhook, this.request, this.chain.view);
      if (call === 'not-called') continue;
      const what = phase === 'mutating' ? 'may change or refuse it' : 'may refuse it';
      const failing =
        webhook.failurePolicy === 'Fail' ? 'refused where it does not answer' : 'let through where it does not answer';
      this.steps.push({
        ...nothing,
        stage: `webhook ${webhook.name} of ${webhook.configuration}`,
        phase,
        outcome: 'not-known',
        notes: [call === 'called' ? `is asked and ${what}; ${failing}` : call.unclear],
      });
    }
  }

  private add(
    stage: string,
    phase: ChainStep['phase'],
    said: Partial<Omit<ChainStep, 'stage' | 'phase' | 'outcome'>>,
    first: Denial | undefined = said.denials?.[0],
  ): void {
    const { denials, warnings, auditAnnotations, patch, notes } = { ...nothing, ...said };
    const outcome = denials.length > 0 ? 'refuses' : patch.length > 0 ? 'mutates' : 'allows';
    this.steps.push({ stage, phase, outcome, denials, warnings, auditAnnotations, patch, notes });
    if (first !== undefined) this.answer ??= { stage, denial: first };
  }

  private change(patch: AdmissionDecision['patch']): void {
    const after = applyPatch(this.request.object ?? {}, patch);
    if (isObject(after)) this.request = { ...this.request, object: after };
  }

  private isInMissingNamespace(): boolean {
    const { namespace, resource } = this.asked;
    if (namespace === '' || (resource.group === '' && resource.resource === 'namespaces')) return false;
    return this.chain.view.namespace(namespace) === undefined;
  }
}

/** Why it came so, policy by policy; and where the cluster has locked itself out of its own pods, how to get in again. */
function explanationOf(asked: PolicyRequest, { namespace, object }: AdmissionRequest): readonly string[] {
  const explanation = explainAdmission(asked);
  // The first line repeats the verdict.
  const lines = explanationLines(explanation).slice(1);
  if (explanation.trap === undefined) return lines;
  const account = valueAt(object ?? {}, ['spec', 'serviceAccountName']);
  const of = typeof account === 'string' ? ` --service-account ${account}` : '';
  return [...lines, `bulwark generate psp --namespace ${namespace}${of} writes one that may be used`];
}

function annotated(annotations: ReadonlyMap<string, string> | undefined, phase: string) {
  return { auditAnnotations: new Map([...(annotations ?? [])].filter(([key]) => key.includes(phase))) };
}

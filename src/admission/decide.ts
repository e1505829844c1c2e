import type { AdmissionDecision, AdmissionRequest, ClusterView, Denial } from '../model/admission.ts';
import type { JsonObject } from '../model/json.ts';
import { readWorkload } from '../model/workload.ts';
import {
  admitPodSecurity,
  formatPolicy,
  pluginConfiguration,
  podSecurityPolicyOf,
} from '../semantics/pod-security/index.ts';
import { ViewAuthoriser } from './authorise.ts';
import { ControlStage } from './control-stage.ts';
import { type ExceptionUse, RequestExceptions, voidException } from './exceptions.ts';
import { hardenPod } from './harden.ts';
import { judgeImages } from './image-stage.ts';
import { patchBetween } from './json-patch.ts';
import { namesOf, type RequestNames } from './owners.ts';
import { exceptPodSecurity } from './pod-security-exceptions.ts';
import { PodSecurityPolicyStage } from './pod-security-policy-stage.ts';
import { addPodSecurity, labelsOf, labelsOfNamespace, podSecuritySurroundings } from './pod-security-stage.ts';
import type { AdmissionPolicies } from './policies.ts';
import { objectToJudge, withPod } from './request-object.ts';
import { Verdicts } from './verdicts.ts';
import { type NeededKind, neededKinds, type WebhookRules, webhookRules } from './webhook-rules.ts';

/** A decision, and what went into it. */
export interface Decision extends AdmissionDecision {
  /** Exceptions without which it would have been another. */
  readonly uses: readonly ExceptionUse[];
  /** Policies that could not decide, each with the reason: told in the audit annotation `undecided`, too. */
  readonly undecided: ReadonlyMap<string, string>;
  /** Policies that were not asked because time ran out; the request is refused then, with code 504. */
  readonly unfinished: readonly string[];
}

export interface Deadline {
  /** Whether the answer must go out now. */
  expired(): boolean;
}

export interface DeciderOptions {
  /** The clock, against which exceptions expire. */
  readonly now: () => Date;
}

const never: Deadline = { expired: () => false };

const nobody: RequestNames = { names: [], unproven: [] };

/**
 * Decides requests by a set of policies: every policy is asked, so that whoever is refused learns all the reasons at
 * once. Synchronous, keeps nothing of a request, and does not throw: a stage that fails refuses what it was asked.
 */
export class Decider {
  readonly policies: AdmissionPolicies;
  private readonly now: () => Date;
  private readonly controls: ControlStage;
  private readonly authoriser = new ViewAuthoriser();
  private readonly asksNamespaces: boolean;
  private readonly podSecurityPolicies: PodSecurityPolicyStage | undefined;

  constructor(policies: AdmissionPolicies, { now }: DeciderOptions) {
    this.policies = policies;
    this.now = now;
    this.controls = new ControlStage(policies.controls);
    this.asksNamespaces = neededKinds(policies).some(({ group, kind }) => group === '' && kind === 'Namespace');
    if (policies.podSecurityPolicies) {
      this.podSecurityPolicies = new PodSecurityPolicyStage(this.authoriser, policies.ownPodSecurityPolicies);
    }
  }

  /** What the API server must send here, as narrow as the policies allow. */
  rules(): WebhookRules {
    return webhookRules(this.policies);
  }

  /** What the view of the cluster must hold so that every policy can decide. */
  needs(): readonly NeededKind[] {
    return neededKinds(this.policies);
  }

  /**
   * The namespace whose pods a decision about this request looks at, if any: that of an update which makes a
   * namespace's Pod Security stricter. The view's `objects('', 'Pod')` should hold them then, and may be empty else.
   */
  podsAskedFor(request: AdmissionRequest): string | undefined {
    const { podSecurity } = this.policies;
    if (podSecurity === undefined || request.operation !== 'UPDATE' || request.subResource !== '') return undefined;
    if (request.resource.resource !== 'namespaces' || request.resource.group !== '') return undefined;
    const enforced = (object: JsonObject | undefined): string =>
      formatPolicy(podSecurityPolicyOf(labelsOf(object ?? {}), podSecurity).enforce);
    return enforced(request.oldObject) === enforced(request.object) ? undefined : request.name;
  }

  /**
   * The namespace that a decision about this request looks up and the view does not hold, if any: one that is new, of
   * which nobody was told yet. The API server itself asks for it then, and whoever calls this should.
   */
  namespaceAskedFor({ namespace, resource }: AdmissionRequest, view: ClusterView): string | undefined {
    if (namespace === '' || (resource.group === '' && resource.resource === 'namespaces')) return undefined;
    if (!this.asksNamespaces) return undefined;
    return view.namespace(namespace) === undefined ? namespace : undefined;
  }

  /** The decision of a validating webhook. */
  validate(asked: AdmissionRequest, view: ClusterView, deadline: Deadline = never): Decision {
    const request = withPod(asked);
    const exempt = this.exemption(request);
    if (exempt !== undefined) return exempt;
    const verdicts = new Verdicts();
    const now = this.now();
    const object = attempt('the request', verdicts, () => objectToJudge(request, view.serverMinor));
    const { exceptions: given } = this.policies;
    const workload = object && attempt('the request', verdicts, () => readWorkload(object));
    const names = object === undefined || given.length === 0 ? nobody : namesOf(object, request, view);
    const exceptions = new RequestExceptions(given, names, now);
    const context = { exceptions, verdicts };
    const stages: Stage[] = [];
    const { podSecurity, images, controls, admissionPolicies } = this.policies;
    if (podSecurity !== undefined) {
      stages.push({
        name: 'PodSecurity',
        run: () => {
          addPodSecurity(
            admitPodSecurity(request, podSecurity, {
              ...podSecuritySurroundings(view, deadline),
              workload,
              ...(!exceptions.isEmpty && { except: exceptPodSecurity(exceptions) }),
            }),
            verdicts,
          );
        },
      });
    }
    if (object !== undefined && controls.length > 0) {
      stages.push({
        name: 'controls',
        run: () => this.controls.judge(object, { workload, now, view }, context),
      });
    }
    if (object !== undefined && images !== undefined) {
      stages.push({ name: 'policy images', run: () => judgeImages(object, images, context) });
    }
    if (this.podSecurityPolicies !== undefined) {
      stages.push({
        name: 'PodSecurityPolicy',
        run: () => void this.askPolicies(request, view, { phase: 'validating', verdicts }),
      });
    }
    if (admissionPolicies !== undefined) {
      stages.push({
        name: 'ValidatingAdmissionPolicies',
        run: () => {
          const decision = admissionPolicies.evaluate(asked, view, {
            authorise: this.authoriser.of(view),
            deadline: () => deadline.expired(),
          });
          verdicts.denials.push(...decision.denials);
          verdicts.warnings.push(...decision.warnings);
          for (const [key, value] of decision.auditAnnotations) verdicts.annotations.set(key, value);
        },
      });
    }
    return finish(stages, context, deadline);
  }

  /** The decision of a mutating webhook: what it would change, as a patch of the request's object. */
  mutate(request: AdmissionRequest, view: ClusterView): Decision {
    const exempt = this.exemption(request);
    if (exempt !== undefined) return exempt;
    const verdicts = new Verdicts();
    const exceptions = new RequestExceptions([], nobody, this.now());
    const context = { exceptions, verdicts };
    const { hardening } = this.policies;
    let after = request.object;
    const stages: Stage[] = [];
    if (this.podSecurityPolicies !== undefined) {
      stages.push({
        name: 'PodSecurityPolicy',
        run: () => {
          after = this.askPolicies(request, view, { phase: 'mutating', verdicts }) ?? after;
        },
      });
    }
    if (hardening !== undefined) {
      stages.push({
        name: 'hardening',
        run: () => {
          const before = after;
          if (before === undefined) return;
          const hardened = hardenPod({ ...request, object: before }, hardening, this.hardeningView(view));
          after = hardened === before || this.staysAdmitted({ ...request, object: hardened }, view) ? hardened : before;
        },
      });
    }
    let patch: Decision['patch'] = [];
    stages.push({
      name: 'the patch',
      run: () => {
        if (request.object === undefined || after === undefined) return;
        // What the API server itself will drop afterwards is its own to drop.
        patch = patchBetween(request.object, after).filter(({ op }) => op !== 'remove');
      },
    });
    const decision = finish(stages, context, never);
    return decision.allowed ? { ...decision, patch } : decision;
  }

  /** Adds what PodSecurityPolicies say to the verdicts; gives the pod with what they set, where they set anything. */
  private askPolicies(
    request: AdmissionRequest,
    view: ClusterView,
    { phase, verdicts }: { readonly phase: 'mutating' | 'validating'; readonly verdicts: Verdicts },
  ): JsonObject | undefined {
    const answer = this.podSecurityPolicies?.decide(request, view, phase);
    if (answer === undefined) return undefined;
    if (answer.denial !== undefined) verdicts.denials.push(answer.denial);
    for (const [key, value] of answer.decision?.auditAnnotations ?? []) {
      if (phase === 'mutating' || key.includes('validate')) verdicts.annotations.set(key, value);
    }
    return answer.decision?.allowed === true ? answer.decision.pod : undefined;
  }

  /** A policy may refuse what hardening sets, such as a seccomp profile where it lists none. */
  private staysAdmitted(request: AdmissionRequest, view: ClusterView): boolean {
    return this.podSecurityPolicies?.decide(request, view, 'validating')?.denial === undefined;
  }

  private hardeningView(view: ClusterView) {
    const configuration = this.policies.podSecurity ?? pluginConfiguration;
    return {
      serverMinor: view.serverMinor,
      enforcedIn: (namespace: string) => {
        const labels = labelsOfNamespace(view, namespace);
        if (labels === undefined) return undefined;
        return podSecurityPolicyOf(labels, configuration).enforce;
      },
    };
  }

  private exemption({ namespace, userInfo }: AdmissionRequest): Decision | undefined {
    const { namespaces, usernames, groups } = this.policies.exemptions;
    const by =
      namespace !== '' && namespaces.has(namespace)
        ? 'namespace'
        : usernames.has(userInfo.username)
          ? 'user'
          : groups.size > 0 && userInfo.groups.some((group) => groups.has(group))
            ? 'group'
            : undefined;
    return by === undefined ? undefined : { ...allowed, auditAnnotations: new Map([['exempt', by]]) };
  }
}

interface Stage {
  readonly name: string;
  readonly run: () => void;
}

interface Context {
  readonly exceptions: RequestExceptions;
  readonly verdicts: Verdicts;
}

const allowed: Decision = {
  allowed: true,
  denials: [],
  warnings: [],
  auditAnnotations: new Map(),
  patch: [],
  uses: [],
  undecided: new Map(),
  unfinished: [],
};

function finish(stages: readonly Stage[], { verdicts, exceptions }: Context, deadline: Deadline): Decision {
  const unfinished: string[] = [];
  for (const { name, run } of stages) {
    if (deadline.expired()) {
      unfinished.push(name);
      continue;
    }
    attempt(name, verdicts, run);
  }
  if (verdicts.denials.length > 0) {
    for (const message of exceptions.notes) {
      verdicts.denials.push({ policy: voidException, message, code: 403, reason: 'Forbidden' });
    }
  }
  if (unfinished.length > 0) {
    const message = `time ran out before these were asked: ${unfinished.join(', ')}`;
    verdicts.denials.push({ policy: 'deadline', message, code: 504, reason: 'Timeout' });
  }
  const annotations = verdicts.auditAnnotations();
  const { uses } = exceptions;
  if (uses.length > 0) annotations.set('exceptions', uses.map(useText).join('; '));
  const { denials, warnings } = verdicts;
  return {
    allowed: denials.length === 0,
    denials,
    warnings,
    auditAnnotations: annotations,
    patch: [],
    uses,
    undecided: verdicts.open,
    unfinished,
  };
}

/** What `run` gives; undefined where it throws, which refuses the request. */
function attempt<T>(name: string, verdicts: Verdicts, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    verdicts.denials.push(failed(name, error));
    return undefined;
  }
}

/** An object that is nested deeper than the stack is one of the ways to get here. */
function failed(policy: string, error: unknown): Denial {
  const why = error instanceof RangeError ? 'the object is nested too deeply' : errorText(error);
  return { policy, message: `${policy} could not be judged: ${why}`, code: 500, reason: 'InternalError' };
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function useText({ exception, policy, container }: ExceptionUse): string {
  const about = container === undefined ? policy : `${policy} of container ${container}`;
  return `${about}: ${exception.reason} (${exception.owner}, ${exception.origin.place})`;
}

import type { AdmissionRequest } from '../../model/admission.ts';
import { equalJson } from '../../model/equal-json.ts';
import type { JsonObject } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { Pod } from '../../model/pod.ts';
import type { Workload } from '../../model/workload.ts';
import { checkExistingPods } from './admission-namespace.ts';
import { labelsOf, nameOf, readPodObject, readPodTemplate, templatePath, whyNoPod } from './admission-object.ts';
import { isSignificantPodUpdate } from './admission-update.ts';
import { evaluatePod, type PodSecurityResult } from './evaluate.ts';
import { formatDenial, formatWarning } from './message.ts';
import {
  formatNamespaceError,
  type LabelError,
  type NamespacePolicy,
  namespacePolicy,
  type PodSecurityPolicies,
  podSecurityLabelPrefix,
} from './namespace-policy.ts';
import { compareLevels, formatPolicy, type PodSecurityPolicy } from './policy.ts';
import { quoteGo } from './wording.ts';

/** What the file of `--admission-control-config-file` holds for the plugin, and what an own webhook may add. */
export interface PodSecurityConfiguration {
  readonly defaults: PodSecurityPolicies;
  readonly exemptions: PodSecurityExemptions;
  /** Labels that begin so set a namespace's policy; the plugin's own unless something else is chosen. */
  readonly labelPrefix: string;
  /** The plugin only warns of templates, and their pods are refused later, where nobody looks. */
  readonly templates: 'warned' | 'refused';
}

/** Compared as exact strings. None of them is anything that a pod's author can choose freely, but runtime classes. */
export interface PodSecurityExemptions {
  readonly usernames: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
  readonly runtimeClasses: ReadonlySet<string>;
}

/** What the controller asks of its surroundings. */
export interface PodSecuritySurroundings {
  /** Labels of a namespace; undefined where there is none of that name, or it cannot be known. */
  namespaceLabels(name: string): ReadonlyMap<string, string> | undefined;
  /** The pods of a namespace, as objects; undefined where they cannot be listed. */
  pods(namespace: string): readonly JsonObject[] | undefined;
  /** Whether time is up for checking pods that exist. */
  expired(): boolean;
  readonly serverMinor: number | undefined;
  /** The request's object, where the caller has read it already. */
  readonly workload?: Workload | undefined;
  /** Which of the failed checks count; all unless somebody lives with one. Called once for each policy. */
  readonly except?: (results: readonly PodSecurityResult[], pod: Pod) => readonly PodSecurityResult[];
}

/** The controller's answer, in the words of the API server. */
export interface PodSecurityAnswer {
  readonly refusal: PodSecurityRefusal | undefined;
  readonly warnings: readonly PodSecurityWarning[];
  /** `enforce-policy`, `audit-violations`, `exempt`, `error`. The plugin puts `pod-security.kubernetes.io/` before them. */
  readonly auditAnnotations: ReadonlyMap<string, string>;
  /** What the pod breaks of the policy that refuses it, or else of the one that warns: what the user is told. */
  readonly told: readonly PodSecurityResult[];
}

export interface PodSecurityRefusal {
  /** `PodSecurity "restricted:latest"`, or `PodSecurity` where no policy was reached. */
  readonly policy: string;
  readonly message: string;
  readonly code: number;
  readonly reason: 'Forbidden' | 'Invalid' | 'BadRequest' | 'InternalError';
}

export interface PodSecurityWarning {
  readonly message: string;
  /** The same, a check each, for where a text must be short. */
  readonly parts: readonly string[];
}

export const pluginConfiguration: PodSecurityConfiguration = {
  defaults: namespacePolicy(new Map()),
  exemptions: { usernames: new Set(), namespaces: new Set(), runtimeClasses: new Set() },
  labelPrefix: podSecurityLabelPrefix,
  templates: 'warned',
};

/** Subresources of pods that set nothing of a pod's specification. Any other one is judged as a pod. */
const ignoredPodSubresources: ReadonlySet<string> = new Set([
  ...['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'],
]);

const templateResources: ReadonlySet<string> = new Set([
  ...['/replicationcontrollers', '/podtemplates', 'apps/replicasets', 'apps/deployments', 'apps/statefulsets'],
  ...['apps/daemonsets', 'batch/jobs', 'batch/cronjobs'],
]);

const nothing: PodSecurityAnswer = { refusal: undefined, warnings: [], auditAnnotations: new Map(), told: [] };

/**
 * What the PodSecurity admission controller answers to a request. Resources that it does not look at are let through.
 * Source: pod-security-admission, admission/admission.go, and the plugin's operations: CREATE and UPDATE.
 */
export function admitPodSecurity(
  request: AdmissionRequest,
  configuration: PodSecurityConfiguration,
  surroundings: PodSecuritySurroundings,
): PodSecurityAnswer {
  if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return nothing;
  const controller = new Controller(configuration, surroundings);
  const resource = `${request.resource.group}/${request.resource.resource}`;
  if (resource === '/namespaces') return controller.namespace(request);
  if (resource === '/pods') return controller.pod(request);
  return templateResources.has(resource) ? controller.template(request) : nothing;
}

class Controller {
  private readonly configuration: PodSecurityConfiguration;
  private readonly surroundings: PodSecuritySurroundings;

  constructor(configuration: PodSecurityConfiguration, surroundings: PodSecuritySurroundings) {
    this.configuration = configuration;
    this.surroundings = surroundings;
  }

  namespace(request: AdmissionRequest): PodSecurityAnswer {
    if (request.subResource !== '') return nothing;
    if (request.object === undefined) return refuse('BadRequest', 'failed to decode namespace');
    const labels = labelsOf(request.object);
    const name = request.name || nameOf(request.object);
    const policy = this.policyOf(labels);
    if (request.operation === 'CREATE') {
      if (policy.errors.length > 0) return invalid(name, policy.errors);
      return this.isExemptNamespace(name) ? this.ignoredPolicy(name, policy, labels) : nothing;
    }
    if (request.oldObject === undefined) return refuse('BadRequest', 'failed to decode old namespace');
    const old = this.policyOf(labelsOf(request.oldObject));
    if (policy.errors.length > 0 && !sameErrors(policy.errors, old.errors)) return invalid(name, policy.errors);
    if (!isTightened(old.enforce, policy.enforce)) return nothing;
    if (this.isExemptNamespace(name)) {
      return { ...this.ignoredPolicy(name, policy, labels), auditAnnotations: new Map([['exempt', 'namespace']]) };
    }
    return { ...nothing, warnings: this.existingPods(name, policy.enforce).map(whole) };
  }

  pod(request: AdmissionRequest): PodSecurityAnswer {
    if (ignoredPodSubresources.has(request.subResource)) return nothing;
    const exempt = this.exemption(request);
    if (exempt !== undefined) return exempt;
    const labels = this.surroundings.namespaceLabels(request.namespace);
    if (labels === undefined) {
      return refuse(
        'InternalError',
        `Internal error occurred: failed to lookup namespace ${quoteGo(request.namespace)}`,
      );
    }
    const policy = this.policyOf(labels);
    if (policy.errors.length === 0 && isPrivileged(policy.enforce, policy.audit, policy.warn)) {
      return { ...nothing, auditAnnotations: new Map([['enforce-policy', 'privileged:latest']]) };
    }
    const pod = readPodObject(request.object, this.surroundings.workload);
    if (pod === undefined) return undecodable(policy, `failed to decode object: ${whyNoPod(request.object)}`);
    if (request.operation === 'UPDATE') {
      if (readPodObject(request.oldObject) === undefined)
        return undecodable(policy, `failed to decode old object: ${whyNoPod(request.oldObject)}`);
      const { serverMinor } = this.surroundings;
      if (!isSignificantPodUpdate(request.object ?? {}, request.oldObject ?? {}, serverMinor)) return nothing;
    }
    return this.evaluate(pod, policy, { name: request.name || nameOf(request.object), mode: 'enforce' });
  }

  template(request: AdmissionRequest): PodSecurityAnswer {
    if (request.subResource !== '') return nothing;
    const exempt = this.exemption(request);
    if (exempt !== undefined) return exempt;
    const note = (error: string): PodSecurityAnswer => ({ ...nothing, auditAnnotations: new Map([['error', error]]) });
    const labels = this.surroundings.namespaceLabels(request.namespace);
    if (labels === undefined) return note(`failed to lookup namespace ${quoteGo(request.namespace)}`);
    const policy = this.policyOf(labels);
    const refused = this.configuration.templates === 'refused' && !isTemplateKept(request);
    const asked = refused ? [policy.enforce, policy.audit, policy.warn] : [policy.audit, policy.warn];
    if (policy.errors.length === 0 && isPrivileged(...asked)) return nothing;
    const { object } = request;
    if (object === undefined) return note('failed to decode object');
    const read = readPodTemplate(request.resource.resource, object, this.surroundings.workload);
    if (read === 'malformed') {
      return note(`failed to decode object: ${whyNoPod(object, templatePath(request.resource.resource))}`);
    }
    if (read === undefined) return nothing;
    const { group, resource: plural } = request.resource;
    const resource = group === '' ? plural : `${plural}.${group}`;
    const name = request.name || nameOf(object);
    return this.evaluate(read, policy, { name, mode: refused ? 'enforce' : 'warn', resource });
  }

  private evaluate(
    pod: Pod,
    policy: NamespacePolicy,
    {
      name,
      mode,
      resource = 'pods',
    }: { readonly name: string; readonly mode: 'enforce' | 'warn'; readonly resource?: string },
  ): PodSecurityAnswer {
    if (this.configuration.exemptions.runtimeClasses.has(pod.runtimeClassName ?? '')) return exemptBy('runtimeClass');
    const annotations = new Map<string, string>();
    if (policy.errors.length > 0) annotations.set('error', `Failed to parse policy: ${aggregate(policy.errors)}`);
    const known = new Map<string, readonly PodSecurityResult[]>();
    const judge = (by: PodSecurityPolicy): readonly PodSecurityResult[] => {
      const key = formatPolicy(by);
      let results = known.get(key);
      if (results === undefined) known.set(key, (results = this.judge(pod, by)));
      return results;
    };
    let refusal: PodSecurityRefusal | undefined;
    if (mode === 'enforce') {
      // The annotation is the plugin's own, of pods; what is refused of templates is an addition.
      if (resource === 'pods') annotations.set('enforce-policy', formatPolicy(policy.enforce));
      const results = judge(policy.enforce);
      if (results.length > 0) {
        const message = denialOf(resource, formatDenial(name, policy.enforce, results));
        refusal = {
          policy: `PodSecurity ${quoteGo(formatPolicy(policy.enforce))}`,
          message,
          code: 403,
          reason: 'Forbidden',
        };
      }
    }
    const audited = judge(policy.audit);
    if (audited.length > 0) annotations.set('audit-violations', formatWarning(policy.audit, audited));
    const warned = refusal === undefined ? judge(policy.warn) : [];
    const warnings: PodSecurityWarning[] = [];
    if (warned.length > 0) {
      const parts = warned.map((result) => formatWarning(policy.warn, [result]));
      warnings.push({ message: formatWarning(policy.warn, warned), parts });
    }
    return {
      refusal,
      warnings,
      auditAnnotations: annotations,
      told: refusal === undefined ? warned : judge(policy.enforce),
    };
  }

  private judge(pod: Pod, policy: PodSecurityPolicy): readonly PodSecurityResult[] {
    const { serverMinor, except } = this.surroundings;
    const results = evaluatePod(pod, policy, serverMinor === undefined ? {} : { serverMinor });
    return except === undefined || results.length === 0 ? results : except(results, pod);
  }

  private existingPods(namespace: string, enforce: PodSecurityPolicy): readonly string[] {
    const pods = this.surroundings.pods(namespace);
    if (pods === undefined) return ['failed to list pods while checking new PodSecurity enforce level'];
    return checkExistingPods(pods, {
      namespace,
      enforce,
      exemptRuntimeClasses: this.configuration.exemptions.runtimeClasses,
      judge: (pod) => this.judge(pod, enforce),
      expired: () => this.surroundings.expired(),
    });
  }

  private exemption({ namespace, userInfo }: AdmissionRequest): PodSecurityAnswer | undefined {
    if (this.isExemptNamespace(namespace)) return exemptBy('namespace');
    const { usernames } = this.configuration.exemptions;
    return userInfo.username !== '' && usernames.has(userInfo.username) ? exemptBy('user') : undefined;
  }

  private isExemptNamespace(name: string): boolean {
    return name !== '' && this.configuration.exemptions.namespaces.has(name);
  }

  /** The labels of an exempt namespace mean nothing, and whoever sets some is told. */
  private ignoredPolicy(name: string, policy: NamespacePolicy, labels: ReadonlyMap<string, string>): PodSecurityAnswer {
    const { defaults, labelPrefix } = this.configuration;
    const modes = ['enforce', 'audit', 'warn'] as const;
    if (modes.every((mode) => policy[mode].level === 'privileged')) return nothing;
    if (modes.every((mode) => isEquivalent(policy[mode], defaults[mode]))) return nothing;
    const set = modes.filter(
      (mode) =>
        policy[mode].level !== 'privileged' &&
        (labels.has(`${labelPrefix}${mode}`) || labels.has(`${labelPrefix}${mode}-version`)),
    );
    const text = set.map((mode) => `${mode}=${formatPolicy(policy[mode])}`).join(', ');
    const message = `namespace ${quoteGo(name)} is exempt from Pod Security, and the policy (${text}) will be ignored`;
    return { ...nothing, warnings: [whole(message)] };
  }

  private policyOf(labels: ReadonlyMap<string, string>): NamespacePolicy {
    return podSecurityPolicyOf(labels, this.configuration);
  }
}

/** The policies of a namespace with these labels, under labels of whatever prefix the configuration has. */
export function podSecurityPolicyOf(
  labels: ReadonlyMap<string, string>,
  { defaults, labelPrefix }: Pick<PodSecurityConfiguration, 'defaults' | 'labelPrefix'>,
): NamespacePolicy {
  if (labelPrefix === podSecurityLabelPrefix) return namespacePolicy(labels, defaults);
  const translated = new Map<string, string>();
  for (const [key, value] of labels) {
    if (key.startsWith(labelPrefix)) translated.set(`${podSecurityLabelPrefix}${key.slice(labelPrefix.length)}`, value);
  }
  const policy = namespacePolicy(translated, defaults);
  const errors = policy.errors.map(({ label, value, message }) => {
    const own = `${labelPrefix}${label.slice(podSecurityLabelPrefix.length)}`;
    return { label: own, value, message: message.replace(label, own) };
  });
  return { ...policy, errors };
}

/** Whether an update leaves the template as it was: what is old must still be able to be scaled down. */
function isTemplateKept({ operation, resource, object, oldObject }: AdmissionRequest): boolean {
  if (operation !== 'UPDATE' || object === undefined || oldObject === undefined) return false;
  const path = templatePath(resource.resource);
  return equalJson(valueAt(object, path), valueAt(oldObject, path));
}

/** Whether pods that the old policy let in may break the new one. */
function isTightened(before: PodSecurityPolicy, after: PodSecurityPolicy): boolean {
  if (formatPolicy(before) === formatPolicy(after) || after.level === 'privileged') return false;
  return before.version.label !== after.version.label || compareLevels(after.level, before.level) > 0;
}

function isEquivalent(a: PodSecurityPolicy, b: PodSecurityPolicy): boolean {
  return (a.level === 'privileged' && b.level === 'privileged') || formatPolicy(a) === formatPolicy(b);
}

function isPrivileged(...policies: readonly PodSecurityPolicy[]): boolean {
  return policies.every(({ level }) => level === 'privileged');
}

function sameErrors(a: readonly LabelError[], b: readonly LabelError[]): boolean {
  return a.length === b.length && a.every(({ message }, index) => message === b[index]?.message);
}

/** Upstream only ever refuses pods; what is refused besides them is worded alike. */
function denialOf(resource: string, ofPods: string): string {
  return resource === 'pods' ? ofPods : `${resource}${ofPods.slice('pods'.length)}`;
}

/** As Go prints several errors at once. */
function aggregate(errors: readonly LabelError[]): string {
  const messages = errors.map(({ message }) => message);
  return messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`;
}

function whole(message: string): PodSecurityWarning {
  return { message, parts: [message] };
}

function exemptBy(what: 'namespace' | 'user' | 'runtimeClass'): PodSecurityAnswer {
  return { ...nothing, auditAnnotations: new Map([['exempt', what]]) };
}

function invalid(name: string, errors: readonly LabelError[]): PodSecurityAnswer {
  const message = formatNamespaceError(name, errors);
  return { ...nothing, refusal: { policy: 'PodSecurity', message, code: 422, reason: 'Invalid' } };
}

const codes = { BadRequest: 400, InternalError: 500 } as const;

/** The API server's own words, and why; told of the first of the policies that the pod was to be held to. */
function undecodable({ enforce, audit, warn }: NamespacePolicy, message: string): PodSecurityAnswer {
  const asked = [enforce, audit, warn].find((policy) => !isPrivileged(policy)) ?? enforce;
  const policy = `PodSecurity "${formatPolicy(asked)}"`;
  return { ...nothing, refusal: { policy, message, code: codes.BadRequest, reason: 'BadRequest' } };
}

function refuse(reason: keyof typeof codes, message: string): PodSecurityAnswer {
  return { ...nothing, refusal: { policy: 'PodSecurity', message, code: codes[reason], reason } };
}

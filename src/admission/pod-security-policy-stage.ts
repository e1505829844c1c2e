import type { AdmissionRequest, ClusterView, Denial } from '../model/admission.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { wordList } from '../model/word-list.ts';
import {
  admitPod,
  type PodSecurityPolicy,
  type PolicyDecision,
  type PolicyRequest,
  policyUse,
  readPodSecurityPolicy,
} from '../semantics/pod-security-policy/index.ts';
import type { ViewAuthoriser } from './authorise.ts';

/** What the policies say of a pod, and what they were asked; or why they cannot be. */
export type PodSecurityPolicyAnswer =
  | { readonly decision: PolicyDecision; readonly denial: Denial | undefined; readonly asked: PolicyRequest }
  | { readonly decision: undefined; readonly denial: Denial; readonly asked: undefined };

/**
 * PodSecurityPolicies as their admission plugin applied them until v1.24: in the mutating phase one is chosen and may set
 * fields, in the validating phase one must let the pod pass as it is.
 */
export class PodSecurityPolicyStage {
  private readonly authoriser: ViewAuthoriser;
  /** Policies that stand in files, besides those of the cluster. */
  private readonly own: readonly PodSecurityPolicy[];
  private known:
    | { readonly objects: readonly KubeObject[]; readonly policies: readonly PodSecurityPolicy[] }
    | undefined;

  constructor(authoriser: ViewAuthoriser, own: readonly KubeObject[]) {
    this.authoriser = authoriser;
    this.own = own.map(({ value }) => readPodSecurityPolicy(value));
  }

  /** Undefined for requests that the plugin does not look at: all but pods themselves, created or updated. */
  decide(
    request: AdmissionRequest,
    view: ClusterView,
    phase: 'mutating' | 'validating',
  ): PodSecurityPolicyAnswer | undefined {
    const { object, operation, resource, subResource } = request;
    if (resource.group !== '' || resource.resource !== 'pods' || subResource !== '' || object === undefined) {
      return undefined;
    }
    if (operation !== 'CREATE' && (operation !== 'UPDATE' || phase === 'mutating')) return undefined;
    const unread = view.unread.get('policy/PodSecurityPolicy');
    if (unread !== undefined) return unknown(`PodSecurityPolicies could not be read: ${unread}`);
    const access = this.authoriser.accessOf(view);
    if (access === undefined) return unknown('roles and bindings could not be read, so nobody knows who may use which');
    const serviceAccountName = accountOf(object);
    const user = { name: request.userInfo.username, groups: request.userInfo.groups };
    const use = policyUse(access, { namespace: request.namespace, serviceAccountName, user });
    const policies = this.policiesOf(view);
    const question: PolicyRequest = {
      pod: object,
      policies,
      // An update is judged as it is, and so is what comes back from the mutating phase.
      operation: phase === 'mutating' ? 'CREATE' : 'UPDATE',
      ...(operation === 'UPDATE' && request.oldObject !== undefined && { oldPod: request.oldObject }),
      mayUse: (policy) => use(policy).by !== undefined,
    };
    const decision = admitPod(question);
    const names = policies.map(({ name }) => name);
    if (decision.allowed) return { decision, denial: undefined, asked: question };
    const asked = names.filter((name) => use(name).by !== undefined);
    const unclear = names.filter((name) => use(name).decision.kind === 'unknown');
    const who = [
      ...(serviceAccountName === '' ? [] : [`service account ${request.namespace}/${serviceAccountName}`]),
      `user ${user.name}`,
    ];
    return {
      decision,
      denial: denialOf(decision, { name: nameOf(request), asked, unclear, policies: policies.length, who }),
      asked: question,
    };
  }

  private policiesOf(view: ClusterView): readonly PodSecurityPolicy[] {
    const objects = view.objects('policy', 'PodSecurityPolicy');
    if (this.known?.objects !== objects) {
      this.known = { objects, policies: [...this.own, ...objects.map(({ value }) => readPodSecurityPolicy(value))] };
    }
    return this.known.policies;
  }
}

function unknown(message: string): PodSecurityPolicyAnswer {
  const denial = { policy: 'PodSecurityPolicy', message, code: 500, reason: 'InternalError' };
  return { decision: undefined, denial, asked: undefined };
}

/** The server's own words, and after them what they leave out: which policies were asked, or that none could be. */
function denialOf(
  { message }: PolicyDecision,
  about: {
    readonly name: string;
    readonly asked: readonly string[];
    /** Policies of which the roles that were read do not tell whether they may be used. */
    readonly unclear: readonly string[];
    readonly policies: number;
    readonly who: readonly string[];
  },
): Denial {
  const { name, asked, unclear, policies, who } = about;
  const why =
    policies === 0
      ? 'there is no PodSecurityPolicy, and without one every pod is refused'
      : asked.length === 0
        ? `${nobodyOf(who)} use ${policies === 1 ? 'the only policy' : `any of the ${policies} policies`}, so every pod is refused`
        : `${asked.length === 1 ? 'policy' : 'policies'} asked: ${wordList(asked)}`;
  const unsure = unclear.length === 0 ? '' : `; roles that were not read may allow the use of ${wordList(unclear)}`;
  return {
    policy: 'PodSecurityPolicy',
    message: `pods ${JSON.stringify(name)} is forbidden: ${message ?? ''} (${why}${unsure})`,
    code: 403,
    reason: 'Forbidden',
  };
}

function nobodyOf(who: readonly string[]): string {
  return who.length === 1 ? `${who[0]} may not` : `neither ${who.join(' nor ')} may`;
}

function accountOf(pod: JsonObject): string {
  const name = valueAt(pod, ['spec', 'serviceAccountName']) ?? valueAt(pod, ['spec', 'serviceAccount']);
  return typeof name === 'string' ? name : '';
}

/** As the API server names what is still to be named. */
function nameOf({ name, object }: AdmissionRequest): string {
  if (name !== '' || object === undefined) return name || 'Unknown';
  const metadata = own(object, 'metadata');
  const given = isObject(metadata) ? own(metadata, 'name') || own(metadata, 'generateName') : undefined;
  return typeof given === 'string' ? given : 'Unknown';
}

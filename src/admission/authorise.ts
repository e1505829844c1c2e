import type { AdmissionUser, ClusterView } from '../model/admission.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { AccessAnswer, AccessAttributes, Authorise } from '../semantics/admission-policy/index.ts';
import { type Access, type AccessOptions, accessOf } from '../semantics/rbac/index.ts';

const group = 'rbac.authorization.k8s.io';
const rbacKinds = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'] as const;

/** Who may do what, from the roles and bindings of a view; read again only when the view has others. */
export class ViewAuthoriser {
  private lists: readonly (readonly KubeObject[])[] = [];
  private access: Access | undefined;
  private readonly evidence: AccessOptions['evidence'];

  /** Whether the view holds all roles and bindings of a cluster, or what some files have. */
  constructor(evidence: AccessOptions['evidence'] = 'complete') {
    this.evidence = evidence;
  }

  of(view: ClusterView): Authorise {
    return (user, attributes) => this.answer(view, user, attributes);
  }

  /** Undefined where roles and bindings could not be read; the view says why. */
  accessOf(view: ClusterView): Access | undefined {
    if (rbacKinds.some((kind) => view.unread.has(`${group}/${kind}`))) return undefined;
    const lists = rbacKinds.map((kind) => view.objects(group, kind));
    if (this.access === undefined || lists.some((list, index) => !isSame(list, this.lists[index]))) {
      this.access = accessOf({ objects: lists.flat(), minor: view.serverMinor, evidence: this.evidence });
      this.lists = lists;
    }
    return this.access;
  }

  private answer(view: ClusterView, user: AdmissionUser, attributes: AccessAttributes): AccessAnswer {
    const access = this.accessOf(view);
    if (access === undefined) return { answer: 'unknown', reason: 'the roles and bindings could not be read' };
    const request =
      'path' in attributes
        ? attributes
        : {
            verb: attributes.verb,
            apiGroup: attributes.group,
            resource: attributes.resource,
            subresource: attributes.subresource,
            name: attributes.name,
          };
    const namespace = 'path' in attributes || attributes.namespace === '' ? undefined : attributes.namespace;
    const decision = access.decide({ name: user.username, groups: user.groups }, request, namespace);
    if (decision.kind === 'unknown') return { answer: 'unknown', reason: decision.reason };
    return { answer: decision.kind, reason: '' };
  }
}

/** A view may make an empty list anew each time. */
function isSame(list: readonly KubeObject[], before: readonly KubeObject[] | undefined): boolean {
  return list === before || (list.length === 0 && before?.length === 0);
}

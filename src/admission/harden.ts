import type { AdmissionRequest } from '../model/admission.ts';
import { applyEditsToValue } from '../model/apply-edit.ts';
import type { Container } from '../model/container.ts';
import { type Edit, edit } from '../model/edit.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { type Pod, podFromJson } from '../model/pod.ts';
import { compareLevels, evaluatePod, latestVersion, type PodSecurityPolicy } from '../semantics/pod-security/index.ts';
import type { Hardening, HardeningField } from './policies.ts';

export interface HardeningView {
  readonly serverMinor: number | undefined;
  /** The Pod Security policy that a namespace enforces; undefined where that is not known. */
  enforcedIn(namespace: string): PodSecurityPolicy | undefined;
}

const restricted: PodSecurityPolicy = { level: 'restricted', version: latestVersion };

/** The check that a field satisfies, and the edits that set the field where a pod leaves it open. */
interface Remedy {
  readonly field: HardeningField;
  readonly check: string;
  readonly edits: (pod: Pod) => readonly Edit[];
}

const remedies: readonly Remedy[] = [
  {
    field: 'seccompProfile',
    check: 'seccompProfile_restricted',
    edits: (pod) =>
      pod.securityContext.seccompProfile === undefined
        ? [edit.set(pod.at('securityContext', 'seccompProfile'), { type: 'RuntimeDefault' })]
        : [],
  },
  {
    field: 'allowPrivilegeEscalation',
    check: 'allowPrivilegeEscalation',
    edits: (pod) =>
      pod.containers
        .filter(({ securityContext }) => securityContext.allowPrivilegeEscalation === undefined)
        .map((container) => edit.set(container.at('securityContext', 'allowPrivilegeEscalation'), false)),
  },
  {
    field: 'capabilities',
    check: 'capabilities_restricted',
    edits: (pod) =>
      pod.containers
        .filter(({ securityContext }) => !securityContext.capabilities.drop.includes('ALL'))
        .map((container) => edit.append(container.at('securityContext', 'capabilities', 'drop'), 'ALL')),
  },
  {
    field: 'runAsNonRoot',
    check: 'runAsNonRoot',
    // A container that says it runs as root would not be started any more.
    edits: (pod) =>
      pod.securityContext.runAsNonRoot !== undefined ||
      pod.containers.some(({ effective }) => effective.runAsUser === 0)
        ? []
        : [edit.set(pod.at('securityContext', 'runAsNonRoot'), true)],
  },
];

/**
 * The object with the chosen fields set where the pod leaves them open and a check of Pod Security's restricted level
 * fails for that. What is set is never changed, and nothing is set that would not make its check pass: a pod that asks
 * for privileges keeps what it asks for, and is judged by it. Judging the result again changes nothing.
 */
export function hardenPod(request: AdmissionRequest, hardening: Hardening, view: HardeningView): JsonObject {
  const object = request.object ?? {};
  const isNewPod =
    request.operation === 'CREATE' &&
    request.subResource === '' &&
    request.resource.group === '' &&
    request.resource.resource === 'pods';
  if (!isNewPod || !isMeant(request.namespace, hardening, view)) return object;
  let best = judge(object, view);
  // Nothing of this exists on Windows, and the API server refuses some of it there.
  if (best.pod.os === 'windows' || best.pod.containers.some(refusesHardening)) return object;
  for (const { field, check, edits } of remedies) {
    if (!hardening.fields.has(field) || !best.failing.has(check)) continue;
    const edited = applyEditsToValue(best.object, edits(best.pod));
    if (edited === best.object || !isObject(edited)) continue;
    const after = judge(edited, view);
    if (!after.failing.has(check)) best = after;
  }
  return best.object;
}

interface Judged {
  readonly object: JsonObject;
  readonly pod: Pod;
  /** Checks of the restricted level. */
  readonly failing: ReadonlySet<string>;
}

function judge(object: JsonObject, { serverMinor }: HardeningView): Judged {
  const { pod } = podFromJson(object);
  const results = evaluatePod(pod, restricted, serverMinor === undefined ? {} : { serverMinor });
  return { object, pod, failing: new Set(results.map(({ check }) => check)) };
}

/** The API server refuses `allowPrivilegeEscalation: false` beside these, and the rest would be no more than words. */
function refusesHardening({ securityContext }: Container): boolean {
  return (
    securityContext.privileged === true || securityContext.capabilities.add.some((name) => name.endsWith('SYS_ADMIN'))
  );
}

function isMeant(namespace: string, { namespaces }: Hardening, view: HardeningView): boolean {
  if (namespaces === 'privileged') return true;
  const enforced = view.enforcedIn(namespace);
  return enforced !== undefined && compareLevels(enforced.level, namespaces) >= 0;
}

import type { ClusterView } from '../model/admission.ts';
import type { JsonObject } from '../model/json.ts';
import { Reader } from '../model/reader.ts';
import type { PodSecurityAnswer, PodSecuritySurroundings } from '../semantics/pod-security/index.ts';
import type { Verdicts } from './verdicts.ts';

/** What Pod Security asks of its surroundings, answered from a view of the cluster. */
export function podSecuritySurroundings(
  view: ClusterView,
  deadline: { expired(): boolean },
): Omit<PodSecuritySurroundings, 'except' | 'workload'> {
  return {
    serverMinor: view.serverMinor,
    namespaceLabels: (name) => labelsOfNamespace(view, name),
    pods: (namespace) =>
      view.unread.has('/Pod')
        ? undefined
        : view
            .objects('', 'Pod')
            .filter((pod) => pod.namespace === namespace)
            .map(({ value }) => value),
    expired: () => deadline.expired(),
  };
}

/** A warning that is too long for a header is told a check each, so that none is cut. */
const longWarning = 256;

export function addPodSecurity(
  { refusal, warnings, auditAnnotations, told }: PodSecurityAnswer,
  verdicts: Verdicts,
): void {
  if (refusal !== undefined) verdicts.denials.push(refusal);
  for (const { message, parts } of warnings) {
    if (Buffer.byteLength(message) > longWarning) verdicts.warnings.push(...parts);
    else verdicts.warnings.push(message);
  }
  verdicts.told.add(told);
  for (const [key, value] of auditAnnotations) verdicts.annotations.set(key, value);
}

/** Undefined where there is no such namespace. */
export function labelsOfNamespace(view: ClusterView, name: string): ReadonlyMap<string, string> | undefined {
  const namespace = view.namespace(name);
  return namespace === undefined ? undefined : labelsOf(namespace);
}

export function labelsOf(object: JsonObject): ReadonlyMap<string, string> {
  return new Reader(object, [], []).object('metadata').stringMap('labels');
}

import type { ChainResult } from '../admission/simulate.ts';
import type { Denial } from '../model/admission.ts';
import type { AdmitReport } from './admit.ts';
import { jsonText, objectJson } from './rbac-json.ts';

/** The same for machines; the order is that of the manifests and of the API server. */
export function admitJson({ minor, user, objects, notes }: AdmitReport): string {
  return jsonText({
    schema: 'bulwark.admit/v1',
    server: { minor: minor ?? null },
    user: { username: user.username, groups: user.groups },
    objects: objects.map(({ object, result, pods }) => ({
      object: objectJson(object, []),
      ...resultJson(result),
      ...(pods !== undefined && { pods: { by: pods.request.userInfo.username, ...resultJson(pods) } }),
    })),
    notes,
  });
}

function resultJson({ request, allowed, answer, steps }: ChainResult): object {
  return {
    operation: request.operation,
    ...(request.namespace !== '' && { namespace: request.namespace }),
    allowed,
    ...(answer !== undefined && { answer: { stage: answer.stage, ...denialJson(answer.denial) } }),
    steps: steps.map(({ stage, phase, outcome, denials, warnings, auditAnnotations, patch, notes }) => ({
      stage,
      phase,
      outcome,
      ...(denials.length > 0 && { denials: denials.map(denialJson) }),
      ...(warnings.length > 0 && { warnings }),
      ...(auditAnnotations.size > 0 && { auditAnnotations: Object.fromEntries(auditAnnotations) }),
      ...(patch.length > 0 && { patch }),
      ...(notes.length > 0 && { notes }),
    })),
  };
}

function denialJson({ policy, message, code, reason, container }: Denial): object {
  return { policy, message, code, reason, ...(container !== undefined && { container }) };
}

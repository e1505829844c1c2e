import type { AdmissionRequest, Denial } from '../model/admission.ts';
import type { JsonObject } from '../model/json.ts';
import { Reader } from '../model/reader.ts';
import { metadataNameLabel } from './registration/names.ts';

/**
 * Refuses a namespace that takes another's name as its label `kubernetes.io/metadata.name`, or gives its own up: by that
 * label some are exempt from the hooks. From 1.21 on the API server sets it and nobody else can; an older one leaves it
 * to users, by way of `namespaces/status` and `namespaces/finalize` as well. What was wrong before is not refused
 * again, so that such a namespace can still be changed, mended and removed.
 */
export function wrongNamespaceName(request: AdmissionRequest): Denial | undefined {
  const { kind, resource, operation, object, oldObject, name } = request;
  if (kind.kind !== 'Namespace' || kind.group !== '' || resource.resource !== 'namespaces') return undefined;
  if (object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return undefined;
  const own = metadataOf(object).string('name') ?? name;
  const label = labelOf(object);
  const before = oldObject === undefined ? undefined : labelOf(oldObject);
  if (label === own || label === before) return undefined;
  if (label === undefined) {
    return before === own
      ? refusal(`namespace ${own} must keep the label ${metadataNameLabel}=${own}: hooks know it by that`)
      : undefined;
  }
  return refusal(`namespace ${own} must not carry the label ${metadataNameLabel}=${label}: it is another's name`);
}

function refusal(why: string): Denial {
  return { policy: 'bulwark webhook', message: `bulwark webhook: ${why}`, code: 403, reason: 'Forbidden' };
}

function metadataOf(object: JsonObject): Reader {
  return new Reader(object, [], []).object('metadata');
}

function labelOf(object: JsonObject): string | undefined {
  return metadataOf(object).object('labels').string(metadataNameLabel);
}

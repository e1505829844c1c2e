import type { AdmissionRequest, Denial } from '../model/admission.ts';
import { Reader } from '../model/reader.ts';
import { metadataNameLabel } from './registration/names.ts';

/**
 * Refuses a namespace that carries another's name as its label `kubernetes.io/metadata.name`: by that label some are
 * exempt from the hooks. From 1.21 on the API server sets it and nobody else can; an older one leaves it to users.
 */
export function wrongNamespaceName({
  kind,
  resource,
  subResource,
  operation,
  object,
  name,
}: AdmissionRequest): Denial | undefined {
  if (kind.kind !== 'Namespace' || kind.group !== '' || resource.resource !== 'namespaces' || subResource !== '')
    return undefined;
  if (object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return undefined;
  const metadata = new Reader(object, [], []).object('metadata');
  const label = metadata.object('labels').string(metadataNameLabel);
  const own = metadata.string('name') ?? name;
  if (label === undefined || label === own) return undefined;
  return {
    policy: 'bulwark webhook',
    message: `bulwark webhook: namespace ${own} must not carry the label ${metadataNameLabel}=${label}: it is another's name`,
    code: 403,
    reason: 'Forbidden',
  };
}

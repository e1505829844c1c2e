import type { AuditEvent, EventOrigin } from '../../model/audit-event.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { readAuditEvent } from './event.ts';

/**
 * The Event that a Cloud Logging entry of a GKE cluster was made of, as far as the entry still tells; undefined for
 * any other entry. A query (the command of an exec) and groups are lost on the way.
 */
export function eventOfLogEntry(entry: JsonObject, origin: EventOrigin): AuditEvent | undefined {
  const payload = own(entry, 'protoPayload') ?? own(entry, 'jsonPayload');
  if (!isObject(payload)) return undefined;
  const method = text(own(payload, 'methodName'));
  const service = own(payload, 'serviceName');
  if (method === '' || (service === undefined ? !method.startsWith('io.k8s.') : service !== 'k8s.io')) return undefined;
  return readAuditEvent(eventFrom(entry, payload, method), origin);
}

function eventFrom(entry: JsonObject, payload: JsonObject, method: string): JsonObject {
  const verb = method.slice(method.lastIndexOf('.') + 1);
  const target = targetOf(text(own(payload, 'resourceName')), method);
  const authentication = child(payload, 'authenticationInfo');
  const username = text(own(authentication, 'principalEmail'));
  const actsAs = text(own(authentication, 'authoritySelector'));
  const metadata = child(payload, 'requestMetadata');
  const address = text(own(metadata, 'callerIp'));
  const operation = child(entry, 'operation');
  const request = own(payload, 'request');
  const response = own(payload, 'response');
  const status = statusOf(payload, response);
  const began = operation.first === true && operation.last !== true;
  const time = text(own(entry, 'timestamp'));
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: isObject(response) ? 'RequestResponse' : isObject(request) ? 'Request' : 'Metadata',
    auditID: text(own(operation, 'id')) || text(own(entry, 'insertId')),
    stage: began || (status.code === 401 && username === '') ? 'ResponseStarted' : 'ResponseComplete',
    requestURI: target.uri,
    verb,
    user: username === '' ? {} : { username },
    ...(actsAs !== '' && { impersonatedUser: { username: actsAs } }),
    sourceIPs: address === '' ? [] : [address],
    userAgent: text(own(metadata, 'callerSuppliedUserAgent')),
    ...(target.reference !== undefined && { objectRef: target.reference }),
    responseStatus: status,
    ...(request !== undefined && { requestObject: request }),
    ...(response !== undefined && { responseObject: response }),
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: annotationsOf(entry, payload, status),
  };
}

interface Target {
  readonly uri: string;
  readonly reference: JsonObject | undefined;
}

const versionName = /^v\d+(?:(?:alpha|beta)\d+)?$/;

/** From `core/v1/namespaces/shop/pods/web/exec` and `io.k8s.core.v1.pods.exec.create`. */
function targetOf(resourceName: string, method: string): Target {
  const [group = '', version = '', ...rest] = resourceName.split('/');
  if (!versionName.test(version) || rest.length === 0) {
    return { uri: `/${resourceName.replace(/^\/+/, '')}`, reference: undefined };
  }
  const apiGroup = group === 'core' ? '' : group;
  const uri = `${apiGroup === '' ? '/api' : `/apis/${apiGroup}`}/${[version, ...rest].join('/')}`;
  const parts = method.split('.');
  const named = parts.slice(parts.findIndex((part) => versionName.test(part)) + 1, -1);
  const [scope, space = ''] = rest;
  // `namespaces/shop` and its subresources are the namespace itself; anything more is inside it.
  const inside = scope === 'namespaces' && rest.length > 2 && named[0] !== 'namespaces';
  const [resource = '', name = '', subresource = named[1] ?? ''] = inside ? rest.slice(2) : rest;
  const namespace = inside || resource === 'namespaces' ? space : '';
  return {
    uri,
    reference: {
      resource,
      ...(namespace !== '' && { namespace }),
      ...(name !== '' && { name }),
      ...(apiGroup !== '' && { apiGroup }),
      apiVersion: version,
      ...(subresource !== '' && { subresource }),
    },
  };
}

/** Codes of `google.rpc.Code` as the HTTP codes that the API server answers with. */
const httpCodes: readonly number[] = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
];

function statusOf(payload: JsonObject, response: Json | undefined): JsonObject & { readonly code: number } {
  const status = child(payload, 'status');
  const { code: rpc = 0, message } = status;
  const said = isObject(response) ? own(response, 'code') : undefined;
  const answered = typeof said === 'number' && said >= 100 ? said : undefined;
  const number = typeof rpc === 'number' ? rpc : 0;
  const code = answered ?? httpCodes[number] ?? (number >= 100 && number < 600 ? number : 500);
  const reason = isObject(response) ? own(response, 'reason') : undefined;
  return {
    code,
    ...(code >= 400 && { status: 'Failure' }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof message === 'string' && { message }),
  };
}

/** Labels hold the annotations. Where the decision is not among them, the authorisation says it. */
function annotationsOf(entry: JsonObject, payload: JsonObject, { message }: JsonObject): JsonObject {
  const labels = child(entry, 'labels');
  const decision = 'authorization.k8s.io/decision';
  const checks = own(payload, 'authorizationInfo');
  if (own(labels, decision) !== undefined || !isList(checks)) return labels;
  if (typeof message === 'string' && message.includes('cannot impersonate')) return labels;
  const granted = checks.map((check) => isObject(check) && check.granted === true);
  return granted.length === 0 ? labels : { ...labels, [decision]: granted.every(Boolean) ? 'allow' : 'forbid' };
}

const nothing: JsonObject = Object.freeze({});

function child(value: JsonObject, key: string): JsonObject {
  const found = own(value, key);
  return isObject(found) ? found : nothing;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

import type { AuditedRequest, RequestedResource } from './decide.ts';

/** A request as it goes over the wire: method, path and query. */
export interface WireRequest {
  readonly method: string;
  /** With the query: `/api/v1/pods?watch=true`. */
  readonly url: string;
}

const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize']);
const specialVerbs: ReadonlySet<string> = new Set(['proxy', 'watch']);
const verbsOfMethods: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);

/**
 * What the API server takes a request for, before it is authenticated: verb, group, resource, namespace and name.
 * Source: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.
 */
export function requestInfo({ method, url }: WireRequest): Omit<AuditedRequest, 'user'> {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  const other = { verb: method.toLowerCase(), path };
  const [prefix = '', ...parts] = splitPath(path);
  if ((prefix !== 'api' && prefix !== 'apis') || parts.length < 2) return other;
  const group = prefix === 'api' ? '' : (parts.shift() ?? '');
  // The version; `/apis/group/version` alone is discovery.
  parts.shift();
  if (parts.length === 0) return other;
  return resourceRequest(parts, { group, method, path, query });
}

interface Asked {
  readonly group: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

function resourceRequest(parts: string[], { group, method, path, query }: Asked): Omit<AuditedRequest, 'user'> {
  let verb = verbsOfMethods.get(method.toUpperCase()) ?? '';
  const [special = ''] = parts;
  if (specialVerbs.has(special)) {
    if (parts.length < 2) return { verb: method.toLowerCase(), path };
    verb = special;
    parts.shift();
  }
  let rest: readonly string[] = parts;
  let namespace = '';
  if (parts[0] === 'namespaces') {
    namespace = parts[1] ?? '';
    if (parts.length > 2 && !namespaceSubresources.has(parts[2] ?? '')) rest = parts.slice(2);
  }
  const [resource = '', inPath = '', third = ''] = rest;
  let name = inPath;
  if (name === '' && (verb === 'get' || verb === 'delete')) {
    // A deletion of a collection has no name, whatever it selects.
    if (verb === 'get') name = fieldSelected(query.get('fieldSelector') ?? '');
    if (verb === 'delete') verb = 'deletecollection';
    else verb = isTrue(query.get('watch')) ? 'watch' : 'list';
  }
  // `/api/v1/proxy/…` of old servers has no subresources: what follows the name is a path of the target.
  const subresource = special === 'proxy' ? '' : third;
  const requested: RequestedResource = { group, resource, subresource, namespace, name };
  return { verb, path, resource: requested };
}

function splitPath(path: string): string[] {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? [] : trimmed.split('/');
}

/** The name that `metadata.name=X` asks for, where it could stand in a path. */
function fieldSelected(selector: string): string {
  for (const term of selector.split(',')) {
    const [, name] = /^\s*metadata\.name\s*={1,2}\s*([^,\s]*)\s*$/.exec(term) ?? [];
    if (name !== undefined && name !== '' && !/[/%]/.test(name) && name !== '.' && name !== '..') return name;
  }
  return '';
}

/** As conversion.Convert_Slice_string_To_bool: set, and neither 0 nor false. */
function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

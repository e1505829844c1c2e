import { describe, expect, it } from 'vitest';
import { requestInfo } from './request-info.ts';

const of = (group: string, resource: string, subresource: string, namespace: string, name: string) => ({
  ...{ group, resource, subresource, namespace, name },
});

describe('requestInfo', () => {
  it.each([
    ['GET', '/api/v1/pods', 'list', of('', 'pods', '', '', '')],
    ['GET', '/api/v1/pods?watch=true', 'watch', of('', 'pods', '', '', '')],
    ['GET', '/api/v1/pods?watch=0', 'list', of('', 'pods', '', '', '')],
    ['GET', '/api/v1/pods?watch=False', 'list', of('', 'pods', '', '', '')],
    ['GET', '/api/v1/pods?watch=', 'watch', of('', 'pods', '', '', '')],
    ['HEAD', '/api/v1/namespaces/shop/pods/web', 'get', of('', 'pods', '', 'shop', 'web')],
    ['POST', '/api/v1/namespaces/shop/pods', 'create', of('', 'pods', '', 'shop', '')],
    ['POST', '/api/v1/namespaces/shop/pods/web/exec?command=sh', 'create', of('', 'pods', 'exec', 'shop', 'web')],
    ['GET', '/api/v1/namespaces/shop/pods/web/proxy/a/b', 'get', of('', 'pods', 'proxy', 'shop', 'web')],
    ['GET', '/api/v1/namespaces/shop', 'get', of('', 'namespaces', '', 'shop', 'shop')],
    ['PUT', '/api/v1/namespaces/shop/finalize', 'update', of('', 'namespaces', 'finalize', 'shop', 'shop')],
    ['GET', '/api/v1/namespaces', 'list', of('', 'namespaces', '', '', '')],
    ['DELETE', '/api/v1/namespaces/shop/pods', 'deletecollection', of('', 'pods', '', 'shop', '')],
    ['PATCH', '/apis/apps/v1/namespaces/a/deployments/b/scale', 'patch', of('apps', 'deployments', 'scale', 'a', 'b')],
    [
      'GET',
      '/apis/apps/v1/deployments?fieldSelector=metadata.name%3Db',
      'list',
      of('apps', 'deployments', '', '', 'b'),
    ],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name!%3Db', 'list', of('', 'pods', '', '', '')],
    // An API server takes no name from the selector of a deletion.
    [
      'DELETE',
      '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Db',
      'deletecollection',
      of('', 'pods', '', 'a', ''),
    ],
    ['GET', '/api/v1/watch/namespaces/a/pods/b', 'watch', of('', 'pods', '', 'a', 'b')],
    ['BREW', '/api/v1/pods/x', '', of('', 'pods', '', '', 'x')],
  ] as const)('%s %s', (method, url, verb, resource) => {
    const read = requestInfo({ method, url });
    expect({ verb: read.verb, resource: read.resource }).toEqual({ verb, resource });
  });

  it.each([
    ['GET', '/', '/'],
    ['GET', '/api', '/api'],
    ['GET', '/api/v1', '/api/v1'],
    ['GET', '/apis/apps', '/apis/apps'],
    ['GET', '/apis/apps/v1', '/apis/apps/v1'],
    ['GET', '/healthz?verbose', '/healthz'],
    ['GET', '/apiserver/v1/pods', '/apiserver/v1/pods'],
  ])('%s %s is for no resource', (method, url, path) => {
    expect(requestInfo({ method, url })).toEqual({ verb: 'get', path });
  });
});

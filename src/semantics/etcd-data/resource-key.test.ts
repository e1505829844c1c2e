import { describe, expect, it } from 'vitest';
import { guessPrefix, resourceOf } from './resource-key.ts';

describe('what a key stands for', () => {
  it.each([
    ['/registry/secrets/default/a', 'secrets', 'default/a'],
    ['/registry/namespaces/default', 'namespaces', 'default'],
    ['/registry/minions/node-1', 'nodes', 'node-1'],
    ['/registry/controllers/default/a', 'replicationcontrollers', 'default/a'],
    ['/registry/services/specs/default/web', 'services', 'default/web'],
    ['/registry/services/endpoints/default/web', 'endpoints', 'default/web'],
    ['/registry/ingress/default/web', 'ingresses', 'default/web'],
    [
      '/registry/apiextensions.k8s.io/customresourcedefinitions/a.b',
      'apiextensions.k8s.io/customresourcedefinitions',
      'a.b',
    ],
    ['/registry/stable.example.com/crontabs/default/a', 'stable.example.com/crontabs', 'default/a'],
    ['/registry/odd.example.com', 'odd.example.com', ''],
    ['/registry/__proto__/x', '__proto__', 'x'],
  ])('%s', (key, resource, name) => {
    expect(resourceOf(key, '/registry')).toEqual({ resource, name });
  });

  it.each(['/registry', '/registry/', '/registry2/secrets/a/b', 'compact_rev_key', '/calico/v1/x', ''])(
    '%j is not below the prefix',
    (key) => {
      expect(resourceOf(key, '/registry')).toBeUndefined();
    },
  );
});

describe('the prefix', () => {
  it.each<[string | undefined, readonly string[]]>([
    ['/registry', ['/registry/secrets/default/a', '/registry/pods/secrets/pods', '/registry/x.io/pods/a/b']],
    ['/kubernetes.io', ['/kubernetes.io/secrets/a/b', '/kubernetes.io/pods/a/b', '/openshift.io/routes/a/b']],
    ['/clusters/east', ['/clusters/east/events/a/b', '/clusters/east/minions/n', 'compact_rev_key']],
    ['', ['/secrets/a/b', '/namespaces/a']],
    [undefined, ['/calico/v1/host', 'secrets/a', '/a/b/c/d/e/secrets/x', '']],
  ])('%j', (prefix, keys) => {
    expect(guessPrefix(keys)).toBe(prefix);
  });
});

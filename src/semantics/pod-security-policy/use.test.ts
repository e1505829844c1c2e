import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import type { JsonObject } from '../../model/json.ts';
import { accessOf } from '../rbac/access.ts';
import { identityOf } from '../rbac/identity.ts';
import { policyUse } from './use.ts';

describe('policyUse', () => {
  const rbac = 'rbac.authorization.k8s.io/v1';
  const yaml = [
    {
      kind: 'Role',
      metadata: { name: 'use', namespace: 'shop' },
      rules: [rule('policy', 'a'), rule('extensions', 'b')],
    },
    {
      ...{ kind: 'RoleBinding', metadata: { name: 'use', namespace: 'shop' } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'use' },
      subjects: [
        { kind: 'ServiceAccount', name: 'web', namespace: 'shop' },
        { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'anne' },
      ],
    },
  ].map((object) => JSON.stringify({ apiVersion: rbac, ...object }));
  const objects = yaml.flatMap((text) => decodeManifest(text, 'x.json').objects);
  const access = accessOf({ objects, minor: 20, evidence: 'complete' });

  function rule(apiGroup: string, name: string): JsonObject {
    return { apiGroups: [apiGroup], resources: ['podsecuritypolicies'], resourceNames: [name], verbs: ['use'] };
  }

  it.each([
    ['shop', 'web', 'anne', ['service account', 'service account', undefined]],
    ['shop', 'default', 'anne', ['user', 'user', undefined]],
    ['shop', '', 'bob', [undefined, undefined, undefined]],
    ['other', 'web', 'anne', [undefined, undefined, undefined]],
  ])('in %s, as %s, asked by %s', (namespace, serviceAccountName, user, by) => {
    const use = policyUse(access, { namespace, serviceAccountName, user: identityOf(user) });
    expect(['a', 'b', 'c'].map((name) => use(name).by)).toEqual(by);
  });
});

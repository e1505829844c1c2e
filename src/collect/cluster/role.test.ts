import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { customResource } from '../../model/custom-resource.ts';
import { listedResources } from './resources.ts';
import { minimalClusterRole, minimalRole, roleName } from './role.ts';

describe('minimalRole', () => {
  it('lists what the table lists, and no Secrets', () => {
    const { rules } = minimalRole({ customKinds: [] });
    const listed = rules.flatMap(({ apiGroups, resources, verbs }) =>
      verbs.includes('list') ? resources.map((resource) => `${apiGroups.join()}/${resource}`) : [],
    );
    const minimal = listedResources.filter(({ resource }) => resource !== 'secrets');
    const names = minimal.map(({ group, resource }) => `${group}/${resource}`);
    expect([...listed].sort()).toEqual([...names, 'constraints.gatekeeper.sh/*'].sort());
  });

  it('has no wildcard but for the kinds that Gatekeeper makes, and no verb but list, and get of namespaces', () => {
    const rules = minimalRole({ secrets: 'listed' }).rules;
    expect(rules.filter((rule) => JSON.stringify(rule).includes('*'))).toEqual([
      { apiGroups: ['constraints.gatekeeper.sh'], resources: ['*'], verbs: ['list'] },
    ]);
    expect(rules.filter(({ verbs }) => verbs.join() !== 'list')).toEqual([
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
    ]);
  });

  it('adds Secrets and custom resources where told to', () => {
    const { rules } = minimalRole({ secrets: 'listed' });
    expect(rules.find(({ apiGroups }) => apiGroups[0] === '')?.resources).toContain('secrets');
    expect(rules).toContainEqual({
      apiGroups: ['argoproj.io'],
      resources: expect.arrayContaining(['rollouts']),
      verbs: ['list'],
    });
  });
});

describe('customResource', () => {
  it.each([
    ['argoproj.io/Rollout', 'rollouts'],
    ['monitoring.coreos.com/Prometheus', 'prometheuses'],
    ['elasticsearch.k8s.elastic.co/Elasticsearch', 'elasticsearches'],
    ['agents.x-k8s.io/Sandbox', 'sandboxes'],
    ['example.com/Policy', 'policies'],
    ['example.com/Gateway', 'gateways'],
    ['mongodbcommunity.mongodb.com/MongoDBCommunity', 'mongodbcommunity'],
  ])('%s is %s', (groupKind, resource) => {
    expect(customResource(groupKind)).toEqual({ group: groupKind.split('/')[0], resource });
  });
});

describe('minimalClusterRole', () => {
  it.each([{}, { secrets: 'listed' } as const])('prints the role with its account and binding: %j', (options) => {
    const documents = loadAll(minimalClusterRole(options)) as { kind: string; metadata: object }[];
    expect(documents.map(({ kind }) => kind)).toEqual([
      'Namespace',
      'ServiceAccount',
      'ClusterRole',
      'ClusterRoleBinding',
    ]);
    expect(documents[2]).toEqual(minimalRole(options));
    expect(documents[3]).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: roleName },
      subjects: [{ kind: 'ServiceAccount', ...documents[1]?.metadata }],
    });
  });
});

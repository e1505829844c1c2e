import { describe, expect, it } from 'vitest';
import type { ResourceRule } from '../semantics/admission-policy/index.ts';
import { failOpenNotes, splitRules } from './lifelines.ts';

const rule = (groups: readonly string[], ...resources: string[]): ResourceRule => ({
  apiGroups: groups,
  apiVersions: ['*'],
  operations: ['CREATE', 'UPDATE'],
  resources,
  scope: '*',
});

const names = (rules: readonly ResourceRule[]): readonly string[] =>
  rules.flatMap(({ apiGroups, resources }) => resources.map((resource) => `${apiGroups.join('+')}/${resource}`));

const rbac = 'rbac.authorization.k8s.io';

describe('what the cluster lives by', () => {
  it.each([
    ['', 'nodes'],
    ['', 'nodes/status'],
    ['', 'nodes/*'],
    ['', 'pods/status'],
    ['', 'pods/*'],
    ['', 'serviceaccounts/token'],
    ['', 'endpoints'],
    ['coordination.k8s.io', 'leases'],
    ['discovery.k8s.io', 'endpointslices'],
    ['storage.k8s.io', 'csinodes'],
    ['storage.k8s.io', 'volumeattachments'],
    ['certificates.k8s.io', 'certificatesigningrequests'],
    ['certificates.k8s.io', 'certificatesigningrequests/approval'],
    ['authentication.k8s.io', 'tokenreviews'],
    ['authorization.k8s.io', 'subjectaccessreviews'],
    ['*', 'widgets'],
    ['apps', '*'],
    ['apps', '*/*'],
    ['apps', '*/scale'],
  ])('never stands in the hook that fails closed: %s/%s', (group, resource) => {
    for (const minor of [undefined, 20, 33]) {
      const { closed, open } = splitRules([rule([group], resource)], minor);
      expect([names(closed), names(open)]).toEqual([[], [`${group}/${resource}`]]);
    }
  });

  it.each([
    [rbac, 'clusterroles'],
    [rbac, 'clusterrolebindings'],
    [rbac, 'roles'],
    [rbac, 'rolebindings'],
    ['scheduling.k8s.io', 'priorityclasses'],
    ['flowcontrol.apiserver.k8s.io', 'flowschemas'],
    ['flowcontrol.apiserver.k8s.io', 'prioritylevelconfigurations/status'],
    ['apiregistration.k8s.io', 'apiservices'],
    ['apiextensions.k8s.io', 'customresourcedefinitions/status'],
    ['networking.k8s.io', 'ipaddresses'],
  ])('as an API server starts fails closed only where hooks can spare it: %s/%s', (group, resource) => {
    const rules = [rule([group], resource)];
    for (const minor of [undefined, 20, 29]) expect(names(splitRules(rules, minor).closed)).toEqual([]);
    expect(splitRules(rules, 30)).toEqual({ closed: rules, open: [] });
  });

  it.each([
    ['', 'pods'],
    ['', 'pods/exec'],
    ['', 'secrets'],
    ['', 'namespaces'],
    ['apps', 'deployments/*'],
    ['apiextensions.k8s.io', 'customresourcedefinitions'],
    ['example.com', 'leases'],
  ])('is nothing else: %s/%s', (group, resource) => {
    expect(splitRules([rule([group], resource)], 20)).toEqual({ closed: [rule([group], resource)], open: [] });
  });

  it('parts a rule by group and resource', () => {
    const { closed, open } = splitRules([rule(['', 'coordination.k8s.io'], 'leases', 'nodes', 'pods')], 20);
    expect(names(closed)).toEqual(['+coordination.k8s.io/pods', '/leases', 'coordination.k8s.io/nodes']);
    expect(names(open)).toEqual(['/nodes', 'coordination.k8s.io/leases']);
  });

  it('leaves out what no webhook is sent', () => {
    const rules = [rule(['admissionregistration.k8s.io'], 'validatingwebhookconfigurations')];
    expect(splitRules(rules, 33)).toEqual({ closed: [], open: [] });
  });
});

describe('notes', () => {
  it('tell what is let through while no server answers, a line for each policy and reason', () => {
    const policies = [
      { policy: 'ValidatingAdmissionPolicy all', rules: [rule(['*'], '*')] },
      { policy: 'ValidatingAdmissionPolicy nodes', rules: [rule([''], 'nodes', 'pods'), rule([''], 'nodes/status')] },
      { policy: 'control rbac/full-wildcard', rules: [rule([rbac], 'roles', 'clusterroles')] },
      {
        policy: 'ValidatingAdmissionPolicy hooks',
        rules: [rule(['admissionregistration.k8s.io'], 'mutatingwebhookconfigurations')],
      },
      { policy: 'Pod Security', rules: [rule([''], 'pods')] },
    ];
    const forAll =
      'ValidatingAdmissionPolicy all: */*: this reaches what the cluster lives by, so it is let through while no server answers; name resources to have them refused then';
    const forNodes =
      'ValidatingAdmissionPolicy nodes: nodes and nodes/status: the cluster lives by these writes, so they are let through while no server answers';
    const forHooks =
      'ValidatingAdmissionPolicy hooks: admissionregistration.k8s.io/mutatingwebhookconfigurations: no webhook is asked about these, so they are never judged here';
    expect(failOpenNotes(policies, 20)).toEqual([
      forAll,
      forNodes,
      `control rbac/full-wildcard: ${rbac}/clusterroles and ${rbac}/roles: API servers before 1.30 write these when they start, so they are let through while no server answers`,
      forHooks,
    ]);
    expect(failOpenNotes(policies, 30)).toEqual([forAll, forNodes, forHooks]);
  });
});

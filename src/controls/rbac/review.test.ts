import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import { factsOf } from '../../facts/facts.ts';
import { rbac } from '../../facts/rbac.ts';
import { componentStandings } from '../../facts/rbac-components.ts';
import { subjectName } from '../../semantics/rbac/default-objects.ts';
import { shippedDefaults } from '../../semantics/rbac/shipped-defaults.ts';
import { controls } from '../registry.ts';
import { binding, clusterBinding, clusterRole, everywhere, group, inNamespace, user } from './example-grants.ts';
import { subjectRisks } from './subject-risks.ts';

const own = controls.filter(({ id }) => id.startsWith('rbac/'));

function snapshotOf(text: string, version?: string) {
  const snapshot = assembleSnapshot([decodeManifest(text, 'x.yaml')], '');
  return version === undefined ? snapshot : { ...snapshot, cluster: { server: 'https://x', version } };
}

function findings(text: string, version?: string): readonly string[] {
  return judge(snapshotOf(text, version), { controls: own })
    .findings.map(({ severity, control, message }) => `${severity} ${control.id}: ${message}`)
    .sort();
}

function risks(text: string, version?: string): readonly string[] {
  return factsOf(snapshotOf(text, version))
    .get(subjectRisks)
    .map(({ severity, subject, does }) => `${severity} ${subjectName(subject)}: ${does}`);
}

/** A role of Kubernetes under its own name, with rules, and the binding that Kubernetes makes for it. */
function shipped(name: string, rules: readonly string[], subjects: readonly string[], label = true): string {
  const labels = label ? '{kubernetes.io/bootstrapping: rbac-defaults}' : '{}';
  const role = clusterRole(rules.join('\n  - '), labels).replace('name: example', `name: "${name}"`);
  return `${role}---\n${clusterBinding(`"${name}"`, ...subjects).replace('name: given', `name: "${name}"`)}`;
}

const everything = '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}';
const health = '{nonResourceURLs: [/healthz, /livez, /readyz, /version, /version/], verbs: [get]}';
const visitors = [group('system:authenticated'), group('system:unauthenticated')];
const viewer = 'system:public-info-viewer';

describe('a role of Kubernetes that was changed', () => {
  it.each<[string, string | undefined, boolean]>([
    ['v1.20', 'v1.20.2', true],
    ['another version', 'v1.33.1', true],
    ['no known version', undefined, true],
    ['no label', 'v1.33.1', false],
  ])('gives everybody everything: %s', (_, version, label) => {
    const text = shipped(viewer, [health, everything], visitors, label);
    expect(risks(text, version)).toEqual([
      'critical Group system:authenticated: do everything',
      'critical Group system:unauthenticated: do everything',
    ]);
    expect(findings(text, version)).toContainEqual(
      expect.stringMatching(/^critical rbac\/anonymous: anyone without credentials can do everything/),
    );
  });

  it('lets everybody read what is no secret, too', () => {
    const text = shipped(viewer, [health, '{apiGroups: [""], resources: [configmaps], verbs: [get, list]}'], visitors);
    expect(findings(text, 'v1.33.1')).toEqual([
      'critical rbac/anonymous: Group system:unauthenticated, which is anyone without credentials, has rights in ClusterRole system:public-info-viewer in the whole cluster, by rules that Kubernetes does not ship',
    ]);
  });

  it('gives a component Secrets', () => {
    const scheduler = 'system:kube-scheduler';
    const text = shipped(scheduler, ['{apiGroups: [""], resources: [secrets], verbs: [list]}'], [user(scheduler)]);
    expect(risks(text, 'v1.33.1')).toEqual([`critical User ${scheduler}: read Secrets`]);
    const [standing] = factsOf(snapshotOf(text, 'v1.33.1')).get(componentStandings);
    expect(standing?.secrets.map(({ verb, isShipped }) => [verb, isShipped])).toEqual([['list', false]]);
    expect(standing?.added.map(({ role }) => role.name)).toEqual([scheduler]);
  });

  it('is not told of where it is as it is shipped', () => {
    const objects = shippedDefaults(20)?.objects ?? [];
    for (const version of ['v1.20.2', 'v1.33.1']) {
      const snapshot = { ...snapshotOf(''), objects, cluster: { server: 'https://x', version } };
      expect(judge(snapshot, { controls: own }).findings.map(({ message }) => message)).toEqual([]);
      const facts = factsOf(snapshot);
      expect(facts.get(subjectRisks)).toEqual([]);
      expect(objects.flatMap((object) => facts.get(rbac).excessOf(object))).toEqual([]);
      for (const { beyond, added, secrets } of facts.get(componentStandings)) {
        expect([...beyond, ...added]).toEqual([]);
        expect(secrets.every(({ isShipped }) => isShipped)).toBe(true);
      }
    }
  });

  it('has what later versions add without a finding', () => {
    const later = '{apiGroups: [certificates.k8s.io], resources: [clustertrustbundles], verbs: [get, list, watch]}';
    const name = 'system:cluster-trust-bundle-discovery';
    expect(findings(shipped(name, [later], [group('system:serviceaccounts')]), 'v1.33.1')).toEqual([]);
    const reviews = '{apiGroups: [authentication.k8s.io], resources: [selfsubjectreviews], verbs: [create]}';
    expect(findings(shipped('system:basic-user', [reviews], [group('system:authenticated')]), 'v1.33.1')).toEqual([]);
  });
});

const api = 'rbac.authorization.k8s.io';
const bind = (name: string): string =>
  `{apiGroups: [${api}], resources: [clusterroles], verbs: [bind], resourceNames: ["${name}"]}`;
const writeBindings = `{apiGroups: [${api}], resources: [clusterrolebindings], verbs: [create]}`;
const both = (...rules: readonly string[]): string => everywhere(rules.join('\n  - '));

describe('escalation by name', () => {
  it.each<[string, string, RegExp | undefined]>([
    [
      'bind of a controller that escalates',
      both(bind('system:controller:clusterrole-aggregation-controller'), writeBindings),
      /^critical .*can bind ClusterRole system:controller:clusterrole-aggregation-controller, which can give/,
    ],
    [
      'bind of a controller that makes pods',
      both(bind('system:controller:daemon-set-controller'), writeBindings),
      /^high .*can bind ClusterRole system:controller:daemon-set-controller, which can create pods/,
    ],
    ['bind of what is harmless', both(bind('system:basic-user'), writeBindings), undefined],
    ['bind without a binding to write', both(bind('cluster-admin')), undefined],
    [
      'bind in a namespace',
      inNamespace(`${bind('cluster-admin')}\n  - {apiGroups: [${api}], resources: [rolebindings], verbs: [create]}`),
      /^high .*can bind ClusterRole cluster-admin, which can do everything in namespace shop/,
    ],
    [
      'the binding that gives the role, by its name',
      `${both(bind('cluster-admin'), `{apiGroups: [${api}], resources: [clusterrolebindings], verbs: [patch], resourceNames: [admins]}`)}---
${clusterBinding('cluster-admin', group('admins')).replace('name: given', 'name: admins')}`,
      /^critical .*can bind ClusterRole cluster-admin, which can do everything/,
    ],
    [
      'escalate of the role that they have',
      both(`{apiGroups: [${api}], resources: [clusterroles], verbs: [escalate, update], resourceNames: [example]}`),
      /^critical .*can give ClusterRole example rights that they do not have themselves, which gives them any right/,
    ],
    [
      'escalate of a role that they may bind',
      both(
        `{apiGroups: [${api}], resources: [clusterroles], verbs: [escalate, patch, bind], resourceNames: [view]}`,
        writeBindings,
      ),
      /^critical .*can give ClusterRole view rights .* which gives them any right/,
    ],
    [
      'escalate of a role that others have',
      both(`{apiGroups: [${api}], resources: [clusterroles], verbs: [escalate, patch], resourceNames: [edit]}`),
      /^medium .*can give ClusterRole edit rights .* which gives any right to those who have it/,
    ],
    [
      'escalate without a change',
      both(`{apiGroups: [${api}], resources: [clusterroles], verbs: [escalate], resourceNames: [example]}`),
      undefined,
    ],
    [
      'a Role of the namespace that they have',
      inNamespace(`{apiGroups: [${api}], resources: [roles], verbs: [escalate, update], resourceNames: [example]}`),
      /^high .*can give Role example rights .* which gives them any right in namespace shop/,
    ],
  ])('%s', (_, text, expected) => {
    const told = findings(text).filter((each) => each.includes('rbac/named-targets'));
    if (expected === undefined) expect(told).toEqual([]);
    else expect(told).toContainEqual(expect.stringMatching(expected));
  });
});

const namespace = (name: string, level?: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {${level === undefined ? '' : `pod-security.kubernetes.io/enforce: ${level}`}}}\n---\n`;
const daemons = '{apiGroups: [apps], resources: [daemonsets], verbs: [create]}';

describe('how grave a power is', () => {
  it.each<[string, string, string]>([
    ['pods where nothing restrains them', namespace('shop') + everywhere(daemons), 'critical rbac/pods-create'],
    ['pods where one namespace is free', namespace('a', 'baseline') + namespace('b') + everywhere(daemons), 'critical'],
    ['pods that are restrained everywhere', namespace('shop', 'restricted') + everywhere(daemons), 'high'],
    ['pods where no namespace was read', everywhere(daemons), 'high rbac/pods-create'],
    ['pods of a free namespace', namespace('shop') + inNamespace(daemons), 'high rbac/pods-create'],
    ['pods of a restrained one', namespace('shop', 'baseline') + inNamespace(daemons), 'medium rbac/pods-create'],
    ['pods of kube-system', inNamespace(daemons, 'kube-system'), 'critical rbac/pods-create'],
    ['Secrets', everywhere('{apiGroups: [""], resources: [secrets], verbs: [get]}'), 'critical rbac/secrets-read'],
    [
      'a Secret by its name',
      everywhere('{apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [a]}'),
      'low rbac/secrets-read',
    ],
    [
      'workloads of an operator that is not here',
      namespace('shop') + everywhere('{apiGroups: [argoproj.io], resources: [rollouts], verbs: [create]}'),
      'critical rbac/pods-create: ServiceAccount shop/app can create workloads',
    ],
    [
      'constraints of Gatekeeper',
      everywhere('{apiGroups: [constraints.gatekeeper.sh], resources: [k8srequiredlabels], verbs: [delete]}'),
      'high rbac/admission-policies: ServiceAccount shop/app can change the constraints of Gatekeeper',
    ],
    [
      'policies of Kyverno in a namespace',
      inNamespace('{apiGroups: [kyverno.io], resources: [policies], verbs: [patch]}'),
      'low rbac/admission-policies',
    ],
    ['everything', everywhere(everything), 'critical rbac/full-wildcard'],
    [
      'cluster-admin of a program',
      clusterBinding('cluster-admin', '{kind: ServiceAccount, name: a, namespace: b}'),
      'critical rbac/cluster-admin',
    ],
    ['cluster-admin of people', clusterBinding('cluster-admin', group('ops')), 'high rbac/cluster-admin'],
    ['edit in a namespace', binding('{kind: ClusterRole, name: edit}', 'kube-system'), 'critical rbac/default-roles'],
  ])('%s', (_, text, expected) => {
    expect(findings(text)).toContainEqual(expect.stringMatching(new RegExp(`^${expected}`)));
  });

  it('is the same by subject and by role', () => {
    expect(risks(everywhere(everything))).toEqual(['critical ServiceAccount shop/app: do everything']);
    expect(risks(clusterBinding('cluster-admin', group('ops')))).toEqual(['high Group ops: do everything']);
    expect(risks(namespace('shop') + everywhere(daemons))).toEqual([
      'critical ServiceAccount shop/app: create workloads',
    ]);
  });

  it('counts custom resources whose definition shows pods', () => {
    const schema = {
      properties: {
        spec: {
          properties: {
            template: {
              properties: {
                spec: {
                  properties: {
                    containers: { type: 'array', items: { properties: { image: {}, name: {}, env: {} } } },
                  },
                },
              },
            },
          },
        },
      },
    };
    const definition = JSON.stringify({
      ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'runs.x.io' } },
      spec: {
        ...{ group: 'x.io', names: { kind: 'Run', plural: 'runs' } },
        versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }],
      },
    });
    const rule = '{apiGroups: [x.io], resources: [runs], verbs: [create]}';
    const other = '{apiGroups: [x.io], resources: [others], verbs: [create]}';
    expect(findings(`${definition}\n---\n${everywhere(rule)}`)).toEqual([
      'high rbac/pods-create: ServiceAccount shop/app can create workloads in the whole cluster',
    ]);
    expect(findings(`${definition}\n---\n${everywhere(other)}`)).toEqual([]);
  });
});

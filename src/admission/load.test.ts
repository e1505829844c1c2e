import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { controls } from '../controls/registry.ts';
import { loadAdmission } from './load.ts';

const head = 'apiVersion: bulwark.dev/v1\nkind: AdmissionPolicy\nmetadata: {name: house}\nspec:\n';

async function load(spec: string) {
  return loadAdmission([{ file: 'policy.yaml', text: `${head}${spec}` }], { controls });
}

async function problems(spec: string): Promise<readonly string[]> {
  return (await load(spec)).problems.map(({ place, message }) => `${place}: ${message}`);
}

const exception = `{control: pods/privileged, reason: r, owner: o, expires: 2027-01-31`;

describe('loadAdmission', () => {
  it('reads everything that a policy can say', async () => {
    const { policies, problems: found } = await load(`
  podSecurity:
    defaults: {enforce: baseline, enforce-version: v1.31, warn: restricted}
    exemptions: {usernames: [root], namespaces: [kube-system], runtimeClasses: [kata]}
    templates: refused
  controls:
    - {control: pods/host-network}
    - {control: "pods/*", mode: warn}
    - {control: pods/privileged, mode: audit}
  images: {registries: {allow: [registry.example/team], deny: [docker.io]}, requireDigest: true, forbidTags: [latest]}
  podSecurityPolicies: true
  hardening: {fields: [seccompProfile], namespaces: all}
  exceptions:
    - {control: pods/privileged, object: {kind: DaemonSet, namespace: net, name: "cni-*"}, container: agent, path: spec, reason: r, owner: o, expires: 2027-01-31}
  exemptions: {namespaces: [bulwark], usernames: [system:admin], groups: [ops]}
`);
    expect(found).toEqual([]);
    expect(policies?.name).toBe('house');
    expect(policies?.podSecurity?.defaults.enforce).toEqual({
      level: 'baseline',
      version: { label: 'v1.31', minor: 31 },
    });
    expect(policies?.podSecurity?.defaults.audit.level).toBe('privileged');
    expect(policies?.podSecurity?.templates).toBe('refused');
    const modes = new Map(policies?.controls.map(({ control, mode }) => [control.id, mode]));
    // The last choice of a control counts.
    expect(modes.get('pods/host-network')).toBe('warn');
    expect(modes.get('pods/privileged')).toBe('audit');
    expect(policies?.images).toMatchObject({ allow: ['registry.example/team'], mode: 'enforce' });
    expect(policies?.hardening?.namespaces).toBe('privileged');
    expect(policies?.exceptions[0]).toMatchObject({
      object: { kind: 'DaemonSet', namespace: 'net', name: 'cni-*' },
      container: 'agent',
      origin: { by: 'configuration', place: 'policy.yaml:18:7' },
    });
    expect(policies?.exemptions.groups).toEqual(new Set(['ops']));
  });

  it.each<[string, string]>([
    ['  podSecurty: {}', 'policy.yaml:5:3: spec has no field "podSecurty": did you mean podSecurity?'],
    [
      '  podSecurity: {templates: deny}',
      'policy.yaml:5:17: spec.podSecurity.templates is "deny", and must be one of warned, refused',
    ],
    ['  podSecurity: {defaults: {enforce: strict}}', 'must be one of privileged, baseline, restricted'],
    ['  podSecurity: {defaults: {warn-version: "1.31"}}', 'must be latest or v1.N, such as v1.33'],
    ['  podSecurity: {exemptions: {labels: {a: b}}}', 'spec.podSecurity.exemptions has no field "labels"'],
    ['  podSecurity: {labelPrefix: policy.example}', 'must be like pod-security.kubernetes.io/, with the slash'],
    [
      '  controls: [{control: pods/priviledged}]',
      'there is no control pods/priviledged; did you mean pods/privileged?',
    ],
    ['  controls: [{mode: warn}]', 'policy.yaml:5:14: spec.controls[0]: control is missing'],
    ['  controls: {control: pods/privileged}', 'spec.controls must be a list, found an object'],
    [
      '  controls: [{control: rbac/dangling-role}]',
      'control rbac/dangling-role cannot decide a request: what it looks for may be created after the object that a request carries',
    ],
    [
      '  controls: [{control: kubelet}]',
      'none of the controls of kubelet can decide a request: it is about a component',
    ],
    [
      '  controls: [{control: kubelet/anonymous-auth}]',
      'control kubelet/anonymous-auth cannot decide a request: it is about a component, which no request carries',
    ],
    ['  controls: [{control: pods/privileged, mode: deny}]', 'must be one of enforce, warn, audit'],
    ['  images: {registries: {allow: ["https://x"]}}', '"https://x" is no registry such as docker.io/library'],
    ['  images: {requireDigest: "yes"}', 'spec.images.requireDigest must be true or false, found a string'],
    ['  hardening: {}', 'spec.hardening.fields must name what may be set'],
    ['  hardening: {fields: [privileged]}', 'privileged is none of seccompProfile'],
    ['  exemptions: {groups: [system:authenticated]}', 'group system:authenticated holds everyone'],
    ['  exemptions: {labels: [a]}', 'spec.exemptions has no field "labels"'],
    ['  exceptions: [{control: pods/privileged, reason: r, owner: o}]', 'spec.exceptions[0]: expires is missing'],
    ['  exceptions: [{control: pods/privileged, reason: r, expires: 2027-01-31}]', 'owner is missing'],
    [
      '  exceptions: [{control: pods/privileged, owner: o, reason: "", expires: 2027-01-31}]',
      'reason must be a string that is not empty',
    ],
    [
      '  exceptions: [{control: pods/privileged, owner: o, reason: r, expires: 31.1.2027}]',
      'is no date such as 2027-01-31',
    ],
    [
      '  exceptions: [{control: pods/nothing, owner: o, reason: r, expires: 2027-01-31}]',
      'there is no control pods/nothing',
    ],
    [`  exceptions: [${exception}}, ${exception.replace('2027', '2028')}}]`, 'it contradicts policy.yaml:5:16'],
    ['  controls: []\n  controls: []', 'policy.yaml:6:3: controls stands here twice'],
    ['  images: [', 'policy.yaml:'],
    ['  podSecurity: null\n---\napiVersion: v1\nkind: Pod', 'policy.yaml:8:1: v1 Pod is no policy'],
    [`  {}\n---\n${head}  {}`, 'a second AdmissionPolicy; the first is policy.yaml:1:1'],
    [
      '  {}\n---\napiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: p}',
      'PodSecurityPolicy p would not be asked',
    ],
  ])('refuses %s', async (spec, expected) => {
    const { policies } = await load(spec);
    expect(policies).toBeUndefined();
    expect((await problems(spec)).join('\n')).toContain(expected);
  });

  it.each([
    ['', 'policy.yaml: the file holds no policy'],
    ['# nothing\n', 'policy.yaml: the file holds no policy'],
    ['just text', 'policy.yaml:1:1: this is no policy'],
    [head.replace('spec:', '').replace('/v1', '/v2'), 'policy.yaml:1:1: apiVersion must be bulwark.dev/v1'],
  ])('refuses a file of %j', async (text, expected) => {
    const { problems: found } = await loadAdmission([{ file: 'policy.yaml', text }], { controls });
    expect(found.map(({ place, message }) => `${place}: ${message}`).join('\n')).toContain(expected);
  });

  it('reads the example of the documentation', async () => {
    const page = readFileSync(new URL('../../docs/admission.md', import.meta.url), 'utf8');
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const { policies, problems: found } = await loadAdmission([{ file: 'policy.yaml', text }], { controls });
    expect(found).toEqual([]);
    expect(policies?.exceptions).toHaveLength(1);
  });

  it('tells all that is wrong at once', async () => {
    expect(await problems('  podSecurity: {a: 1}\n  images: {b: 1}\n  hardening: {fields: [c]}')).toHaveLength(3);
  });

  it('says what a pattern leaves out', async () => {
    const { policies, notes, left } = await load('  controls: [{control: container-runtime}]');
    const chosen = policies?.controls.map(({ control }) => control.id);
    expect(chosen).toContain('container-runtime/image-tag');
    expect(chosen).not.toContain('container-runtime/image-vulnerabilities-exposed');
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(
      /^container-runtime: 2 of the \d+ controls are left out, as they cannot judge requests: container-runtime\/image-signature and container-runtime\/image-vulnerabilities-exposed; bulwark admit --verbose tells why$/,
    );
    expect([...left.keys()]).toHaveLength(2);
  });

  it('says it plainly where most of a pattern is left out', async () => {
    const { notes } = await load('  controls: [{control: network-policies/*}, {control: pods}]');
    expect(notes).toEqual([
      expect.stringMatching(
        /^network-policies\/\*: most is left out, \d+ of \d+ controls, as they cannot judge requests: /,
      ),
      expect.stringMatching(
        /^pods: 1 of the \d+ controls is left out, as it cannot judge requests: pods\/subpath-cve; /,
      ),
    ]);
  });

  it('says which exceptions have run out, and takes the file all the same', async () => {
    const text = `${head}  exceptions: [${exception}}, ${exception.replace('privileged', 'host-pid').replace('2027', '2028')}}]`;
    const { policies, notes } = await loadAdmission([{ file: 'policy.yaml', text }], {
      controls,
      now: new Date('2027-02-01T00:00:00Z'),
    });
    expect(policies?.exceptions).toHaveLength(2);
    expect(notes).toEqual([
      'policy.yaml:5:16: the exception for pods/privileged (o) has run out on 2027-01-31, and does not hold',
    ]);
  });

  describe('lists, as kubectl prints them', () => {
    const item = (expression: string): string => `
  - apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicy
    metadata: {name: one}
    spec:
      matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
      validations: [{expression: "${expression}"}]`;
    const binding = `
  - apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicyBinding
    metadata: {name: all}
    spec: {policyName: one, validationActions: [Deny]}`;
    const listed = async (text: string) => {
      const { policies, problems: found } = await loadAdmission([{ file: 'list.yaml', text }], { controls });
      return { policies, found: found.map(({ place, message }) => `${place}: ${message}`) };
    };
    const list = 'apiVersion: v1\nkind: List\nitems:';

    it('are unfolded', async () => {
      const { policies, found } = await listed(`${list}${item('true')}${binding}`);
      expect(found).toEqual([]);
      expect(policies?.admissionPolicies?.names).toEqual(['one']);
    });

    it('of one kind need not name it with each item', async () => {
      const text =
        'apiVersion: policy/v1beta1\nkind: PodSecurityPolicyList\nitems:\n  - {metadata: {name: p}, spec: {}}';
      expect((await listed(text)).found).toEqual([
        'list.yaml:4:5: PodSecurityPolicy p would not be asked: set podSecurityPolicies: true in an AdmissionPolicy',
      ]);
    });

    it('say where their items are wrong', async () => {
      expect((await listed(`${list}${item('object.')}`)).found[0]).toMatch(
        /^list\.yaml:9:\d+: ValidatingAdmissionPolicy one/,
      );
      expect((await listed(`${list}\n  - {apiVersion: v1, kind: Pod}\n  - text`)).found).toEqual([
        expect.stringMatching(/^list\.yaml:4:\d+: v1 Pod is no policy/),
        expect.stringMatching(/: this is no policy/),
      ]);
      expect((await listed('apiVersion: v1\nkind: List\nitems: []')).found).toEqual([
        'list.yaml: the file holds no policy',
      ]);
    });
  });
});

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { controls } from '../controls/registry.ts';
import { loadAdmission } from './load.ts';

const schema = JSON.parse(readFileSync(new URL('../../schema/webhook.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ strict: false }).compile(schema);

const whole = `apiVersion: bulwark.dev/v1
kind: AdmissionPolicy
metadata: {name: house, labels: {a: b}}
spec:
  podSecurity:
    labelPrefix: policy.example/
    defaults: {enforce: baseline, enforce-version: v1.31, audit: restricted, audit-version: latest, warn: restricted, warn-version: v1.0}
    exemptions: {usernames: [root], namespaces: [kube-system], runtimeClasses: [kata]}
    templates: refused
  controls: [{control: pods/privileged, mode: audit}]
  images: {registries: {allow: ["registry.example:5000/team"], deny: [docker.io]}, requireDigest: true, forbidTags: [latest], mode: warn}
  podSecurityPolicies: true
  hardening: {fields: [seccompProfile, allowPrivilegeEscalation, capabilities, runAsNonRoot], namespaces: all}
  exceptions:
    - {control: images/tag, object: {kind: Pod, namespace: a, name: b}, container: c, path: spec, reason: r, owner: o, expires: "2027-01-31"}
  exemptions: {namespaces: [a], usernames: [b], groups: [c]}
`;

async function isRead(text: string): Promise<boolean> {
  return (await loadAdmission([{ file: 'p.yaml', text }], { controls })).policies !== undefined;
}

/** Every path of the schema at which an object has named fields. */
function objectsOf(
  node: unknown,
  path: readonly string[] = [],
): { path: readonly string[]; fields: readonly string[] }[] {
  if (typeof node !== 'object' || node === null) return [];
  const { $ref, properties, items } = node as { $ref?: string; properties?: Record<string, unknown>; items?: unknown };
  if ($ref !== undefined) return objectsOf(schema.$defs[$ref.slice('#/$defs/'.length)], path);
  const below = Object.entries(properties ?? {}).flatMap(([key, value]) => objectsOf(value, [...path, key]));
  const own = properties === undefined ? [] : [{ path, fields: Object.keys(properties) }];
  return [...own, ...below, ...objectsOf(items, [...path, '0'])];
}

describe('the schema of policy files', () => {
  it('accepts what the reader reads', async () => {
    expect(await isRead(whole)).toBe(true);
    expect(validate(load(whole)), JSON.stringify(validate.errors)).toBe(true);
  });

  it('knows the same fields, everywhere', () => {
    const value = load(whole) as Record<string, unknown>;
    const places = objectsOf(schema);
    expect(places.length).toBeGreaterThan(10);
    for (const { path, fields } of places) {
      let here: unknown = value;
      for (const step of path) here = (here as Record<string, unknown>)[step];
      // The example has every field, so that one which the reader does not know shows above.
      const used = Object.keys(here as object).filter((key) => !(path.join() === 'metadata' && key === 'labels'));
      expect(used.toSorted(), path.join('.')).toEqual(fields.toSorted());
    }
  });

  it.each([
    ['apiVersion: bulwark.dev/v1', 'apiVersion: bulwark.dev/v2'],
    ['kind: AdmissionPolicy', 'kind: AdmissionPolicies'],
    ['templates: refused', 'templates: denied'],
    ['mode: audit', 'mode: deny'],
    ['enforce-version: v1.31', 'enforce-version: "1.31"'],
    ['labelPrefix: policy.example/', 'labelPrefix: policy.example'],
    ['requireDigest: true', 'requireDigest: "true"'],
    ['forbidTags', 'forbidTag'],
    ['deny: [docker.io]', 'deny: ["https://docker.io"]'],
    ['namespaces: all', 'namespaces: some'],
    ['fields: [seccompProfile', 'fields: [privileged'],
    ['reason: r, ', ''],
    ['owner: o, ', 'owner: "", '],
    [', expires: "2027-01-31"', ''],
    ['groups: [c]', 'labels: [c]'],
    ['usernames: [b]', 'usernames: [b, b]'],
    ['spec:', 'specs:'],
  ])('refuses what the reader refuses: %s as %s', async (right, wrong) => {
    const text = whole.replace(right, wrong);
    expect(text).not.toBe(whole);
    expect(await isRead(text)).toBe(false);
    expect(validate(load(text))).toBe(false);
  });
});

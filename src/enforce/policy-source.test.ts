import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PolicySource } from './policy-source.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-policies-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const policy = (spec: string): string => `apiVersion: bulwark.dev/v1\nkind: AdmissionPolicy\nspec: ${spec}\n`;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const open = (paths = [folder]): PolicySource =>
  new PolicySource({ paths, controls: [], serverMinor: () => 30, now: () => new Date(0) });

describe('policy files', () => {
  it('are in force once they could be read, and are read again when they change', async () => {
    const source = open();
    expect(await source.refresh()).toBe('refused');
    expect(source.problems).toEqual([`${folder} holds no .yaml file`]);
    write('a.yaml', policy('{podSecurity: {}}'));
    expect(await source.refresh()).toBe('changed');
    expect(source.problems).toEqual([]);
    expect(await source.refresh()).toBe('same');
    const before = source.current;
    write('a.yaml', policy('{podSecurityPolicies: false}'));
    expect(await source.refresh()).toBe('changed');
    expect(source.current).not.toBe(before);
    expect(source.current?.policies.podSecurity).toBeUndefined();
  });

  it.each<[string, string]>([
    ['no YAML', 'a: ['],
    ['an unknown field', policy('{podSecurty: {}}')],
    ['nothing', ''],
    ['another object', 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n'],
  ])('with %s leave the last good set in force', async (_, text) => {
    write('a.yaml', policy('{podSecurity: {}}'));
    const source = open();
    await source.refresh();
    const good = source.current;
    write('a.yaml', text);
    expect(await source.refresh()).toBe('refused');
    expect(await source.refresh()).toBe('same');
    expect(source.current).toBe(good);
    expect(source.problems.join()).toContain('a.yaml');
    write('a.yaml', policy('{podSecurity: {}}'));
    expect(await source.refresh()).toBe('changed');
    expect(source.problems).toEqual([]);
  });

  it('that go away leave the last good set in force', async () => {
    write('a.yaml', policy('{podSecurity: {}}'));
    const source = open();
    await source.refresh();
    rmSync(join(folder, 'a.yaml'));
    expect(await source.refresh()).toBe('refused');
    expect(source.current).toBeDefined();
    expect(await source.refresh()).toBe('same');
  });

  it('of a mounted ConfigMap are read once, and what is no YAML file not at all', async () => {
    mkdirSync(join(folder, '..data'));
    write('..data/a.yaml', policy('{}'));
    write('a.yaml', policy('{podSecurity: {}}'));
    write('README.md', 'no policy');
    const source = open();
    expect(await source.refresh()).toBe('changed');
    expect(source.current?.policies.podSecurity).toBeDefined();
  });

  it('larger than 4 MiB are refused', async () => {
    write('a.yaml', `# ${'x'.repeat(4 * 1024 * 1024)}\n`);
    const source = open();
    expect(await source.refresh()).toBe('refused');
    expect(source.problems).toEqual([`${join(folder, 'a.yaml')} is larger than 4 MiB`]);
  });
});

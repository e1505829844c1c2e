import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, own } from '../model/json.ts';
import { formatPath } from '../model/path.ts';
import { defaultSettings } from '../model/settings.ts';
import { parseYaml } from '../yaml/parse.ts';
import { configurationFields, readConfiguration, settingNames } from './configuration.ts';
import { accountable, exceptionFields } from './configuration-exceptions.ts';

const controls = ['pods/privileged', 'pods/host-network', 'pods/host-pid', 'rbac/wildcards'];
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const schema = JSON.parse(readFileSync(join(root, 'schema/bulwark.schema.json'), 'utf8'));
const valid = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

function read(value: Json) {
  return readConfiguration(value, { file: 'bulwark.yaml', controls, placeOf: (path) => formatPath(path) });
}

function mistakesIn(text: string): string[] {
  return read(parseYaml(text, 1).value).mistakes.map(({ path, message, hint }) => {
    return `${formatPath(path)}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
  });
}

const whole = `
profiles: [security, reliability]
failOn: medium
controls:
  select: [pods, rbac/wildcards]
  skip: [pods/host-*]
  severities: {pods: low, pods/privileged: critical}
settings:
  allowedRegistries: [registry.example]
  certificateWarnDays: 60
require: [reason]
exceptions:
  - control: [pods/host-network, rbac]
    object: {kind: DaemonSet, namespace: kube-*, name: cni}
    container: agent
    path: spec.template.spec.hostNetwork
    reason: the CNI itself
    owner: network
    expires: 2027-01-31
`;

describe('bulwark.yaml', () => {
  it('is read whole', () => {
    const { configuration, mistakes } = read(parseYaml(whole, 1).value);
    expect(mistakes).toEqual([]);
    const about = {
      object: { kind: 'DaemonSet', namespace: 'kube-*', name: 'cni' },
      container: 'agent',
      path: 'spec.template.spec.hostNetwork',
      reason: 'the CNI itself',
      owner: 'network',
      expires: '2027-01-31',
      origin: { by: 'configuration', place: 'exceptions[0]' },
    };
    expect(configuration).toEqual({
      file: 'bulwark.yaml',
      profiles: ['security', 'reliability'],
      failOn: 'medium',
      select: ['pods', 'rbac/wildcards'],
      skip: ['pods/host-*'],
      severities: new Map([
        ['pods/privileged', 'critical'],
        ['pods/host-network', 'low'],
        ['pods/host-pid', 'low'],
      ]),
      settings: { allowedRegistries: ['registry.example'], certificateWarnDays: 60 },
      required: ['reason'],
      exceptions: [
        { control: 'pods/host-network', ...about },
        { control: 'rbac/*', ...about },
      ],
    });
  });

  it.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['fields without values', 'controls:\nexceptions:\n', []],
    ['a list', '- a', ['the file must be a mapping, and is a list']],
    ['a misspelt field', 'failon: high', ['the file has no field failon (did you mean failOn?)']],
    ['a field inside', 'controls: {skips: []}', ['controls has no field skips (did you mean skip?)']],
    [
      'a wrong severity',
      'failOn: hihg',
      ['failOn must be one of info, low, medium, high, critical, none, and is hihg'],
    ],
    ['a wrong type', 'controls: {skip: pods}', ['skip must be a list, and is a string']],
    ['a number for a text', 'settings: {untrustedLabels: [1]}', ['must be a list of texts, and has a number']],
    ['a negative number', 'settings: {backupMaxAgeHours: -1}', ['must be a whole number of 0 or more, and is -1']],
    ['a fraction', 'settings: {backupMaxAgeHours: 1.5}', ['must be a whole number of 0 or more, and is 1.5']],
    ['an unknown control', 'controls: {skip: [pods/privilegd]}', ['"pods/privilegd" (did you mean pods/privileged?)']],
    ['an unknown control to weigh', 'controls: {severities: {x/y: low}}', ['there is no control "x/y"']],
    ['a contradiction', 'controls: {select: [pods], skip: [pods]}', ['controls both selects and skips pods']],
    [
      'an exception that says nothing',
      'exceptions: [{control: pods/privileged}]',
      ['an exception needs reason', 'an exception needs owner', 'an exception needs expires'],
    ],
    ['an exception of nothing', 'require: []\nexceptions: [{reason: x}]', ['an exception needs control']],
    [
      'an exception of an unknown control',
      'require: []\nexceptions: [{control: pods/privilegd}]',
      ['exceptions[0].control: there is no control "pods/privilegd" (did you mean pods/privileged?)'],
    ],
    [
      'a date that is none',
      'require: []\nexceptions: [{control: pods, expires: soon}]',
      ['exceptions[0].expires: soon is no date (write it as 2027-01-31 or 2027-01-31T12:00:00Z)'],
    ],
    [
      'two exceptions that contradict',
      'require: []\nexceptions: [{control: pods, expires: 2027-01-01}, {control: pods, expires: 2028-01-01}]',
      ['exceptions[1]: it contradicts exceptions[0], which has the same scope and counts'],
    ],
    ['an exception of a wrong type', 'exceptions: [pods]', ['an item of exceptions must be a mapping']],
  ])('%s', (_, text, expected) => {
    const found = mistakesIn(text);
    for (const part of expected) expect(found.join('\n')).toContain(part);
    if (expected.length === 0) expect(found).toEqual([]);
  });

  it('is as docs/configuration.md shows it', () => {
    const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
    const [shown = ''] = /(?:^ {4}.*\n)+/m.exec(page) ?? [];
    const ids = [...controls, 'pods/host-port', 'network-policies/dns'];
    const { value } = parseYaml(shown.replaceAll(/^ {4}/gm, ''), 1);
    const { mistakes, configuration } = readConfiguration(value, { file: 'x', controls: ids, placeOf: () => 'x' });
    expect(mistakes).toEqual([]);
    expect(configuration.severities.get('rbac/wildcards')).toBe('medium');
    for (const name of [...configurationFields.root, ...settingNames])
      expect(page).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it('is refused within a second, however many mistakes it has', () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `pods/no-such-control-${index}`);
    const started = performance.now();
    const { mistakes } = read({ controls: { skip: [...names, 'x'.repeat(1_000_000)] } });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(mistakes).toHaveLength(100_001);
  });

  it('never throws, whatever stands in it', () => {
    const field = fc.constantFrom(...configurationFields.root, '__proto__', 'constructor');
    fc.assert(
      fc.property(fc.dictionary(field, fc.jsonValue()), (value) => {
        read(value as Json);
      }),
      { numRuns: 200 },
    );
  });
});

describe('schema/bulwark.schema.json', () => {
  it('has the fields that are read, and no others', () => {
    const { properties, definitions } = schema;
    expect(Object.keys(properties)).toEqual([...configurationFields.root]);
    expect(Object.keys(properties.controls.properties)).toEqual([...configurationFields.controls]);
    expect(Object.keys(properties.settings.properties)).toEqual([...settingNames]);
    expect(Object.keys(definitions.exception.properties)).toEqual([...exceptionFields.exception]);
    expect(Object.keys(definitions.exception.properties.object.properties)).toEqual([...exceptionFields.object]);
    expect(properties.require.items.enum).toEqual([...accountable]);
  });

  it('tells the defaults that there are', () => {
    for (const [name, value] of Object.entries(defaultSettings)) {
      if (typeof value !== 'number') continue;
      expect(own(schema.properties.settings.properties[name], 'description')).toContain(`Default: ${value}.`);
    }
  });

  // What depends on the controls there are, and on one exception beside another, no schema can tell.
  it.each<[string, string]>([
    ['everything', whole],
    ['nothing', '{}'],
    ['fields without values', 'controls:\nexceptions:\nsettings: {untrustedLabels: null}\n'],
    ['a misspelt field', 'failon: high'],
    ['a wrong severity', 'failOn: hihg'],
    ['a wrong type', 'controls: {skip: pods}'],
    ['an empty name', 'controls: {skip: [""]}'],
    ['a number for a text', 'settings: {untrustedLabels: [1]}'],
    ['a negative number', 'settings: {backupMaxAgeHours: -1}'],
    ['a fraction', 'settings: {backupMaxAgeHours: 1.5}'],
    ['a wrong profile', 'profiles: [safety]'],
    ['an exception of nothing', 'require: []\nexceptions: [{reason: x}]'],
    ['an exception of an empty list', 'require: []\nexceptions: [{control: []}]'],
    ['a misspelt field of an exception', 'require: []\nexceptions: [{control: pods, until: 2027-01-01}]'],
    ['a misspelt field of its object', 'require: []\nexceptions: [{control: pods, object: {names: x}}]'],
    ['no date', 'require: []\nexceptions: [{control: pods, expires: soon}]'],
    ['a list', '- a'],
  ])('agrees with the reader on %s', (_, text) => {
    const { value } = parseYaml(text, 1);
    expect(valid(value)).toBe(read(value).mistakes.length === 0);
  });
});

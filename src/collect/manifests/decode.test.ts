import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from './decode.ts';

const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n`;
const names = (text: string) => decodeManifest(text, 'f.yaml').objects.map(({ name }) => name);

describe('objects of a manifest', () => {
  it('unpacks lists of either kind, with the path to each item', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }],
    };
    const typed = { apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'b', namespace: 'n' } }, 5] };
    const { objects, inputs } = decodeManifest(JSON.stringify(list) + JSON.stringify(typed), 'f.json');
    expect(
      objects.map(({ kind, name, namespace, source }) => [kind, name, namespace, source.document, source.base]),
    ).toEqual([
      ['Pod', 'a', undefined, 0, ['items', 0]],
      ['Pod', 'b', 'n', 1, ['items', 0]],
    ]);
    expect(inputs).toMatchObject([{ document: 1, bucket: 'not-applicable', reason: 'not a Kubernetes object' }]);
  });

  it('leaves a custom resource with a field called items whole', () => {
    expect(names('apiVersion: example.com/v1\nkind: Menu\nmetadata: {name: m}\nitems: [{dish: soup}]')).toEqual(['m']);
  });

  it('gives repeated keys to the object that repeats them, by paths of its own', () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- ${pod('a').replaceAll('\n', '\n  ')}\n- apiVersion: v1\n  kind: Pod\n  spec: {hostPID: false, hostPID: true}\n`;
    const [a, b] = decodeManifest(text, 'f.yaml').objects;
    expect(a?.duplicateKeys).toBeUndefined();
    expect(b?.duplicateKeys?.map(({ path }) => path)).toEqual([['spec', 'hostPID']]);
    expect(b?.value).toMatchObject({ spec: { hostPID: true } });
  });

  it('does not lose what a repeated items field hides without a word', () => {
    const { gaps } = decodeManifest('{"apiVersion":"v1","kind":"List","items":[{}],"items":[]}', 'f.json');
    expect(gaps).toMatchObject([{ code: 'malformed', reason: 'List repeats the key items: only the last one counts' }]);
  });

  it.each<[string, string, object]>([
    ['broken YAML', 'a: [1', { bucket: 'unparsable', line: 8 }],
    ['a template', 'a: {{ x }}', { bucket: 'unrendered', line: 7 }],
    ['no object', 'a: 1', { bucket: 'not-applicable', line: 7 }],
    ['an alias bomb', 'a: &a [*a]', { bucket: 'unparsable', reason: 'an anchor contains an alias to itself' }],
  ])('%s does not take its neighbours along', (_, middle, expected) => {
    const decoded = decodeManifest(`---\n${pod('a')}---\n${middle}\n---\n${pod('b')}`, 'f.yaml');
    expect(decoded.objects.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(decoded.inputs).toMatchObject([{ file: 'f.yaml', document: 1, ...expected }]);
  });
});

describe('Secrets', () => {
  const secret =
    'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: correct-horse-battery\n  pin: "90210"\n';

  it.each<[string, string]>([
    ['YAML', `${pod('a')}---\n${secret}`],
    ['YAML list', `apiVersion: v1\nkind: List\nitems:\n- ${secret.trimEnd().replaceAll('\n', '\n  ')}\n`],
    [
      'JSON',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's' },
        stringData: { password: 'correct-horse-battery', pin: 90210 },
      }),
    ],
    [
      'JSON list',
      JSON.stringify(
        {
          kind: 'SecretList',
          apiVersion: 'v1',
          items: [{ metadata: { name: 's' }, stringData: { password: 'correct-horse-battery', pin: '90210' } }],
        },
        undefined,
        2,
      ),
    ],
    ['broken', `${secret}  bad: *correct-horse-battery\n`],
  ])('in %s leave nothing of their values', (kind, text) => {
    const decoded = decodeManifest(text, 'f');
    const all = JSON.stringify(decoded, reach(new Set()));
    expect(all).not.toContain('correct-horse');
    expect(all).not.toContain('90210');
    const found = decoded.objects.find((object) => object.kind === 'Secret');
    if (kind === 'broken') expect(decoded.inputs[0]?.bucket).toBe('unparsable');
    else
      expect(found?.source.positions?.locate([...(found.source.base ?? []), 'stringData', 'password'])?.line).toBe(
        lineOf(text, 'password'),
      );
  });

  function lineOf(text: string, word: string): number {
    return text.slice(0, text.indexOf(word)).split('\n').length;
  }

  /** Serialises private fields too, which `toJSON` would hide. */
  function reach(seen: Set<unknown>) {
    return function replace(this: Record<string, unknown>, key: string): unknown {
      const value = this[key];
      if (typeof value !== 'object' || value === null) return value;
      if (seen.has(value)) return 'seen';
      seen.add(value);
      if (value instanceof Map) return [...value];
      return Array.isArray(value) ? value : { ...value };
    };
  }
});

describe('any text', () => {
  const junk = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.json().map((text) => text.slice(1)),
    fc
      .array(
        fc.constantFrom(
          'a',
          ': ',
          '- ',
          '\n',
          '  ',
          '{',
          '}',
          '[',
          ']',
          '"',
          "'",
          '|',
          '&a ',
          '*a',
          '!',
          '#',
          '<<: ',
          '? ',
          '{{',
          '\t',
          ',',
          '...\n',
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join('')),
  );

  it('is read without throwing, and every place can be asked for', () => {
    fc.assert(
      fc.property(junk, (text) => {
        const { objects, inputs } = decodeManifest(`apiVersion: v1\nkind: Pod\n${text}`, 'f');
        for (const { source } of objects) source.positions?.locate(['metadata', 'name', 0]);
        JSON.stringify(objects);
        for (const input of inputs) expect(input.reason).not.toBe('');
        decodeManifest(text, 'f');
      }),
      { numRuns: 300 },
    );
  });

  it('between two documents leaves both in place', () => {
    fc.assert(
      fc.property(
        junk.filter((text) => !text.includes('---')),
        (text) => {
          const found = names(`${pod('first')}---\n${text}\n---\n${pod('last')}`);
          expect([found[0], found.at(-1)]).toEqual(['first', 'last']);
        },
      ),
      { numRuns: 300 },
    );
  });
});

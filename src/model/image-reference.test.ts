import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatImageReference, isUnder, parseImageReference } from './image-reference.ts';

const sha256 = `sha256:${'0a'.repeat(32)}`;
const sha512 = `sha512:${'0a'.repeat(64)}`;

describe('parseImageReference', () => {
  const table: [text: string, registry: string, path: string, tag: string | undefined, digest: string | undefined][] = [
    ['nginx', 'docker.io', 'library/nginx', undefined, undefined],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27', undefined],
    ['team/nginx', 'docker.io', 'team/nginx', undefined, undefined],
    ['docker.io/nginx', 'docker.io', 'library/nginx', undefined, undefined],
    ['index.docker.io/nginx:1', 'docker.io', 'library/nginx', '1', undefined],
    ['index.docker.io/team/nginx', 'docker.io', 'team/nginx', undefined, undefined],
    ['localhost/x', 'localhost', 'x', undefined, undefined],
    ['localhost:5000/x:y', 'localhost:5000', 'x', 'y', undefined],
    ['reg:5000/img', 'reg:5000', 'img', undefined, undefined],
    ['reg:5000/img:1', 'reg:5000', 'img', '1', undefined],
    ['img:5000', 'docker.io', 'library/img', '5000', undefined],
    ['Reg/img', 'Reg', 'img', undefined, undefined],
    ['[::1]:5000/img', '[::1]:5000', 'img', undefined, undefined],
    ['quay.io/a/b/c__d:V_1.0-x', 'quay.io', 'a/b/c__d', 'V_1.0-x', undefined],
    [`nginx@${sha256}`, 'docker.io', 'library/nginx', undefined, sha256],
    [`reg:5000/img:1@${sha512}`, 'reg:5000', 'img', '1', sha512],
    [`a.b/c@blake3:${'0a'.repeat(32)}`, 'a.b', 'c', undefined, `blake3:${'0a'.repeat(32)}`],
  ];
  it.each(table)('%s', (text, registry, path, tag, digest) => {
    expect(parseImageReference(text)).toEqual({ registry, path, repository: `${registry}/${path}`, tag, digest });
  });

  it.each([
    ['', 'empty'],
    ['Nginx', 'upper case in the path'],
    ['quay.io/Team/x', 'upper case in the path'],
    ['nginx:', 'empty tag'],
    ['nginx:-1', 'tag that starts with a dash'],
    [`nginx:${'a'.repeat(129)}`, 'tag that is too long'],
    ['nginx@sha256:abc', 'short digest'],
    [`nginx@sha256:${'0A'.repeat(32)}`, 'upper-case digest'],
    [`nginx@md5:${'0a'.repeat(16)}`, 'digest of an unknown kind'],
    ['0a'.repeat(32), 'bare image id'],
    [`a.b/${'c'.repeat(252)}`, 'name that is too long'],
    ['quay.io//x', 'empty step'],
    ['quay.io/', 'no path'],
    ['/x', 'no host before the slash'],
    ['<YOUR-IMAGE>', 'placeholder'],
    [' nginx', 'space'],
    ['a..b/x', 'empty host part'],
    ['https://quay.io/x', 'URL'],
  ])('refuses %j: %s', (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });

  it('reads back what it formats', () => {
    const step = fc.stringMatching(/^[a-z0-9]{1,6}([._-][a-z0-9]{1,3})?$/);
    const host = fc.constantFrom('', 'localhost/', 'quay.io/', 'reg:5000/', 'docker.io/', 'index.docker.io/');
    const tag = fc.option(fc.stringMatching(/^[\w][\w.-]{0,8}$/), { nil: undefined });
    const digest = fc.constantFrom(undefined, sha256, sha512);
    fc.assert(
      fc.property(host, fc.array(step, { minLength: 1, maxLength: 3 }), tag, digest, (at, steps, version, pin) => {
        const text = `${at}${steps.join('/')}${version ? `:${version}` : ''}${pin ? `@${pin}` : ''}`;
        const read = parseImageReference(text);
        expect(read?.tag).toBe(version);
        expect(read?.digest).toBe(pin);
        expect(read && parseImageReference(formatImageReference(read))).toEqual(read);
      }),
      { numRuns: 200 },
    );
  });

  it('reads any text without throwing, and in linear time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void parseImageReference(text)),
      { numRuns: 200 },
    );
    const started = performance.now();
    parseImageReference(`${'a-'.repeat(100_000)}/x`);
    parseImageReference(`a.b/${'a-'.repeat(100_000)}`);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('isUnder', () => {
  it.each([
    ['quay.io/team/app', 'quay.io', true],
    ['quay.io/team/app', 'quay.io/team', true],
    ['quay.io/team/app', 'quay.io/team/', true],
    ['quay.io/team/app', 'quay.io/team/app', true],
    ['quay.io/team/app', 'quay.io/tea', false],
    ['quay.io.evil.example/app', 'quay.io', false],
    ['quay.io/team', 'quay.io/team/app', false],
  ])('%s in %s: %s', (repository, prefix, expected) => {
    expect(isUnder(repository, prefix)).toBe(expected);
  });
});

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { encodedKey, secret, withCredentials, withoutCredentials } from '../../../../test/fixtures/credential-files.ts';
import type { Holds } from '../layout.ts';
import { redactFile } from '../redact-file.ts';
import { redactAwk } from './redact-awk.ts';

const hasAwk = spawnSync('awk', ['BEGIN { exit 0 }']).status === 0;
if (!hasAwk) console.warn('the script’s redaction is not tested: there is no awk');

/** What leaves the node of a file; undefined where it is withheld. */
function redact(text: string, holds: Holds): string | undefined {
  const { status, stdout, stderr } = spawnSync(
    'awk',
    ['-v', `kind=${holds}`, '-v', `size=${Buffer.byteLength(text)}`, redactAwk],
    {
      input: text,
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe('');
  if (status === 3) return undefined;
  expect(status).toBe(0);
  return stdout;
}

describe.skipIf(!hasAwk)('what leaves a node', () => {
  const read = withCredentials.filter(([, holds]) => holds !== 'token' && holds !== 'password');

  it.each(read)('is without %s', (_, holds, text) => {
    const left = redact(text, holds) ?? '';
    expect(left).not.toContain(secret);
    expect(left).not.toContain(encodedKey.slice(40, 80));
    if (left !== '') expect(left.split('\n')).toHaveLength(text.split('\n').length);
  });

  it.each(withoutCredentials)('leaves %s as it is', (_, holds, text) => {
    expect(redact(text, holds)).toBe(text);
  });

  it.each(read)('of %s is read as the file itself is, or withheld', (_, holds, text) => {
    const left = redact(text, holds);
    if (left === undefined) return;
    const direct = redactFile(Buffer.from(text), holds);
    const twice = redactFile(Buffer.from(left), holds);
    expect(twice.secret === undefined).toBe(direct.secret === undefined);
  });

  it('has no credential of a kubeconfig, however it is written', () => {
    const field = fc.constantFrom('token', 'password', 'client-key-data', 'auth-token', 'tokn', 'id_token');
    const value = fc.array(fc.stringMatching(/^[a-zA-Z0-9+/=#:*!|>'" -]{0,12}QQ[a-z]{12}QQ$/), {
      minLength: 1,
      maxLength: 3,
    });
    const level = fc.constantFrom(0, 2, 5);
    const width = fc.integer({ min: 20, max: 100 });
    fc.assert(
      fc.property(field, value, level, width, (name, lines, flowLevel, lineWidth) => {
        const config = { kind: 'Config', users: [{ name: 'a', user: { username: 'u', [name]: lines.join('\n') } }] };
        const text =
          flowLevel === 0 ? JSON.stringify(config, null, lineWidth % 3) : dump(config, { flowLevel, lineWidth });
        const left = redact(text, 'yaml') ?? '';
        for (const line of lines) expect(left).not.toContain(/QQ[a-z]+QQ/.exec(line)?.[0]);
      }),
      { numRuns: 150 },
    );
  });
});

import fc from 'fast-check';
import { dump } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import {
  encodedKey,
  kubeconfig,
  secret,
  withCredentials,
  withoutCredentials,
} from '../../../test/fixtures/credential-files.ts';
import type { Holds } from './layout.ts';
import { redactFile } from './redact-file.ts';

function redact(text: string, holds: Holds) {
  return redactFile(Buffer.from(text), holds);
}

describe('redactFile', () => {
  it.each(withCredentials)('takes out %s', (_, holds, text) => {
    const result = redact(text, holds);
    expect(JSON.stringify(result)).not.toContain(secret);
    expect(JSON.stringify(result)).not.toContain(encodedKey.slice(40, 80));
    expect(result.secret ?? result.problem ?? result.text).toBeDefined();
    if (result.text !== undefined && holds !== 'token')
      expect(result.text.split('\n')).toHaveLength(text.split('\n').length);
  });

  it.each(withoutCredentials)('leaves %s as it is', (_, holds, text) => {
    expect(redact(text, holds)).toEqual({ text });
  });

  it('keeps the place of what it replaces, and the rest of the file', () => {
    expect(redact(kubeconfig(`    token: "${secret}"\n    username: a`), 'yaml')).toEqual({
      text: 'kind: Config # REDACTED\nusers:\n- name: admin\n  user:\n    token: REDACTED\n    username: a\n- name: other\n  user: {}\n',
      secret: 'kubeconfig-credential',
    });
  });

  it('never lets a credential of a kubeconfig through, however it is written', () => {
    const field = fc.constantFrom('token', 'password', 'client-key-data', 'auth-token', 'id_token');
    // Only letters that no escape changes, so that a plain search finds what is left.
    const value = fc.array(fc.stringMatching(/^[a-zA-Z0-9+/=#:*!|>'" -]{0,12}QQ[a-z]{12}QQ$/), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        field,
        value,
        fc.constantFrom(0, 2, 5),
        fc.integer({ min: 20, max: 100 }),
        (name, lines, flowLevel, lineWidth) => {
          const config = { kind: 'Config', users: [{ name: 'a', user: { username: 'u', [name]: lines.join('\n') } }] };
          const text = flowLevel === 0 ? JSON.stringify(config) : dump(config, { flowLevel, lineWidth });
          const result = redact(text, 'yaml');
          for (const line of lines) expect(JSON.stringify(result)).not.toContain(/QQ[a-z]+QQ/.exec(line)?.[0]);
          expect(result).toMatchObject({ secret: 'kubeconfig-credential' });
          expect(result.text?.split('\n')).toHaveLength(text.split('\n').length);
        },
      ),
      { numRuns: 200 },
    );
  });
});

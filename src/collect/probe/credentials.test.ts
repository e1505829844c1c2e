import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCredentials } from './credentials.ts';

describe('readCredentials', () => {
  let cwd = '';
  const signal = new AbortController().signal;
  const read = (sources: Parameters<typeof readCredentials>[0]) =>
    readCredentials(sources, { cwd, env: { HOME: '/nonexistent' }, timeoutMs: 1000, signal });

  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'bulwark-credentials-'));
    writeFileSync(
      join(cwd, 'broken.pem'),
      '-----BEGIN CERTIFICATE-----\nsecret-in-a-file\n-----END CERTIFICATE-----\n',
    );
    writeFileSync(join(cwd, 'text'), 'secret in a file\n');
    const cluster = { server: 'https://127.0.0.1:1' };
    const config = {
      'current-context': 'bare',
      contexts: [{ name: 'bare', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 'secret-token' } }],
    };
    writeFileSync(join(cwd, 'config'), JSON.stringify(config));
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  it('takes none that are not named, not even of a kubeconfig that is', async () => {
    expect(await read({})).toEqual({});
    expect(await read({ kubeconfig: 'config' })).toEqual({});
  });

  it.each<[string, Parameters<typeof readCredentials>[0], string]>([
    ['a certificate without its key', { clientCertificate: 'text' }, 'a client certificate needs its key'],
    ['a key without its certificate', { weakClientKey: 'text' }, 'a client certificate needs its key'],
    ['a file that is not there', { certificateAuthority: 'none' }, 'cannot read'],
    [
      'an authority that is no certificate',
      { certificateAuthority: 'text' },
      'the certificate authority holds no certificate',
    ],
    [
      'a broken authority',
      { certificateAuthority: 'broken.pem' },
      'the certificate authority holds no certificate that can be read',
    ],
    [
      'a client certificate without an authority',
      { clientCertificate: 'text', clientKey: 'text' },
      'no authority is known',
    ],
    ['a context without an authority', { kubeconfig: 'config', context: 'bare' }, 'no authority is known'],
    ['a context that is not there', { kubeconfig: 'config', context: 'other' }, 'no context "other"'],
    [
      'only an identity without rights',
      { weakContext: 'bare', kubeconfig: 'config' },
      'only compared with another one',
    ],
    ['a token that is none', { weakTokenFile: 'text' }, 'holds no token'],
  ])('refuses %s, and repeats nothing of it', async (_, sources, message) => {
    const error: Error = await read(sources).then(
      () => new Error('accepted'),
      (reason) => reason,
    );
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('secret');
  });
});

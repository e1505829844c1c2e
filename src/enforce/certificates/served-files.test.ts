import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/certificate.ts';
import { followKeyFiles } from './served-files.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-keys-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const place = (name: string): string => join(folder, name);

function writePair(name: string): { readonly pem: string; readonly key: string } {
  const { pem, key } = makeCertificate({ subject: `CN=${name}`, dns: [name] });
  const text = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(place('tls.crt'), pem);
  writeFileSync(place('tls.key'), text);
  return { pem, key: text };
}

const follow = () => followKeyFiles({ cert: place('tls.crt'), key: place('tls.key'), clientCa: undefined });

describe('a key pair in files', () => {
  it('is waited for, taken, and taken again when it changes', async () => {
    const keys = follow();
    expect([await keys.refresh(), keys.keys]).toEqual([false, undefined]);
    expect(keys.problem).toContain('ENOENT');
    const first = writePair('one');
    expect(await keys.refresh()).toBe(true);
    expect(keys.keys).toEqual({ cert: first.pem, key: first.key, ca: undefined });
    expect([await keys.refresh(), keys.problem]).toEqual([false, undefined]);
    writePair('two');
    expect(await keys.refresh()).toBe(true);
  });

  it('that does not fit together leaves the last one', async () => {
    const first = writePair('one');
    const keys = follow();
    await keys.refresh();
    const { pem } = makeCertificate({ subject: 'CN=two' });
    for (const text of [pem, '', 'garbage']) {
      writeFileSync(place('tls.crt'), text);
      expect(await keys.refresh()).toBe(false);
      expect(keys.keys?.cert).toBe(first.pem);
      expect(keys.problem).toBeDefined();
    }
    writeFileSync(place('tls.crt'), first.pem);
    expect([await keys.refresh(), keys.problem]).toEqual([false, undefined]);
  });

  it.each([
    ['is empty', '\n'],
    ['holds something else', 'garbage'],
  ])('are not served without an authority of the clients: its file %s', async (_, text) => {
    const { pem } = writePair('one');
    const keys = followKeyFiles({ cert: place('tls.crt'), key: place('tls.key'), clientCa: place('ca.crt') });
    writeFileSync(place('ca.crt'), text);
    expect([await keys.refresh(), keys.keys]).toEqual([false, undefined]);
    expect(keys.problem).toBe(`${place('ca.crt')} holds no certificate`);
    writeFileSync(place('ca.crt'), pem);
    expect(await keys.refresh()).toBe(true);
    writeFileSync(place('ca.crt'), text);
    expect([await keys.refresh(), keys.keys?.ca]).toEqual([false, pem]);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/certificate.ts';
import type { Certificate } from '../../model/certificate.ts';
import { certificatesIn } from '../../model/pem.ts';
import { parseCertificate, parseDer } from './parse.ts';
import { ChainVerifier, namesHost } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulwark-certificates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasOpenssl = spawnSync('openssl', ['version']).error === undefined;
if (!hasOpenssl) console.warn('Certificates that openssl makes are skipped: there is no openssl');

let made = 0;

/** A certificate that openssl makes; self-signed without `issuer`. */
function make(subject: string, options: { key?: string; extensions?: string[]; issuer?: string } = {}) {
  made += 1;
  const name = `c${made}`;
  const { key = 'ec:P-256', extensions = [], issuer } = options;
  const [algorithm, size = ''] = key.split(':');
  const newKey =
    algorithm === 'rsa'
      ? ['-newkey', key]
      : algorithm === 'ec'
        ? ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${size}`]
        : ['-newkey', algorithm ?? ''];
  const from = issuer === undefined ? [] : ['-CA', `${folder}/${issuer}.crt`, '-CAkey', `${folder}/${issuer}.key`];
  const config = join(folder, 'openssl.cnf');
  writeFileSync(config, '[req]\ndistinguished_name=dn\n[dn]\n');
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-nodes',
      '-config',
      config,
      ...newKey,
      '-subj',
      subject,
      '-keyout',
      `${folder}/${name}.key`,
      '-out',
      `${folder}/${name}.crt`,
      ...from,
      '-days',
      '365',
      ...extensions.flatMap((extension) => ['-addext', extension]),
    ],
    { stdio: 'pipe' },
  );
  const [pem = ''] = certificatesIn(readFileSync(`${folder}/${name}.crt`, 'utf8'));
  return { name, pem, certificate: certificateOf(pem) };
}

function certificateOf(pem: string): Certificate {
  const parsed = parseCertificate(pem);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.certificate;
}

describe.skipIf(!hasOpenssl)('a certificate', () => {
  it.each(['rsa:1024', 'rsa:2048', 'ec:P-256', 'ec:P-384', 'ec:secp521r1', 'ed25519'])(
    'with a key of %s reads as node:crypto reads it',
    (key) => {
      const { pem, certificate } = make('/O=system:masters/O=dev/CN=kubernetes-admin', { key });
      const known = new X509Certificate(pem);
      expect(certificate.fingerprint).toBe(known.fingerprint256.replaceAll(':', '').toLowerCase());
      expect(certificate.serial.toUpperCase()).toBe(known.serialNumber);
      expect(certificate.notBefore).toBe(Date.parse(known.validFrom));
      expect(certificate.notAfter).toBe(Date.parse(known.validTo));
      expect(certificate.subject).toMatchObject({
        commonName: 'kubernetes-admin',
        organizations: ['system:masters', 'dev'],
      });
      expect(certificate.key.type).toBe(known.publicKey.asymmetricKeyType);
      const bits = known.publicKey.asymmetricKeyDetails?.modulusLength;
      if (bits !== undefined) expect(certificate.key.bits).toBe(bits);
    },
  );

  it('tells usages, constraints and names', () => {
    const extensions = [
      'keyUsage=critical,digitalSignature,keyCertSign',
      'extendedKeyUsage=serverAuth,clientAuth,1.2.3.4',
      'subjectAltName=DNS:*.Example.org,IP:10.96.0.1,IP:2001:db8::1,IP:::1,URI:spiffe://a/b,email:a@b',
    ];
    const { certificate } = make('/CN=x', {
      extensions: [...extensions, 'basicConstraints=critical,CA:TRUE,pathlen:3'],
    });
    expect(certificate).toMatchObject({
      authority: true,
      pathLength: 3,
      usages: ['digitalSignature', 'keyCertSign'],
      extendedUsages: ['serverAuth', 'clientAuth', '1.2.3.4'],
      names: { dns: ['*.Example.org'], ip: ['10.96.0.1', '2001:db8::1', '::1'], uri: ['spiffe://a/b'], email: ['a@b'] },
      signature: { name: 'ecdsa-with-SHA256', hash: 'sha256' },
    });
    const hosts = {
      'a.example.org': true,
      'a.b.example.org': false,
      'example.org': false,
      '10.96.0.1': true,
      '10.96.0.2': false,
      '[2001:DB8:0:0::1]': true,
      '0:0:0:0:0:0:0:1': true,
    };
    for (const [host, wanted] of Object.entries(hosts)) expect(namesHost(certificate, host), host).toBe(wanted);
  });

  it('chains to who signed it, by signature and not by name', () => {
    const verifier = new ChainVerifier();
    const ca = make('/CN=kubernetes', { extensions: ['keyUsage=keyCertSign', 'basicConstraints=CA:TRUE'] });
    const namesake = make('/CN=kubernetes', { extensions: ['keyUsage=keyCertSign', 'basicConstraints=CA:TRUE'] });
    const between = make('/CN=between', { issuer: ca.name, extensions: ['basicConstraints=CA:TRUE'] });
    const leaf = make('/CN=leaf', { issuer: between.name, extensions: ['basicConstraints=CA:FALSE'] });
    const below = make('/CN=below', { issuer: leaf.name });
    expect(verifier.chainsTo(leaf, [ca], [between])).toBe(true);
    expect(verifier.chainsTo(leaf, [between])).toBe(true);
    expect(verifier.chainsTo(leaf, [ca])).toBe(false);
    expect(verifier.chainsTo(leaf, [namesake], [between])).toBe(false);
    expect(verifier.chainsTo(below, [ca], [leaf, between]), 'a leaf signs nothing').toBe(false);
    expect(verifier.chainsTo(leaf, [leaf])).toBe(true);
  });

  it('that was damaged anywhere gives an answer', () => {
    const { pem } = make('/O=a/CN=b', {
      key: 'rsa:2048',
      extensions: ['subjectAltName=IP:::1', 'keyUsage=keyCertSign'],
    });
    const der = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64');
    const edit = fc.record({ at: fc.nat(der.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.nat(der.length), (edits, length) => {
        const damaged = Buffer.from(der);
        for (const { at, to } of edits) damaged[at] = to;
        for (const bytes of [damaged, damaged.subarray(0, length)]) {
          const parsed = parseDer(bytes);
          if ('problem' in parsed) expect(parsed.problem).toMatch(/^[a-z].*[^.]$/);
          else
            new ChainVerifier().chainsTo({ pem, certificate: parsed.certificate }, [
              { pem, certificate: parsed.certificate },
            ]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('validity', () => {
  it.each([
    ['19500101000000Z', '25000101000000Z', '1950-01-01T00:00:00.000Z', '2500-01-01T00:00:00.000Z'],
    ['500101000000Z', '491231235959Z', '1950-01-01T00:00:00.000Z', '2049-12-31T23:59:59.000Z'],
    ['20240229120000Z', '99991231235959Z', '2024-02-29T12:00:00.000Z', '9999-12-31T23:59:59.000Z'],
  ])('%s to %s', (from, to, start, end) => {
    const { notBefore, notAfter } = certificateOf(makeCertificate({ subject: 'CN=x', from, to }).pem);
    expect([new Date(notBefore).toISOString(), new Date(notAfter).toISOString()]).toEqual([start, end]);
  });

  it.each(['20230229000000Z', '20231301000000Z', '20230101240000Z', 'yesterday', '230101000000+0100'])(
    '%s is no time',
    (from) => {
      const { pem } = makeCertificate({ subject: 'CN=x', from });
      expect(parseCertificate(pem)).toEqual({ problem: 'its validity holds a time that is none' });
    },
  );
});

describe('a signature', () => {
  const ca = makeCertificate({ subject: 'CN=ca', authority: true, usages: [5] });
  const leaf = makeCertificate({ subject: 'CN=leaf', issuer: ca, dns: ['a'], usages: [0] });
  const roots = [{ pem: ca.pem, certificate: certificateOf(ca.pem) }];
  const der = Buffer.from(leaf.pem.replace(/-----.*-----/g, ''), 'base64');

  it('covers every byte', () => {
    const verifier = new ChainVerifier();
    expect(verifier.chainsTo({ pem: leaf.pem, certificate: certificateOf(leaf.pem) }, roots)).toBe(true);
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(der);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        const pem = `-----BEGIN CERTIFICATE-----\n${damaged.toString('base64')}\n-----END CERTIFICATE-----\n`;
        const parsed = parseCertificate(pem);
        const trusts = 'certificate' in parsed && verifier.chainsTo({ pem, certificate: parsed.certificate }, roots);
        expect(trusts).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is no certificate', () => {
  it.each([
    ['', 'it is not base64'],
    ['-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----', 'it is not base64'],
    ['MAA=', 'it has no signature'],
    ['MIL//w==', 'a part of it is longer than the whole'],
    ['MIA=', 'a length in it is not DER'],
  ])('%s', (pem, problem) => {
    expect(parseCertificate(pem)).toEqual({ problem });
  });

  it('is any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseDer(Buffer.from(bytes))).toHaveProperty('problem');
      }),
      { numRuns: 200 },
    );
  });
});

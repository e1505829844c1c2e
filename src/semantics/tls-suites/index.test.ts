import { describe, expect, it } from 'vitest';
import { judgeSuites, strongSuites, tlsVersion } from './index.ts';

const ecdhe128 = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';

describe('judgeSuites', () => {
  it.each<[string, string[], string | undefined, Partial<ReturnType<typeof judgeSuites>>]>([
    ['no list is the default', [], undefined, { decides: 'default', weak: [], lacksHttp2: false }],
    [
      'a minimum of TLS 1.3 makes it moot',
      ['TLS_RSA_WITH_RC4_128_SHA'],
      'VersionTLS13',
      { decides: 'tls13', weak: [] },
    ],
    ['etcd spells the minimum differently', ['TLS_RSA_WITH_RC4_128_SHA'], 'TLS1.3', { decides: 'tls13', weak: [] }],
    [
      'both names of ChaCha',
      [ecdhe128, 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
      '',
      { weak: [], unknown: [], lacksHttp2: false },
    ],
    ['names of TLS 1.3', [ecdhe128, 'TLS_AES_256_GCM_SHA384'], undefined, { weak: [], unknown: [] }],
    [
      'TLS 1.3 alone cannot speak HTTP/2 over 1.2',
      ['TLS_AES_128_GCM_SHA256'],
      undefined,
      { weak: [], lacksHttp2: true },
    ],
    ['AES-256 alone', ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'], undefined, { weak: [], lacksHttp2: true }],
    [
      'a name that Go does not have',
      [ecdhe128, 'ECDHE-RSA-AES128-GCM-SHA256'],
      undefined,
      { weak: [], unknown: ['ECDHE-RSA-AES128-GCM-SHA256'] },
    ],
    [
      'lower case is another name',
      [ecdhe128.toLowerCase()],
      undefined,
      { unknown: [ecdhe128.toLowerCase()], lacksHttp2: true },
    ],
    [
      'no forward secrecy',
      [ecdhe128, 'TLS_RSA_WITH_AES_128_GCM_SHA256'],
      undefined,
      { weak: [{ name: 'TLS_RSA_WITH_AES_128_GCM_SHA256', why: 'has no forward secrecy' }] },
    ],
    [
      'CBC, named once',
      [ecdhe128, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'],
      undefined,
      {
        weak: [
          { name: 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', why: 'encrypts in CBC mode, without authenticated encryption' },
        ],
      },
    ],
    [
      '3DES before CBC',
      ['TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA'],
      undefined,
      { weak: [{ name: 'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA', why: 'encrypts with 3DES' }] },
    ],
    [
      'the suites to choose',
      [...strongSuites],
      'VersionTLS12',
      { decides: 'list', weak: [], unknown: [], lacksHttp2: false },
    ],
  ])('%s', (_, names, minimum, expected) => {
    expect(judgeSuites(names, minimum)).toMatchObject(expected);
  });
});

describe('tlsVersion', () => {
  it.each([
    [undefined, 1.2],
    ['', 1.2],
    ['VersionTLS10', 1],
    ['VersionTLS13', 1.3],
    ['TLS1.2', 1.2],
    ['1.2', undefined],
    ['VersionTLS14', undefined],
  ])('%s is %s', (text, expected) => {
    expect(tlsVersion(text)).toBe(expected);
  });
});

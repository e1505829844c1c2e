import { describe, expect, it } from 'vitest';
import { judgeSuites, strongSuites, suiteWeakness, tlsVersion, weakDefaultSuites } from './index.ts';

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

describe('suiteWeakness', () => {
  it.each([
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', undefined],
    ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305', undefined],
    ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', undefined],
    ['TLS_AES_128_CCM_8_SHA256', undefined],
    ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'weak: no forward secrecy'],
    ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'weak: CBC'],
    ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'broken: 3DES'],
    ['TLS_DHE_RSA_WITH_DES_CBC_SHA', 'broken: DES'],
    ['TLS_ECDHE_RSA_WITH_RC4_128_SHA', 'broken: RC4'],
    ['TLS_DH_anon_WITH_AES_128_GCM_SHA256', 'broken: no server identity'],
    ['TLS_RSA_WITH_NULL_SHA256', 'broken: no encryption'],
  ])('%s: %s', (name, expected) => {
    const found = suiteWeakness(name);
    expect(found && `${found.grade}: ${found.property}`).toBe(expected);
  });
});

describe('weakDefaultSuites', () => {
  const cbc = [
    'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
    'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
    'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
    'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  ];
  const tripleDes = 'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA';
  const rsa = [
    'TLS_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_RSA_WITH_AES_256_GCM_SHA384',
    'TLS_RSA_WITH_AES_128_CBC_SHA',
    'TLS_RSA_WITH_AES_256_CBC_SHA',
    'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  ];

  it.each([
    ['kube-apiserver', 20, [tripleDes, ...rsa, ...cbc]],
    ['kubelet', 29, [tripleDes, ...rsa, ...cbc]],
    ['kubelet', 30, [tripleDes, ...cbc]],
    ['kube-scheduler', 31, [tripleDes, ...cbc]],
    ['kube-apiserver', 32, cbc],
    ['kube-apiserver', undefined, cbc],
    ['etcd', 4, [tripleDes, ...rsa, ...cbc]],
    ['etcd', 5, [tripleDes, ...rsa, ...cbc]],
    ['etcd', 6, cbc],
  ] as const)('of %s, minor %s', (component, minor, expected) => {
    expect(weakDefaultSuites(component, minor)).toEqual(expected);
  });

  it('names suites that Go knows, all of them weak', () => {
    const names = weakDefaultSuites('kubelet', 20);
    const { unknown, weak } = judgeSuites(names, undefined);
    expect(unknown).toEqual([]);
    expect(weak.map(({ name }) => name)).toEqual(names);
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

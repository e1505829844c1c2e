/** What is wrong with a suite: `broken` has no encryption, no server identity, or a cipher with practical attacks. */
export interface SuiteWeakness {
  readonly grade: 'weak' | 'broken';
  /** Of suites, behind "with": "3DES". */
  readonly property: string;
  /** Of one suite, behind its name: "encrypts with 3DES". */
  readonly why: string;
}

const anonymous = broken('no server identity', 'asks for no certificate of the server');
const unencrypted = broken('no encryption', 'encrypts nothing');
const exportGrade = broken('export keys', 'encrypts with keys of 40 bits');
const rc4 = broken('RC4', 'encrypts with RC4');
const tripleDes = broken('3DES', 'encrypts with 3DES');
const des = broken('DES', 'encrypts with DES');
const md5 = broken('MD5', 'authenticates with MD5');
const noForwardSecrecy = weak('no forward secrecy', 'has no forward secrecy');
const cbc = weak('CBC', 'encrypts in CBC mode, without authenticated encryption');

/**
 * What is wrong with a suite of the IANA registry, by its properties and not by a list; undefined where it has forward
 * secrecy and authenticated encryption (RFC 9325, 4.2).
 */
export function suiteWeakness(name: string): SuiteWeakness | undefined {
  if (name.includes('anon')) return anonymous;
  if (name.includes('_NULL_')) return unencrypted;
  if (name.includes('EXPORT')) return exportGrade;
  if (name.includes('_RC4_')) return rc4;
  if (name.includes('_3DES_')) return tripleDes;
  if (name.includes('_DES_')) return des;
  if (name.endsWith('_MD5')) return md5;
  if (/^TLS_(?:AES|CHACHA20)_/.test(name)) return undefined;
  if (!/^TLS_(?:ECDHE|DHE)_/.test(name)) return noForwardSecrecy;
  return /GCM|CHACHA20|CCM/.test(name) ? undefined : cbc;
}

function weak(property: string, why: string): SuiteWeakness {
  return { grade: 'weak', property, why };
}

function broken(property: string, why: string): SuiteWeakness {
  return { grade: 'broken', property, why };
}

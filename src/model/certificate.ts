import type { ObjectPlace } from './node-component.ts';

/** What an X.509 certificate says (RFC 5280). Plain data: nothing here was verified. */
export interface Certificate {
  /** SHA-256 of the certificate, in hex. */
  readonly fingerprint: string;
  /** 3 for all that have extensions. */
  readonly version: number;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** In hex, without leading zeros. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: PublicKeyInfo;
  readonly signature: SignatureAlgorithm;
  /** `cA` of the basic constraints; absent without that extension. */
  readonly authority?: boolean;
  /** How many authorities may stand below this one. */
  readonly pathLength?: number;
  /** Absent without the extension: then every use is allowed. */
  readonly usages?: readonly KeyUsage[];
  /** Names (`serverAuth`), or dotted numbers of those without one. Absent without the extension: every use. */
  readonly extendedUsages?: readonly string[];
  readonly names: SubjectNames;
  /** Key identifiers in hex, where the certificate has them. */
  readonly keyIdentifier?: string;
  readonly authorityKeyIdentifier?: string;
}

export interface DistinguishedName {
  /** As people write it: `O=system:masters, CN=kubernetes-admin`. */
  readonly text: string;
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** The DER in hex: names are the same where this is. */
  readonly raw: string;
}

export interface PublicKeyInfo {
  readonly type: 'rsa' | 'ec' | 'ed25519' | 'ed448' | 'dsa' | 'other';
  /** Of the RSA or DSA modulus, or of the curve's field; 0 where it is not known. */
  readonly bits: number;
  /** Name of the curve, or its dotted number. */
  readonly curve?: string;
  /** SHA-256 of the SubjectPublicKeyInfo, in hex: the same key has the same. */
  readonly fingerprint: string;
}

export interface SignatureAlgorithm {
  /** `sha256WithRSAEncryption`, or a dotted number. */
  readonly name: string;
  readonly hash?: 'md2' | 'md4' | 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
}

export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof keyUsages)[number];

/** The subject's alternative names. */
export interface SubjectNames {
  readonly dns: readonly string[];
  /** Addresses as they are usually written; IPv6 in its short form. */
  readonly ip: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
}

/** What a certificate is for, where it is used. */
export type CertificatePurpose = 'serving' | 'client' | 'authority';

/** Someone who uses a certificate. */
export interface CertificateUse {
  readonly purpose: CertificatePurpose;
  /** `kube-apiserver --tls-cert-file`, `user kubernetes-admin of /etc/kubernetes/admin.conf`. */
  readonly by: string;
  /** What an authority vouches for, where that is one of the cluster's three: they must not be one. */
  readonly trust?: 'cluster' | 'front-proxy' | 'etcd';
}

/** Where a certificate stands. */
export interface CertificatePlace extends ObjectPlace {
  /** The file of a node, or the object: with what tells several certificates apart there. */
  readonly text: string;
}

/** One certificate of a node or a cluster, with everything that is known of where and for what it is used. */
export interface FoundCertificate {
  /** Absent where what stands there is none. */
  readonly certificate?: Certificate;
  /** Why it cannot be read. */
  readonly problem?: string;
  /** PEM, for verifying. */
  readonly pem: string;
  readonly places: readonly CertificatePlace[];
  readonly uses: readonly CertificateUse[];
  /** Who on the node has to accept it, by what is configured there, and whether it chains to what they trust. */
  readonly judgedBy: readonly { readonly who: string; readonly trusts: boolean }[];
  /** Of a certificate in system:masters: whether the authority of the cluster’s clients signed it; absent where that is not known. */
  readonly ofCluster?: boolean;
  /** The other authorities of the cluster that have the same key. */
  readonly sameKeyAs: readonly NonNullable<CertificateUse['trust']>[];
  /** Names and addresses that clients on the node call the server by, and the certificate does not have. */
  readonly missingNames: readonly { readonly name: string; readonly by: string }[];
}

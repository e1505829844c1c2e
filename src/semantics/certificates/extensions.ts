import { type Certificate, type KeyUsage, keyUsages, type SubjectNames } from '../../model/certificate.ts';
import { formatAddress } from './address.ts';
import { childrenOf, contentOf, DerError, type Element, elementAt, expectTag, oidOf, tags } from './der.ts';

type Extensions = Pick<
  Certificate,
  'authority' | 'pathLength' | 'usages' | 'extendedUsages' | 'names' | 'keyIdentifier' | 'authorityKeyIdentifier'
>;

const noNames: SubjectNames = { dns: [], ip: [], uri: [], email: [] };

/** The extensions that say what a certificate may be used for (RFC 5280 section 4.2.1). */
export function readExtensions(der: Buffer, wrapper: Element | undefined): Extensions {
  let found: Extensions = { names: noNames };
  if (wrapper === undefined) return found;
  const list = expectTag(elementAt(der, wrapper.start, wrapper.end), tags.sequence, 'list of extensions');
  for (const extension of childrenOf(der, list)) {
    const parts = childrenOf(der, expectTag(extension, tags.sequence, 'extension'));
    const id = oidOf(der, expectTag(parts[0], tags.oid, 'extension'));
    const value = expectTag(parts.at(-1), tags.octetString, 'extension');
    const reader = readers.get(id);
    if (reader !== undefined) found = { ...found, ...reader(der, elementAt(der, value.start, value.end)) };
  }
  return found;
}

type ExtensionReader = (der: Buffer, value: Element) => Partial<Extensions>;

const readers: ReadonlyMap<string, ExtensionReader> = new Map<string, ExtensionReader>([
  ['2.5.29.14', (der, value) => ({ keyIdentifier: contentOf(der, value).toString('hex') })],
  ['2.5.29.15', readUsages],
  ['2.5.29.17', readNames],
  ['2.5.29.19', readConstraints],
  ['2.5.29.35', readAuthorityKey],
  ['2.5.29.37', readExtendedUsages],
]);

function readUsages(der: Buffer, value: Element): Partial<Extensions> {
  const [, ...bytes] = contentOf(der, expectTag(value, tags.bitString, 'key usage'));
  const usages = keyUsages.filter((_, bit): _ is KeyUsage => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
  return { usages };
}

function readConstraints(der: Buffer, value: Element): Partial<Extensions> {
  const parts = childrenOf(der, expectTag(value, tags.sequence, 'basic constraints'));
  const flag = parts.find(({ tag }) => tag === tags.boolean);
  const length = parts.find(({ tag }) => tag === tags.integer);
  const authority = flag !== undefined && der[flag.start] !== 0 && flag.end > flag.start;
  if (length === undefined) return { authority };
  if (length.end - length.start > 4 || length.end === length.start) throw new DerError('its path length is no number');
  return { authority, pathLength: der.readIntBE(length.start, length.end - length.start) };
}

function readAuthorityKey(der: Buffer, value: Element): Partial<Extensions> {
  const id = childrenOf(der, value).find(({ tag }) => tag === 0x80);
  return id === undefined ? {} : { authorityKeyIdentifier: contentOf(der, id).toString('hex') };
}

const extendedUsageNames: ReadonlyMap<string, string> = new Map([
  ['2.5.29.37.0', 'any'],
  ['1.3.6.1.5.5.7.3.1', 'serverAuth'],
  ['1.3.6.1.5.5.7.3.2', 'clientAuth'],
  ['1.3.6.1.5.5.7.3.3', 'codeSigning'],
  ['1.3.6.1.5.5.7.3.4', 'emailProtection'],
  ['1.3.6.1.5.5.7.3.8', 'timeStamping'],
  ['1.3.6.1.5.5.7.3.9', 'OCSPSigning'],
]);

function readExtendedUsages(der: Buffer, value: Element): Partial<Extensions> {
  const ids = childrenOf(der, expectTag(value, tags.sequence, 'extended key usage'));
  const extendedUsages = ids.map((id) => {
    const oid = oidOf(der, expectTag(id, tags.oid, 'extended key usage'));
    return extendedUsageNames.get(oid) ?? oid;
  });
  return { extendedUsages };
}

function readNames(der: Buffer, value: Element): Partial<Extensions> {
  const dns: string[] = [];
  const ip: string[] = [];
  const uri: string[] = [];
  const email: string[] = [];
  for (const name of childrenOf(der, expectTag(value, tags.sequence, 'alternative names'))) {
    const content = contentOf(der, name);
    if (name.tag === 0x81) email.push(content.toString('latin1'));
    else if (name.tag === 0x82) dns.push(content.toString('latin1'));
    else if (name.tag === 0x86) uri.push(content.toString('latin1'));
    else if (name.tag === 0x87) ip.push(formatAddress(content));
  }
  return { names: { dns, ip, uri, email } };
}

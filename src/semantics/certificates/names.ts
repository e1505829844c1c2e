import type { DistinguishedName } from '../../model/certificate.ts';
import { childrenOf, type Element, expectTag, oidOf, tags, textOf } from './der.ts';

const attributes: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);

/**
 * A distinguished name. Of several common names the last counts, as in Go's crypto/x509, by which the API server takes
 * the user's name; every organization is a group.
 */
export function readName(der: Buffer, element: Element): DistinguishedName {
  const words: string[] = [];
  const organizations: string[] = [];
  let commonName = '';
  for (const set of childrenOf(der, element)) {
    for (const pair of childrenOf(der, expectTag(set, tags.set, 'name'))) {
      const [id, value] = childrenOf(der, expectTag(pair, tags.sequence, 'name'));
      if (value === undefined) continue;
      const oid = oidOf(der, expectTag(id, tags.oid, 'name'));
      const attribute = attributes.get(oid) ?? oid;
      const text = textOf(der, value);
      if (attribute === 'CN') commonName = text;
      if (attribute === 'O') organizations.push(text);
      words.push(`${attribute}=${text}`);
    }
  }
  const raw = der.subarray(element.from, element.end).toString('hex');
  return { text: words.join(', '), commonName, organizations, raw };
}

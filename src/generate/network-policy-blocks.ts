import type { JsonObject } from '../model/json.ts';
import {
  type AddressSet,
  addressSet,
  cidrSet,
  formatSet,
  ofFamily,
  privateAddresses,
} from '../semantics/network-policy/index.ts';

/** Blocks of one rule that people still read. */
const most = 16;

/** Networks that stand for the addresses in them: what one host is given by IPv4, and by IPv6. */
const widths = { 4: 24, 6: 64 } as const;

/**
 * Addresses as ipBlocks: exactly, as long as they are few; else as the networks that they are in, which `tell` is told.
 * Nothing for no addresses.
 */
export function blocksOf(places: readonly bigint[], tell: (note: string) => void): readonly JsonObject[] {
  const exact = formatSet(addressSet(places.map((place) => [place, place])));
  if (exact.length <= most) return exact.map((cidr) => ({ ipBlock: { cidr } }));
  const networks = formatSet(
    addressSet(exact.flatMap((cidr) => cidrSet(`${cidr.split('/')[0]}/${widths[cidr.includes(':') ? 6 : 4]}`))),
  );
  tell(`${exact.length} addresses are widened to ${networks.length} networks`);
  return networks.map((cidr) => ({ ipBlock: { cidr } }));
}

const linkLocal = cidrSet('169.254.0.0/16', 'fe80::/10');

/** The internet of the families in use, without what is private and without the metadata addresses of the clouds. */
export function internetBlocks(internet: AddressSet): readonly JsonObject[] {
  return ([4, 6] as const).flatMap((family): readonly JsonObject[] => {
    if (ofFamily(internet, family).length === 0) return [];
    const left = addressSet([...ofFamily(privateAddresses, family), ...ofFamily(linkLocal, family)]);
    return [{ ipBlock: { cidr: family === 4 ? '0.0.0.0/0' : '::/0', except: formatSet(left) } }];
  });
}

/** What an address is that no endpoint should have, as the API server's validation of Endpoints knows them; else undefined. */
export function addressText(address: string): string | undefined {
  if (/^127\.|^::1$|^(?:0{1,4}:){7}0{0,3}1$/.test(address)) return 'a loopback address';
  if (/^169\.254\.|^fe[89ab][0-9a-f]:/i.test(address)) return 'a link-local address';
  if (/^0\.0\.0\.0$|^::$/.test(address)) return 'no address at all';
  return /^22[4-9]\.|^23\d\.|^ff[0-9a-f]{2}:/i.test(address) ? 'a multicast address' : undefined;
}

/** Whether packets to a host stay on its machine: 127.0.0.0/8, ::1 or localhost. IPv6 with or without brackets. */
export function isLoopback(host: string): boolean {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
  return (
    /^localhost\.?$/i.test(bare) ||
    /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/i.test(bare) ||
    /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/i.test(bare) ||
    /^(?:0{0,4}:){1,7}0{0,3}1$/.test(bare)
  );
}

/** The same of `host:port`, `tcp://host:port` and URLs. */
export function isLoopbackEndpoint(endpoint: string): boolean {
  return isLoopback(hostOf(endpoint.replace(/^[a-z0-9+.-]+:\/\//i, '').replace(/\/.*$/, '')));
}

/** Whether a listener with this host takes connections on every address: 0.0.0.0, :: or nothing at all. */
export function isEveryAddress(host: string): boolean {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
  return bare === '' || bare === '0.0.0.0' || /^(?:0{1,4}|:)(?::0{0,4}){1,7}$/.test(bare);
}

/** The host of `127.0.0.1:10249`, `[::1]:10249` or `:10249`; the text itself where it has no port. */
export function hostOf(address: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(address)?.[1];
  if (bracketed !== undefined) return bracketed;
  const colon = address.indexOf(':');
  return colon === -1 || colon !== address.lastIndexOf(':') ? address : address.slice(0, colon);
}

/** Scheme and host of `https://10.0.0.1:2379`; undefined for what is no such URL. */
export function urlHost(url: string): { scheme: string; host: string } | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]/]*\]|[^/:[\]]*)(?::\d*)?(?:\/|$)/i.exec(url.trim());
  if (match === null) return undefined;
  const [, scheme = '', host = ''] = match;
  return { scheme: scheme.toLowerCase(), host };
}

import { isIP } from 'node:net';
import { BulwarkError } from '../../model/errors.ts';
import { isPort } from '../../semantics/probe/configured-ports.ts';
import {
  isMetadataHost,
  type ListenerId,
  listenerIds,
  usualListeners,
  usualPorts,
} from '../../semantics/probe/listeners.ts';
import type { ProbeTarget } from '../../semantics/probe/observation.ts';

/** A host as the command line names it. */
export interface NamedHost {
  readonly host: string;
  /** Undefined: every port that is known for it. */
  readonly port?: number | undefined;
  readonly listener?: ListenerId | undefined;
  readonly node?: string | undefined;
  /** What the cluster says of this host: besides the usual ones. */
  readonly ports?: readonly NamedPort[] | undefined;
}

/** A port to look at on every host that was named without one. */
export interface NamedPort {
  readonly port: number;
  readonly listener?: ListenerId | undefined;
  readonly origin: string;
}

const hostHint = 'write it as HOST, HOST:PORT, [IPV6]:PORT or HOST:PORT=LISTENER, such as 10.0.0.5:10250=kubelet';

/** Reads `HOST`, `HOST:PORT`, an IPv6 address with or without brackets, and `=LISTENER` after a port. Throws `BulwarkError`. */
export function parseHost(text: string): NamedHost {
  const bad = (why: string): BulwarkError => new BulwarkError('usage', `${JSON.stringify(text)} ${why}`, hostHint);
  const equals = text.indexOf('=');
  const listener = equals === -1 ? undefined : parseListener(text.slice(equals + 1), text);
  const place = equals === -1 ? text : text.slice(0, equals);
  if (isIP(place) === 6 && listener === undefined) return { host: place };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(place) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || host === '') throw bad('names no host');
  if (place.includes('/')) throw bad('is a URL or a range of addresses, not a host');
  if (digits?.includes(':')) throw bad('is not a host name or address');
  const isName =
    bracketed === undefined && host.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9._])?$/.test(host);
  if (bracketed !== undefined ? isIP(host) !== 6 : !isName) throw bad('is not a host name or address');
  if (digits === undefined) {
    if (listener !== undefined) throw bad('names a listener without a port');
    return { host };
  }
  return { host, port: parsePort(digits, text), listener };
}

/** Reads `PORT` or `PORT=LISTENER`. Throws `BulwarkError`. */
export function parsePortOption(text: string): NamedPort {
  const [digits = '', listener] = text.split('=', 2);
  return {
    port: parsePort(digits, text),
    ...(listener !== undefined && { listener: parseListener(listener, text) }),
    origin: 'named',
  };
}

function parsePort(digits: string, text: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (isPort(port)) return port;
  throw new BulwarkError(
    'usage',
    `${JSON.stringify(text)}: ${JSON.stringify(digits)} is not a port`,
    'a port is a number from 1 to 65535',
  );
}

function parseListener(name: string, text: string): ListenerId {
  const known = listenerIds.find((id) => id === name);
  if (known !== undefined) return known;
  throw new BulwarkError(
    'usage',
    `${JSON.stringify(text)}: there is no listener ${JSON.stringify(name)}`,
    `the listeners are: ${listenerIds.join(', ')}`,
  );
}

export interface TargetOptions {
  /** Asked for with `--port`: instead of the usual ones. */
  readonly named: readonly NamedPort[];
  /** Found in a node's configuration: besides the usual ones. */
  readonly found: readonly NamedPort[];
}

/** Every port of every host, each once, in the order named. */
export function targetsOf(hosts: readonly NamedHost[], { named, found }: TargetOptions): readonly ProbeTarget[] {
  const targets = new Map<string, ProbeTarget>();
  const add = (target: ProbeTarget): void => {
    const key = `${target.port} ${target.host.toLowerCase()}`;
    if (!targets.has(key)) targets.set(key, target);
  };
  for (const { host, port, listener, node, ports: own = [] } of hosts) {
    const label = node === undefined ? {} : { node };
    if (port !== undefined) {
      add({ host, port, origin: 'named', ...label, ...(listener !== undefined && { listener }) });
      continue;
    }
    const ports = named.length > 0 ? [...named, ...found] : [...own, ...found, ...usual(host)];
    for (const { port: each, origin, listener: what } of ports)
      add({ host, port: each, origin, ...label, ...(what !== undefined && { listener: what }) });
  }
  return [...targets.values()];
}

function usual(host: string): readonly NamedPort[] {
  const origin = 'usual port';
  if (isMetadataHost(host)) return usualListeners(80).map(({ id }) => ({ port: 80, listener: id, origin }));
  return usualPorts.map((port) => ({ port, origin }));
}

import { BulwarkError } from '../model/errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, `[::1]:PORT`, `:PORT` for all addresses. Throws `usage`. */
export function parseAddress(option: string, text: string): Address {
  const match = /^(\[[0-9a-f:.%]+\]|[^:[\]\s]*):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new BulwarkError('usage', `${option}: "${text}" is no address`, 'write ADDRESS:PORT, such as 127.0.0.1:9443');
  }
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  return { host: host === '' ? '::' : host, port };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

import { traversal } from '../cost.ts';
import { fail } from '../error.ts';
import { type Library, overload } from '../function.ts';
import { Opaque, type Value } from '../value.ts';

/** An absolute URL or an absolute path, taken apart as Go does it: nothing is normalised but the scheme. */
export class Url extends Opaque {
  readonly typeName = 'kubernetes.URL';
  readonly scheme: string;
  /** With the port, unescaped. */
  readonly host: string;
  readonly escapedPath: string;
  readonly query: string;
  private readonly text: string;

  constructor(parts: UrlParts, text: string) {
    super();
    this.scheme = parts.scheme;
    this.host = parts.host;
    this.escapedPath = parts.escapedPath;
    this.query = parts.query;
    this.text = text;
  }

  equals(other: Value): boolean {
    return other instanceof Url && other.text === this.text;
  }
}

interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly escapedPath: string;
  readonly query: string;
}

const schemePattern = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const badEscape = /%(?![0-9A-Fa-f]{2})/;
const userInfo = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
/** What may stand in a host unescaped; bytes beyond ASCII may, too. */
const hostText = /^(?:[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]|%[0-9A-Fa-f]{2}|[^\p{ASCII}])*$/u;
const validPath = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]%]*$/;

/** As Go's net/url.ParseRequestURI; throws an EvaluationError for anything else. */
export function parseUrl(text: string): Url {
  const bad = (why: string): never => fail(`URL parse error during conversion from string: parse "${text}": ${why}`);
  if (text === '') return bad('empty url');
  if (hasControlCharacter(text)) return bad('net/url: invalid control character in URL');
  if (text === '*') return new Url({ scheme: '', host: '', escapedPath: '*', query: '' }, text);
  if (text.startsWith(':')) return bad('missing protocol scheme');
  const scheme = schemePattern.exec(text)?.[1] ?? '';
  const afterScheme = scheme === '' ? text : text.slice(scheme.length + 1);
  const mark = afterScheme.indexOf('?');
  let rest = mark === -1 ? afterScheme : afterScheme.slice(0, mark);
  const query = mark === -1 ? '' : afterScheme.slice(mark + 1);
  const made = { scheme: scheme.toLowerCase(), query };
  if (!rest.startsWith('/')) {
    if (scheme === '') return bad('invalid URI for request');
    return new Url({ ...made, host: '', escapedPath: '' }, text);
  }
  let host = '';
  if (scheme !== '' && rest.startsWith('//')) {
    const end = rest.indexOf('/', 2);
    const authority = end === -1 ? rest.slice(2) : rest.slice(2, end);
    rest = end === -1 ? '' : rest.slice(end);
    const at = authority.lastIndexOf('@');
    if (at !== -1 && !userInfo.test(authority.slice(0, at))) return bad('net/url: invalid userinfo');
    const problem = hostProblem(authority.slice(at + 1));
    if (problem !== undefined) return bad(problem);
    host = unescape(authority.slice(at + 1));
  }
  const escape = badEscape.exec(rest);
  if (escape !== null) return bad(`invalid URL escape ${JSON.stringify(rest.slice(escape.index, escape.index + 3))}`);
  return new Url({ ...made, host, escapedPath: validPath.test(rest) ? rest : escapePath(unescape(rest)) }, text);
}

/** Below space, and DEL: what Go refuses anywhere in a URL. */
function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function hostProblem(host: string): string | undefined {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    if (end === -1) return "missing ']' in host";
    return portProblem(host.slice(end + 1));
  }
  const colon = host.lastIndexOf(':');
  const problem = colon === -1 ? undefined : portProblem(host.slice(colon));
  if (problem !== undefined) return problem;
  return hostText.test(host) ? undefined : 'invalid character in host name';
}

function portProblem(port: string): string | undefined {
  return port === '' || /^:[0-9]*$/.test(port) ? undefined : `invalid port ${JSON.stringify(port)} after host`;
}

/** Escapes that are no UTF-8 become U+FFFD. */
function unescape(text: string): string {
  if (!text.includes('%')) return text;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const part of text.split(/(%[0-9A-Fa-f]{2})/)) {
    if (part.startsWith('%') && part.length === 3) bytes.push(Number.parseInt(part.slice(1), 16));
    else for (const byte of encoder.encode(part)) bytes.push(byte);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

function escapePath(path: string): string {
  const bytes = new TextEncoder().encode(path);
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~$&+,/:;=@]/.test(character)) return character;
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

function hostname(host: string): string {
  const colon = host.lastIndexOf(':');
  const bare = colon !== -1 && /^:[0-9]*$/.test(host.slice(colon)) ? host.slice(0, colon) : host;
  return bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare;
}

function port(host: string): string {
  const match = /:([0-9]*)$/.exec(host);
  return match?.[1] ?? '';
}

/** As Go's url.ParseQuery, without the pairs that it refuses. */
function queryValues(query: string): Value {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';') || badEscape.test(pair)) continue;
    const mark = pair.indexOf('=');
    const [key, value] = (mark === -1 ? [pair, ''] : [pair.slice(0, mark), pair.slice(mark + 1)]).map((part) =>
      unescape(part.replaceAll('+', ' ')),
    );
    const known = values.get(key ?? '');
    if (known === undefined) values.set(key ?? '', [value ?? '']);
    else known.push(value ?? '');
  }
  return Object.fromEntries(values);
}

function isUrl(text: string): boolean {
  try {
    parseUrl(text);
    return true;
  } catch {
    return false;
  }
}

/** Source: apiserver pkg/cel/library/urls.go. */
export const urls: Library = {
  name: 'URLs',
  since: 0,
  overloads: [
    overload('url(string): kubernetes.URL', { run: parseUrl, cost: traversal }),
    overload('isURL(string): bool', { run: isUrl }),
    overload('kubernetes.URL..getScheme(): string', { run: ({ scheme }: Url) => scheme }),
    overload('kubernetes.URL..getHost(): string', { run: ({ host }: Url) => host }),
    overload('kubernetes.URL..getHostname(): string', { run: ({ host }: Url) => hostname(host) }),
    overload('kubernetes.URL..getPort(): string', { run: ({ host }: Url) => port(host) }),
    overload('kubernetes.URL..getEscapedPath(): string', { run: ({ escapedPath }: Url) => escapedPath }),
    overload('kubernetes.URL..getQuery(): map<string, list<string>>', { run: ({ query }: Url) => queryValues(query) }),
  ],
};

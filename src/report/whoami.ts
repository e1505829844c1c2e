import { type CredentialType, type Identity, isMaster } from '../semantics/kubeconfig/identity.ts';
import type { Style } from './style.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

/** What is known of a context's user. */
export interface WhoamiEntry {
  readonly context: string;
  readonly isCurrent: boolean;
  readonly file: string;
  readonly server: string;
  /** Name of the user entry. */
  readonly user: string;
  readonly identity: Identity;
  /** What was found about the server's certificate, in words. */
  readonly trust?: string;
  readonly isTrusted?: boolean;
  /** Why a bare curl is refused, or that it is not. */
  readonly curl?: string;
  /** What the server itself says, where it was asked. */
  readonly said?: { readonly name: string; readonly groups: readonly string[] } | { readonly reason: string };
}

const types: Readonly<Record<CredentialType, string>> = {
  'client-certificate': 'client certificate',
  'service-account-token': 'token of a service account',
  'oidc-token': 'token of an identity provider',
  token: 'bearer token',
  'token-file': 'bearer token in a file',
  'exec-plugin': 'credential plugin',
  'auth-provider': 'auth provider',
  password: 'user name and password',
  none: 'no credential',
};

const labelColumns = 13;

/** One block a context, for people. */
export function whoamiText(
  entries: readonly WhoamiEntry[],
  options: { now: number; style: Style; width: number },
): string {
  return entries.map((entry) => block(entry, options)).join('\n');
}

function block(entry: WhoamiEntry, { now, style, width }: { now: number; style: Style; width: number }): string {
  const { identity, said } = entry;
  const lines: string[] = [style.strong(`${visible(entry.context)}${entry.isCurrent ? ' (current context)' : ''}`)];
  const say = (label: string, text: string, paint: (line: string) => string = (line) => line): void => {
    const lead = `  ${label.padEnd(labelColumns)}`;
    lines.push(...wrap(visible(text), { width, lead }).map(paint));
  };
  say('server', entry.server || 'none');
  if (entry.trust !== undefined) say('', entry.trust, entry.isTrusted === false ? style.alarming : undefined);
  say('user', `${entry.user || '(none)'}: ${types[identity.type]}`);
  if (identity.name !== undefined) say('name', identity.name);
  if (identity.groups.length > 0) say('groups', identity.groups.join(', '));
  for (const note of identity.notes) say('', note);
  if (identity.as !== undefined) {
    say(
      'acts as',
      `${identity.as.name}${identity.as.groups.length === 0 ? '' : ` in ${identity.as.groups.join(', ')}`}`,
    );
  }
  if (said !== undefined) {
    say('server says', 'reason' in said ? said.reason : `${said.name} in ${said.groups.join(', ') || 'no group'}`);
  }
  if (isMaster(identity)) say('rights', 'all: no role limits system:masters, and nothing revokes it', style.alarming);
  if (identity.expires !== undefined) {
    const isOver = typeof identity.expires === 'number' && identity.expires < now;
    say('expires', expiryWords(identity.expires, now), isOver ? style.alarming : undefined);
  }
  if (entry.curl !== undefined) say('bare curl', entry.curl);
  say('kubeconfig', entry.file);
  return lines.map((line) => `${line}\n`).join('');
}

/** `in 364 days, on 2027-11-21`. */
function expiryWords(expires: number | 'never', now: number): string {
  if (expires === 'never') return 'never: it is valid until it is deleted';
  const date = new Date(expires);
  if (Number.isNaN(date.getTime())) return 'at a time that is none';
  const day = date.toISOString().replace(/T.*$/, '');
  const hours = Math.floor(Math.abs(expires - now) / 3_600_000);
  const span = hours >= 48 ? `${Math.floor(hours / 24)} days` : hours === 1 ? '1 hour' : `${hours} hours`;
  return expires < now ? `it expired ${span} ago, on ${day}` : `in ${span}, on ${day}`;
}

export function whoamiJson(entries: readonly WhoamiEntry[]): string {
  const contexts = entries.map(({ identity, ...entry }) => ({
    ...entry,
    ...identity,
    expires: typeof identity.expires === 'number' ? isoTime(identity.expires) : identity.expires,
    allRights: isMaster(identity),
  }));
  return `${JSON.stringify({ contexts }, null, 2)}\n`;
}

function isoTime(time: number): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

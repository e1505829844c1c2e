import { isTellingName } from './credential-names.ts';

/** What a text holds that opens something; never the text itself. */
export interface FoundCredential {
  /** `a private key`, `an access key of AWS`. */
  readonly says: string;
  /** Characters of it; undefined of private keys, and in snapshots of old, which kept the place alone. */
  readonly length: number | undefined;
}

export interface Shape {
  readonly says: string;
  readonly pattern: RegExp;
}

/** Of a key that begins on a line and goes on on the next ones: no line shows it by itself. */
export const privateKey = 'a private key';

/** Credentials that are known by their own shape. Sources: the issuers' documentation of their prefixes. */
export const shapes: readonly Shape[] = [
  {
    says: privateKey,
    pattern: /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----\s*[A-Za-z0-9+/=]|\[redacted [A-Z ]{0,20}PRIVATE KEY\]/,
  },
  { says: 'an access key of AWS', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/ },
  { says: 'a token of GitHub', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/ },
  { says: 'a token of GitLab', pattern: /\bglpat-[A-Za-z0-9_-]{20,64}\b/ },
  { says: 'a token of Slack', pattern: /\bxox[abeprs]-[A-Za-z0-9-]{20,255}/ },
  {
    says: 'a webhook of Slack',
    pattern: /https:\/\/hooks\.slack\.com\/services\/T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/[A-Za-z0-9]{20,32}/,
  },
  { says: 'a key of Google', pattern: /\bAIza[A-Za-z0-9_-]{35}\b/ },
  { says: 'a key of Stripe', pattern: /\b[rs]k_live_[A-Za-z0-9]{20,255}\b/ },
  { says: 'a key of OpenAI', pattern: /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,60}T3BlbkFJ[A-Za-z0-9_-]{20,80}/ },
  { says: 'a key of Anthropic', pattern: /\bsk-ant-[a-z]{3}\d{2}-[A-Za-z0-9_-]{80,120}/ },
  { says: 'a key of SendGrid', pattern: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b/ },
  { says: 'a token of npm', pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { says: 'a token of Hugging Face', pattern: /\bhf_[A-Za-z]{34}\b/ },
  { says: 'a token of Vault', pattern: /\bhvs\.[A-Za-z0-9_-]{24,200}/ },
  { says: 'a token of DigitalOcean', pattern: /\bdop_v1_[a-f0-9]{64}\b/ },
  {
    says: 'a password of a registry',
    // Of `auths` in the configuration of Docker: user and password in base64, which is seldom one word in small letters.
    pattern:
      /(?<="auth"\s{0,4}:\s{0,4}")(?=[a-z]{0,256}[A-Z0-9])(?:[A-Za-z0-9+/]{4}){3,256}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?=")/,
  },
  { says: 'a JSON Web Token', pattern: /\beyJ[A-Za-z0-9_-]{8,512}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,1024}/ },
];

export const passwordInUrl = 'a password in a URL';

/** User and password in a URL; the password is the second group. */
export const userInfo = /[a-z][a-z0-9+.-]{1,20}:\/\/([^\s/:@"'<>{}$]{0,128}):([^\s/@"'<>]{1,256})@/gi;

/** A credential that a text shows by its own shape, whatever it is called; undefined where there is none. */
export function credentialShape(text: string): FoundCredential | undefined {
  if (text.length < 8) return undefined;
  const marked = text.includes(markerStart) ? markersIn(text) : undefined;
  for (const { says, pattern } of shapes) {
    const known = marked?.get(says);
    if (known !== undefined) return known;
    const found = pattern.exec(text);
    // How long a key is, is told by its kind; and where it ends, a part of the text may not show.
    if (found !== null) return { says, length: says === privateKey ? undefined : found[0].length };
  }
  const inUrl = marked?.get(passwordInUrl);
  if (inUrl !== undefined) return inUrl;
  for (const [, , password = ''] of text.matchAll(userInfo)) {
    if (password === 'redacted') return { says: passwordInUrl, length: undefined };
    if (isLiteral(password)) return { says: passwordInUrl, length: password.length };
  }
  return undefined;
}

/** Words that are no secret to anybody: switches, numbers, placeholders of templates and of manuals. */
const plainWord =
  /^(?:true|false|yes|no|on|off|none|null|nil|undefined|optional|required|enabled|disabled|auto|default|empty|n\/a|todo|tbd|bearer|basic|digest|jwt|oauth2?|oidc|saml|ldap|md5|scram-sha-(?:1|256|512)|plain|vault|env|file|kubernetes|-?\d{1,6}(?:\.\d+)?|\d+(?:ms|[smhd]))$/i;
const placeholder =
  /^(?:\$\(|\$\{|\$[A-Z_]|\{\{|<[^>]*>$|%[A-Za-z_]+%$|__.*__$|\[[^\]]*\]$|x{3,}$|\*{3,}$|\.{3,}$|your[-_ ]|my[-_ ]?(?:secret|password|token)[-_ ]?here|replace[-_ ]?(?:me|with|this|default)|insert[-_ ])/i;
/** `GOOGLE_API_KEY_VALUE`: words in capitals are what a tool, or a reader, is to replace. */
const capitals = /^[A-Z]+(?:[_-][A-Z]+)+$/;
const place =
  /^(?:\.{0,2}\/[\w@./-]+|[\w.-]+\.(?:pem|key|crt|txt|json|ya?ml|env|token)|(?:file|https?|unix|vault|ref\+\w+|arn|projects|secretsmanager|ssm):[^@]*)$/i;

/** Whether a text is a value of its own, and not a switch, a reference or a path to where the value is. */
export function isLiteral(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length < 3 || trimmed.length > 4096) return false;
  return !plainWord.test(trimmed) && !placeholder.test(trimmed) && !capitals.test(trimmed) && !place.test(trimmed);
}

/**
 * A credential under a telling name, or one that shows by its shape: the text itself, or what a saved snapshot has in
 * its place. `redacted` alone is what snapshots of old have there.
 */
export function credentialUnder(name: string, text: string): FoundCredential | undefined {
  const shape = credentialShape(text);
  if (shape !== undefined) return shape;
  if (!isTellingName(name)) return undefined;
  if (text === 'redacted') return { says: 'a credential', length: undefined };
  const marked = markedUnderName(text);
  if (marked !== undefined) return marked;
  const isPin = /pass|pwd/i.test(name) && /^\d{4,}$/.test(text.trim());
  return isPin || isLiteral(text) ? { says: credentialWord(name), length: text.trim().length } : undefined;
}

/** What a telling name says that its value is. */
export function credentialWord(name: string): string {
  if (/pass(?:wd|word|phrase|$)|pwd|masterauth|rediscli_auth/i.test(name)) return 'a password';
  if (/token/i.test(name)) return 'a token';
  return /key(?:[_-]data)?$/i.test(name) ? 'a key' : 'a secret';
}

const markerStart = '[redacted~';
const marker = /\[redacted~([A-Za-z-]{1,40})(?:~(\d{1,9}))?(~block)?\]/g;

/** What stands in place of a text that nobody would call a credential, and that a snapshot is not to show. */
export const nothingTold = '[redacted]';

/**
 * What a saved snapshot has in place of a credential: its kind and length, which reports tell too, and nothing of its
 * characters: `[redacted~token-of-GitHub~40]`. No pattern here takes it for something else.
 */
export function markerOf({ says, length }: FoundCredential, extent: 'line' | 'block' = 'line'): string {
  const told = length === undefined ? '' : `~${length}`;
  return `${markerStart}${markerKind(says)}${told}${extent === 'block' ? '~block' : ''}]`;
}

/** Whether a text is a marker, and so nothing that is to be redacted. */
export function isMarker(text: string): boolean {
  return text === nothingTold || text === 'redacted' || text.replace(marker, '') === '';
}

const saysOf: ReadonlyMap<string, string> = new Map(
  [...shapes.map(({ says }) => says), passwordInUrl].map((says) => [markerKind(says), says]),
);

const underName: ReadonlyMap<string, string> = new Map(
  ['a password', 'a token', 'a key', 'a secret'].map((says) => [markerKind(says), says]),
);

function markerKind(says: string): string {
  return says.replace(/^an? /, '').replaceAll(' ', '-');
}

/** The first credential of each shape whose marker stands in a text. */
function markersIn(text: string): ReadonlyMap<string, FoundCredential> {
  const found = new Map<string, FoundCredential>();
  for (const [, kind = '', length] of text.matchAll(marker)) {
    const says = saysOf.get(kind);
    if (says !== undefined && !found.has(says)) found.set(says, { says, length: numberOf(length) });
  }
  return found;
}

/** What was a credential by its name alone; undefined for any other text. */
export function markedUnderName(text: string): FoundCredential | undefined {
  const [whole, kind = '', length] = text.startsWith(markerStart) ? (text.matchAll(marker).next().value ?? []) : [];
  const says = whole === text ? underName.get(kind) : undefined;
  return says === undefined ? undefined : { says, length: numberOf(length) };
}

function numberOf(length: string | undefined): number | undefined {
  return length === undefined ? undefined : Number(length);
}

/** The markers of shapes in a text, those of keys of several lines only where it is asked for those. */
export function shapeMarkersIn(text: string, extent: 'line' | 'any'): readonly string[] {
  if (!text.includes(markerStart)) return [];
  return [...text.matchAll(marker)].flatMap(([whole, kind = '', , block]) =>
    saysOf.has(kind) && (extent === 'any' || block === undefined) ? [whole] : [],
  );
}

/** A line without the marker of a key of several lines, which no line shows by itself. */
export function withoutBlocks(line: string): string {
  return line.includes('~block]') ? line.replace(marker, (whole, _kind, _length, block) => (block ? '' : whole)) : line;
}

/** `a password of 12 characters`: class and length, which is all that is ever told of a credential. */
export function describeCredential({ says, length }: FoundCredential): string {
  return length === undefined ? says : `${says} of ${length} characters`;
}

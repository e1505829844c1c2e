import { isTellingName } from '../../model/credential-names.ts';

/** What a text holds that opens something; never the text itself. */
export interface FoundCredential {
  /** `a private key`, `an access key of AWS`. */
  readonly says: string;
  /** Characters of it, where they are known; undefined in a saved snapshot, which has the text no more. */
  readonly length: number | undefined;
}

interface Shape {
  readonly says: string;
  readonly pattern: RegExp;
}

/** Credentials that are known by their own shape. Sources: the issuers' documentation of their prefixes. */
const shapes: readonly Shape[] = [
  {
    says: 'a private key',
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
  { says: 'a JSON Web Token', pattern: /\beyJ[A-Za-z0-9_-]{8,512}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,1024}/ },
];

/** User and password in a URL; the password is the second group. */
const userInfo = /[a-z][a-z0-9+.-]{1,20}:\/\/([^\s/:@"'<>{}$]{0,128}):([^\s/@"'<>]{1,256})@/gi;

/** A credential that a text shows by its own shape, whatever it is called; undefined where there is none. */
export function credentialShape(text: string): FoundCredential | undefined {
  if (text.length < 8) return undefined;
  for (const { says, pattern } of shapes) {
    const found = pattern.exec(text);
    if (found !== null)
      return { says, length: found[0].startsWith('[redacted') ? undefined : lengthOf(text, found[0]) };
  }
  for (const [, , password = ''] of text.matchAll(userInfo)) {
    if (password === 'redacted') return { says: 'a password in a URL', length: undefined };
    if (isLiteral(password)) return { says: 'a password in a URL', length: password.length };
  }
  return undefined;
}

/** A key is as long as the text around it where the pattern only finds its beginning. */
function lengthOf(text: string, found: string): number {
  return found.startsWith('-----') ? text.trim().length : found.length;
}

/** Words that are no secret to anybody: switches, numbers, placeholders of templates and of manuals. */
const plainWord =
  /^(?:true|false|yes|no|on|off|none|null|nil|undefined|optional|required|enabled|disabled|auto|default|empty|n\/a|todo|tbd|bearer|basic|digest|jwt|oauth2?|oidc|saml|ldap|md5|scram-sha-(?:1|256|512)|plain|vault|env|file|kubernetes|-?\d{1,6}(?:\.\d+)?|\d+(?:ms|[smhd]))$/i;
const placeholder =
  /^(?:\$\(|\$\{|\$[A-Z_]|\{\{|<[^>]*>$|%[A-Za-z_]+%$|__.*__$|\[[^\]]*\]$|x{3,}$|\*{3,}$|\.{3,}$|your[-_ ]|my[-_ ]?(?:secret|password|token)[-_ ]?here|replace[-_ ]?(?:me|with)|insert[-_ ])/i;
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
 * A credential under a telling name, or one that shows by its shape. `redacted` is what a saved snapshot has in the
 * place of a value under such a name.
 */
export function credentialUnder(name: string, text: string): FoundCredential | undefined {
  const shape = credentialShape(text);
  if (shape !== undefined) return shape;
  if (!isTellingName(name)) return undefined;
  if (text === 'redacted') return { says: 'a credential', length: undefined };
  const isPin = /pass|pwd/i.test(name) && /^\d{4,}$/.test(text.trim());
  return isPin || isLiteral(text) ? { says: credentialWord(name), length: text.trim().length } : undefined;
}

/** What a telling name says that its value is. */
export function credentialWord(name: string): string {
  if (/pass(?:wd|word|phrase)|pwd/i.test(name)) return 'a password';
  if (/token/i.test(name)) return 'a token';
  return /key$/i.test(name) ? 'a key' : 'a secret';
}

/** `a password of 12 characters`: class and length, which is all that is ever told of a credential. */
export function describeCredential({ says, length }: FoundCredential): string {
  return length === undefined ? says : `${says} of ${length} characters`;
}

import { isTellingName } from './credential-names.ts';
import { isList, isObject, type Json, type JsonObject, own } from './json.ts';
import { redactSecret } from './redact.ts';

const redacted = 'redacted';

/** Names of environment variables, keys and fields whose text is a credential. */
const secretName =
  /(?:^|[._-])(?:passwd|password|passphrase|pwd|token|secret|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|client[_-]?secret|secret[_-]?key|auth)$/i;

/** Credentials that are known by their own shape, wherever they stand. The first group is kept. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g, `[${redacted} $1]`],
  [/(:\/\/[^\s/:@]{0,256}:)[^\s/@]{1,512}@/g, `$1${redacted}@`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, redacted],
  [/\bgh[pousr]_[A-Za-z0-9]{20,255}\b/g, redacted],
  [/\bgithub_pat_[A-Za-z0-9_]{20,255}\b/g, redacted],
  [/\bglpat-[A-Za-z0-9_-]{20,64}/g, redacted],
  [/\bAIza[A-Za-z0-9_-]{35}/g, redacted],
  [/\b[rs]k_live_[A-Za-z0-9]{20,255}\b/g, redacted],
  [/\b(?:npm|hf)_[A-Za-z0-9]{30,64}\b/g, redacted],
  [/\bhvs\.[A-Za-z0-9_-]{24,255}/g, redacted],
  [/\bdop_v1_[a-f0-9]{64}\b/g, redacted],
  [/\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/g, redacted],
  [/\bxox[abeprs]-[A-Za-z0-9-]{10,255}/g, redacted],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, redacted],
  [/\b((?:Bearer|Basic)\s+)[A-Za-z0-9+/._~=-]{8,}/gi, `$1${redacted}`],
  [
    /((?:pass(?:word|wd|phrase)|pwd|token|secret|(?:api|access|private|secret|signing|encryption)[_-]?key)["']?\s{0,4}[=:]\s{0,4}["']?)[^\s"',;&$({]{3,}/gi,
    `$1${redacted}`,
  ],
];

/**
 * A copy of an object without the credentials that people write where they do not belong: values of variables and keys
 * with a telling name, keys and tokens of a known shape in any text, Secrets inside other objects, and the annotation
 * in which kubectl keeps the object once more. For what leaves this process, such as a saved snapshot.
 */
export function redactCredentials(value: JsonObject): JsonObject {
  return redactObject(value, 0) as JsonObject;
}

/** Deeper than anything that the API server takes apart. */
const maxDepth = 400;

function redactJson(value: Json, depth: number): Json {
  if (typeof value === 'string') return redactText(value);
  if (depth > maxDepth) return redacted;
  if (isList(value)) return value.map((item, at) => redactItem(item, value[at - 1], depth + 1));
  return isObject(value) ? redactObject(value, depth) : value;
}

/** An item of a list, which may be the value of a flag before it: `--admin-token`, `0123…`. */
function redactItem(item: Json, before: Json | undefined, depth: number): Json {
  const flag = typeof before === 'string' ? /^-{1,2}([A-Za-z][\w.-]{0,127})$/.exec(before)?.[1] : undefined;
  const isValue = flag !== undefined && isSecretName(flag) && typeof item === 'string' && !item.startsWith('-');
  return isValue && !isReference(item) ? redacted : redactJson(item, depth);
}

function isSecretName(name: string): boolean {
  return secretName.test(name) || isTellingName(name);
}

function redactObject(value: JsonObject, depth: number): Json {
  if (depth > 0 && own(value, 'kind') === 'Secret' && !('redacted' in value)) return redactSecret(value);
  const name = own(value, 'name');
  const isSecretVariable = typeof name === 'string' && (isSecretName(name) || /^authorization$/i.test(name));
  const entries = Object.entries(value).map(([key, field]): [string, Json] => {
    if (typeof field !== 'string') return [key, redactJson(field, depth + 1)];
    if (key === 'kubectl.kubernetes.io/last-applied-configuration') return [key, redacted];
    if ((key === 'value' && isSecretVariable) || isSecretName(key)) return [key, isReference(field) ? field : redacted];
    return [key, redactText(field)];
  });
  return Object.fromEntries(entries);
}

/** `$(OTHER)` names another variable, an empty value and a switch name nothing, and a path names a file. */
function isReference(text: string): boolean {
  if (/^(?:true|false)$/i.test(text)) return true;
  return text === '' || text === redacted || /^\$\([A-Za-z_][A-Za-z0-9_.-]*\)$/.test(text) || /^\/[\w./-]+$/.test(text);
}

function redactText(text: string): string {
  if (text.length < 8) return text;
  if (/(?:^|\n)\s*["']?kind["']?:\s*["']?Secret\b/.test(text)) return redacted;
  let result = text;
  for (const [shape, kept] of shapes) result = result.replace(shape, kept);
  return result;
}

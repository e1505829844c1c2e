/** What stands where a secret stood. */
export const redacted = 'REDACTED';

/**
 * How names of settings end whose value is itself a secret, in lower case with dashes: regular expressions of both
 * JavaScript and POSIX. What ends in `file`, `path` or the like names where one is kept, and is configuration.
 */
export const secretEndings: readonly string[] = [
  'passwo?rd',
  'passwd',
  'passphrase',
  'token',
  'secret',
  'api-?key',
  'access-?key',
  'secret-?key',
  'key-?data',
  'etcdctl-user',
  'manifest-url-header',
];

const secretName = new RegExp(`(?:${secretEndings.join('|')})$`);

/** Settings named like one that hold none: etcd's kind of token, and a name that keeps clusters apart. */
export const publicNames: ReadonlySet<string> = new Set([
  'auth-token',
  'initial-cluster-token',
  'rotate-server-token',
  'automountserviceaccounttoken',
]);

/** Whether a flag, variable or key of this name holds a secret. */
export function isSecretName(name: string): boolean {
  const plain = name
    .replace(/^ETCD_/, '')
    .replaceAll('_', '-')
    .toLowerCase();
  // The user and password of a registry, as Docker and containerd keep them.
  return plain === 'auth' || (!publicNames.has(plain) && secretName.test(plain));
}

const userInfo = /([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/@:"'`]{0,256}):([^\s/"'`]{0,1024})@/gi;

/** What stands behind the scheme of an `Authorization` header (RFC 9110 §11.4). Without a digit it is a word. */
const authorization = /\b(bearer|basic)([ \t]+)(?=[A-Za-z+/._~-]*[0-9=])[A-Za-z0-9+/._~=-]{8,}/gi;

/** Credentials inside other text: `mysql://user:password@host`, `Authorization: Bearer …`. */
export function redactInline(text: string): string {
  const plain = text.includes('://') && text.includes('@') ? text.replace(userInfo, `$1$2:${redacted}@`) : text;
  return plain.replace(authorization, (whole, scheme: string, space: string) =>
    whole.endsWith(redacted) ? whole : scheme + space + redacted,
  );
}

export function redactVariable(name: string, value: string): string {
  return isSecretName(name) && value !== '' ? redacted : redactInline(value);
}

const flag = /^(--?)([A-Za-z][\w.-]*)(?:=([\s\S]*))?$/;

/** Arguments with the values of flags such as `--token` redacted, in both forms that a value is given in. */
export function redactArgv(argv: readonly string[]): string[] {
  const words: string[] = [];
  let isValue = false;
  for (const word of argv) {
    const [, dashes, name = '', value] = flag.exec(word) ?? [];
    if (dashes === undefined) words.push(isValue ? redacted : redactInline(word));
    else if (value !== undefined && isSecretName(name)) words.push(`${dashes}${name}=${redacted}`);
    else words.push(redactInline(word));
    isValue = dashes !== undefined && value === undefined && isSecretName(name);
  }
  return words;
}

/** Whether the word after this one is a secret: `--token` without a value of its own. */
export function takesSecret(word: string): boolean {
  const [, dashes, name = '', value] = flag.exec(word) ?? [];
  return dashes !== undefined && value === undefined && isSecretName(name);
}

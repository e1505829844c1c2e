const telling =
  /(?:^|[._\-/])(?:passwd|password|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|secret[_-]?key|secret[_-]?access[_-]?key|auth[_-]?token|encryption[_-]?key|signing[_-]?key)$/i;
/** Names that programs have for theirs. Sources: the manuals of PostgreSQL, sshpass, Redis and kubectl. */
const ofPrograms = /^(?:pgpassword|sshpass|rediscli_auth|requirepass|masterauth|client[_-]key[_-]data)$/i;
const camelTelling = /[a-z](?:Password|Passwd|Passphrase|Secret|Token|ApiKey|AccessKey|SecretKey|PrivateKey)$/;

/** Whether what is called so is a credential, and not its name or place: `DB_PASSWORD`, `apiKey`; not `PASSWORD_FILE`, `token_ttl`. */
export function isTellingName(name: string): boolean {
  return name.length <= 128 && (telling.test(name) || camelTelling.test(name) || ofPrograms.test(name));
}

const suspect =
  /(?:^|[._-])(?:passwd|password|passphrase|pwd|token|secret|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|client[_-]?secret|secret[_-]?key|auth|authorization)$/i;

/** Whether what is called so is not to leave this process, whatever it is: more than controls call a credential. */
export function isSuspectName(name: string): boolean {
  return suspect.test(name) || isTellingName(name);
}

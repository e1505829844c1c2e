const telling =
  /(?:^|[._\-/])(?:passwd|password|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|secret[_-]?key|secret[_-]?access[_-]?key|auth[_-]?token|encryption[_-]?key|signing[_-]?key)$/i;
const camelTelling = /[a-z](?:Password|Passwd|Passphrase|Secret|Token|ApiKey|AccessKey|SecretKey|PrivateKey)$/;

/** Whether what is called so is a credential, and not its name or place: `DB_PASSWORD`, `apiKey`; not `PASSWORD_FILE`, `token_ttl`. */
export function isTellingName(name: string): boolean {
  return name.length <= 128 && (telling.test(name) || camelTelling.test(name));
}

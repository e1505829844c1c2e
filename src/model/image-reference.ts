/** A container image by name, as the container runtimes read it: everything that may be left out is filled in. */
export interface ImageReference {
  /** Registry host, with its port where it has one: `docker.io` where the name has none. */
  readonly registry: string;
  /** Path in the registry: `library/nginx` for `nginx`. */
  readonly path: string;
  /** `registry/path`: what tells one image from another, whatever its version. */
  readonly repository: string;
  /** As written. Undefined means `latest`, unless there is a digest. */
  readonly tag: string | undefined;
  /** `sha256:…`. It wins over the tag. */
  readonly digest: string | undefined;
}

const hostPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const hostPattern = new RegExp(`^(?:${hostPart}(?:\\.${hostPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const pathStepPattern = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const bareIdPattern = /^[a-f0-9]{64}$/;
const maxRepositoryLength = 255;

/** Length in hex digits of the digests that runtimes know. */
const digestLengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
  ['blake3', 64],
]);

/**
 * Reads `[host[:port]/]path[:tag][@digest]` as containerd and CRI-O do; undefined for what they refuse, such as upper
 * case in the path. The first step is a host only with a dot, a port, an upper-case letter, or if it is `localhost`:
 * `reg:5000/img` has a port and no tag, `team/img` is on Docker Hub. Source: distribution/reference, normalize.go.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  if (bareIdPattern.test(text)) return undefined;
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) return undefined;
  const name = at === -1 ? text : text.slice(0, at);
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  const tag = hasTag ? name.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagPattern.test(tag)) return undefined;
  const [registry, path] = splitRegistry(hasTag ? name.slice(0, colon) : name);
  const repository = `${registry}/${path}`;
  if (repository.length > maxRepositoryLength || !hostPattern.test(registry)) return undefined;
  for (const step of path.split('/')) if (!pathStepPattern.test(step)) return undefined;
  return { registry, path, repository, tag, digest };
}

/** The full name, with the registry that `docker pull nginx` leaves out; the tag only where it was written. */
export function formatImageReference({ repository, tag, digest }: ImageReference): string {
  return `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Whether `prefix` (`host` or `host/path`) is the repository or holds it: whole steps, so `a/b` does not hold `a/bc`. */
export function isUnder(repository: string, prefix: string): boolean {
  if (!repository.startsWith(prefix)) return false;
  return repository.length === prefix.length || prefix.endsWith('/') || repository[prefix.length] === '/';
}

function splitRegistry(name: string): readonly [registry: string, path: string] {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = isHost && first !== 'index.docker.io' ? first : 'docker.io';
  const path = isHost ? name.slice(slash + 1) : name;
  return [registry, registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path];
}

function isDigest(text: string): boolean {
  const colon = text.indexOf(':');
  const hex = text.slice(colon + 1);
  return digestLengths.get(text.slice(0, colon)) === hex.length && /^[a-f0-9]+$/.test(hex);
}

/** The letters that Kubernetes makes random names of: no vowels, and nothing that looks like another. */
const random = '[bcdfghjklmnpqrstvwxz2456789]';

const patterns: readonly RegExp[] = [
  // Pods of ReplicaSets and Jobs, and what generateName makes.
  new RegExp(`-${random}{5}$`),
  new RegExp(`-${random}{8,10}(?:-${random}{5})?$`),
  // UUIDs, hashes, events, dates and times.
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-/,
  /(?:^|[-.])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}(?:$|[-.])/,
  /(?:^|[-.])\d{6,}(?:$|[-.])/,
  /\d{4}-\d{2}-\d{2}/,
];

/** Whether a name looks as if it were made anew each time: a rule that lists it is of no use tomorrow. */
export function isGeneratedName(name: string): boolean {
  return name.length > 200 || patterns.some((pattern) => pattern.test(name));
}

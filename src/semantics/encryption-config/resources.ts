import type { EncryptionConfig, EncryptionProvider, EncryptionRule, EncryptionVersion } from './config.ts';

/** First minor version in which `*.`, `*.group` and `*.*` are wildcards. Before, they name nothing that exists. */
export const wildcardsSince = 27;

/** `secrets` is the core group; `deployments.apps` is of apps. */
export function splitResource(name: string): { readonly resource: string; readonly group: string } {
  const dot = name.indexOf('.');
  return dot === -1 ? { resource: name, group: '' } : { resource: name.slice(0, dot), group: name.slice(dot + 1) };
}

/** How one resource is stored. */
export interface ResourceEncryption {
  /** The entry that decides how it is written: the first that names it. */
  readonly rule: EncryptionRule;
  /** What writes it; undefined where the entry has no valid provider. */
  readonly writer: EncryptionProvider | undefined;
  /** What it can be read with, in order: the providers of all entries that name it. */
  readonly readers: readonly EncryptionProvider[];
}

/** How a resource is written and read; undefined where no entry names it, which is as plain text. */
export function encryptionOf(
  config: EncryptionConfig,
  resource: { readonly resource: string; readonly group: string },
  { minor }: EncryptionVersion = {},
): ResourceEncryption | undefined {
  const wildcards = minor === undefined || minor >= wildcardsSince;
  const rules = config.rules.filter(({ resources }) =>
    resources.some((name) => names(name, { ...resource, wildcards })),
  );
  const [rule] = rules;
  if (rule === undefined) return undefined;
  return { rule, writer: rule.providers[0], readers: rules.flatMap(({ providers }) => providers) };
}

interface Asked {
  readonly resource: string;
  readonly group: string;
  readonly wildcards: boolean;
}

function names(pattern: string, asked: Asked): boolean {
  const { resource, group } = splitResource(pattern);
  if (asked.wildcards && resource === '*' && pattern !== '*') return group === '*' || group === asked.group;
  return resource === asked.resource && group === asked.group;
}

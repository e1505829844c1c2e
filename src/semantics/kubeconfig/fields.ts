import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type { KubeconfigProblem } from '../../model/kubeconfig.ts';
import type { Path } from '../../model/path.ts';

/** What client-go's clientcmd/api/v1 types have. `extensions` and `preferences` may hold anything. */
const fields = {
  root: ['kind', 'apiVersion', 'preferences', 'clusters', 'users', 'contexts', 'current-context', 'extensions'],
  clusters: [
    ...['server', 'tls-server-name', 'insecure-skip-tls-verify', 'certificate-authority', 'proxy-url', 'extensions'],
    ...['certificate-authority-data', 'disable-compression'],
  ],
  users: [
    ...['client-certificate', 'client-certificate-data', 'client-key', 'client-key-data', 'token', 'tokenFile'],
    ...['as', 'as-uid', 'as-groups', 'as-user-extra', 'username', 'password', 'auth-provider', 'exec', 'extensions'],
  ],
  contexts: ['cluster', 'user', 'namespace', 'extensions'],
  exec: [...['command', 'args', 'env', 'apiVersion', 'installHint', 'provideClusterInfo', 'interactiveMode']],
} as const satisfies Record<string, readonly string[]>;

const lists = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;

/** Fields that client-go does not know, and ignores: a misspelt CA means that the system's roots are trusted. */
export function unknownFields(root: JsonObject): readonly KubeconfigProblem[] {
  const problems: KubeconfigProblem[] = unknownIn(root, { known: fields.root, at: [] });
  for (const [list, field] of Object.entries(lists) as [keyof typeof lists, string][]) {
    const items = own(root, list);
    if (!isList(items)) continue;
    for (const [index, item] of items.entries()) {
      if (!isObject(item)) continue;
      problems.push(...unknownIn(item, { known: ['name', field], at: [list, index] }));
      const inner = own(item, field);
      problems.push(...unknownIn(inner, { known: fields[list], at: [list, index, field] }));
      const exec = isObject(inner) && list === 'users' ? own(inner, 'exec') : undefined;
      problems.push(...unknownIn(exec, { known: fields.exec, at: [list, index, field, 'exec'] }));
    }
  }
  return problems;
}

interface Place {
  readonly known: readonly string[];
  readonly at: Path;
}

function unknownIn(value: Json | undefined, { known, at }: Place): KubeconfigProblem[] {
  if (!isObject(value)) return [];
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = known.find((each) => plain(each) === plain(name));
      const meant = near === undefined ? '' : `; ${near} is meant`;
      return {
        kind: 'ignored',
        message: `${JSON.stringify(name)} is no field that kubectl knows${meant}`,
        at: [...at, name],
      };
    });
}

function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase();
}

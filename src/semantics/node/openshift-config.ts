import { isList, isObject, own } from '../../model/json.ts';
import type { ComponentArgument } from '../../model/node-component.ts';
import { parseYaml } from '../../yaml/parse.ts';

/**
 * The arguments of an OpenShift control plane component: those on its command line, and before them the ones that the
 * file of `--openshift-config` lists (`apiServerArguments` of the API server, `extendedArguments` of the others).
 */
export function withOpenshiftConfig(
  args: readonly ComponentArgument[],
  readFile: (path: string) => string | undefined,
): readonly ComponentArgument[] {
  const flag = '--openshift-config=';
  const named = args.find(({ text }) => text.startsWith(flag));
  if (named === undefined) return args;
  const file = named.text.slice(flag.length);
  const rest = args.filter((arg) => arg !== named);
  const text = readFile(file);
  if (text === undefined) return rest;
  let parsed: ReturnType<typeof parseYaml>;
  try {
    parsed = parseYaml(text, 1);
  } catch {
    return rest;
  }
  const listed: ComponentArgument[] = [];
  for (const section of ['apiServerArguments', 'extendedArguments']) {
    const flags = isObject(parsed.value) ? own(parsed.value, section) : undefined;
    if (!isObject(flags)) continue;
    for (const [name, values] of Object.entries(flags)) {
      for (const value of isList(values) ? values : [values]) {
        const line = parsed.positions.locate([section, name])?.line;
        if (typeof value !== 'string') continue;
        listed.push({ text: `--${name}=${value}`, where: file, ...(line !== undefined && { line }) });
      }
    }
  }
  return [...listed, ...rest];
}

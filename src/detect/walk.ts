import { isList, isObject, type Json, own } from '../model/json.ts';

/** Fields of API objects whose keys are names that may hold dots: what follows them in a path is one key. */
const maps: ReadonlySet<string> = new Set([
  ...['annotations', 'labels', 'matchLabels', 'nodeSelector', 'data', 'stringData', 'binaryData', 'selector'],
  ...['limits', 'requests', 'extra'],
]);

/** Whether the keys below a field of this name are names, not fields. */
export function isNameMap(field: string): boolean {
  return maps.has(field);
}

/** The steps of a dotted path below an object of the API. */
export function stepsOf(path: string): readonly string[] {
  const steps: string[] = [];
  let rest = path;
  while (rest !== '') {
    const dot = rest.indexOf('.');
    const step = dot === -1 ? rest : rest.slice(0, dot);
    steps.push(step);
    rest = dot === -1 ? '' : rest.slice(dot + 1);
    if (maps.has(step) && rest !== '') return [...steps, rest];
  }
  return steps;
}

/** Lists directly within lists: objects of the API have none. */
const maxNesting = 8;

/** What stands at a path; of lists on the way every element is followed. Undefined where there is nothing. */
export function valueAt(value: Json | undefined, steps: readonly string[]): Json | undefined {
  return follow(value, steps, { from: 0, nesting: 0 });
}

function follow(
  value: Json | undefined,
  steps: readonly string[],
  { from, nesting }: { readonly from: number; readonly nesting: number },
): Json | undefined {
  let here = value;
  for (let index = from; index < steps.length; index += 1) {
    if (isList(here)) {
      if (nesting >= maxNesting) return undefined;
      const found: Json[] = [];
      for (const item of here) {
        const inner = follow(item, steps, { from: index, nesting: nesting + 1 });
        if (isList(inner)) for (const one of inner) found.push(one);
        else if (inner !== undefined) found.push(inner);
      }
      return found.length === 0 ? undefined : found;
    }
    if (!isObject(here)) return undefined;
    here = own(here, steps[index] ?? '');
  }
  return here;
}

/** JSON as text; a remark in place of what is nested too deeply to be written. */
export function jsonText(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '(nested too deeply)';
  }
}

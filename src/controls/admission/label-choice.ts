import { isObject, type Json, own } from '../../model/json.ts';
import { objectsIn, stringsIn } from '../../model/json-list.ts';

/** Labels that the API server sets, and nobody else can. */
const setByServer: ReadonlySet<string> = new Set(['kubernetes.io/metadata.name']);

/** How a selector lets a label decide whether something is looked at. */
export interface LabelChoice {
  /** `with label skip`, `without label guarded`: those that are left out. */
  readonly says: string;
  /** Whether a label takes something out; else it is one that puts it in. */
  readonly isOut: boolean;
}

/** The first term by which a label decides; undefined where a selector takes everything, or goes by what nobody sets. */
export function labelChoice(selector: Json | undefined): LabelChoice | undefined {
  if (!isObject(selector)) return undefined;
  for (const term of objectsIn(own(selector, 'matchExpressions'))) {
    const [key, operator] = [own(term, 'key'), own(term, 'operator')];
    if (typeof key !== 'string' || setByServer.has(key)) continue;
    if (operator === 'DoesNotExist') return { says: `with label ${key}`, isOut: true };
    if (operator !== 'NotIn') return { says: `without label ${key}`, isOut: false };
    return { says: `with label ${key}: ${stringsIn(own(term, 'values')).join(' or ')}`, isOut: true };
  }
  const labels = own(selector, 'matchLabels');
  const key = isObject(labels) ? Object.keys(labels).find((each) => !setByServer.has(each)) : undefined;
  return key === undefined ? undefined : { says: `without label ${key}`, isOut: false };
}

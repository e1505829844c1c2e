import { isObject, type Json, own } from '../../model/json.ts';
import { objectsIn, stringsIn } from '../../model/json-list.ts';

/**
 * Whether a LabelSelector selects these labels: all of its terms must hold. An empty selector selects everything, no
 * selector (undefined or null) nothing, and one that the API server would refuse nothing.
 * Source: apimachinery/pkg/apis/meta/v1/helpers.go (LabelSelectorAsSelector).
 */
export function selectsLabels(selector: Json | undefined, labels: Json | undefined): boolean {
  if (!isObject(selector)) return false;
  const label = (key: string): string | undefined => {
    const value = isObject(labels) ? own(labels, key) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const equal = own(selector, 'matchLabels');
  if (isObject(equal)) {
    for (const [key, value] of Object.entries(equal)) if (label(key) !== value) return false;
  }
  return objectsIn(own(selector, 'matchExpressions')).every((term) => {
    const key = own(term, 'key');
    if (typeof key !== 'string') return false;
    const value = label(key);
    const isListed = value !== undefined && stringsWithEmpty(own(term, 'values')).has(value);
    switch (own(term, 'operator')) {
      case 'In':
        return isListed;
      case 'NotIn':
        return !isListed;
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}

/** The empty string is a legal label value. */
function stringsWithEmpty(list: Json | undefined): ReadonlySet<string> {
  const values = new Set(stringsIn(list));
  if (Array.isArray(list) && list.includes('')) values.add('');
  return values;
}

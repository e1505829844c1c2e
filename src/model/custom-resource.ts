// CRDs whose plural is not what the rules of English make of the kind.
const irregular = new Map([['mongodbcommunity.mongodb.com/MongoDBCommunity', 'mongodbcommunity']]);

/** The resource of a custom kind (`group/Kind`), as its CRD names it: the plural, where the CRD keeps to the rules. */
export function customResource(groupKind: string): { readonly group: string; readonly resource: string } {
  const slash = groupKind.indexOf('/');
  const group = groupKind.slice(0, slash);
  const kind = groupKind.slice(slash + 1).toLowerCase();
  return { group, resource: irregular.get(groupKind) ?? pluralOf(kind) };
}

function pluralOf(kind: string): string {
  if (/(s|x|z|ch|sh)$/.test(kind)) return `${kind}es`;
  return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}

/** Secret shop/database; `fields` of its stringData, as YAML between braces. */
export function secret(fields: string): string {
  return `apiVersion: v1
kind: Secret
metadata: {name: database, namespace: shop}
stringData: {${fields}}
`;
}

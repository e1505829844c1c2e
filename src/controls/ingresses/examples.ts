/** Ingress shop/web for web.example.com; `fields` of its spec and its annotations, as YAML between braces. */
export function ingress(fields: string, annotations = ''): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, annotations: {${annotations}}}
spec: {${fields}}
`;
}

/** A rule for a host; without one, for every host. */
export function rule(host?: string): string {
  const backend = 'http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}';
  return host === undefined ? `{${backend}}` : `{host: ${JSON.stringify(host)}, ${backend}}`;
}

/** An Ingress that ends TLS for web.example.com, with annotations. */
export function annotated(annotations: string): string {
  return ingress(
    `tls: [{hosts: [web.example.com], secretName: web}], rules: [${rule('web.example.com')}]`,
    annotations,
  );
}

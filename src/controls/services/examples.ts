/** Service shop/web; `fields` of its spec and its annotations, as YAML between braces. */
export function service(fields: string, annotations = ''): string {
  return `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, annotations: {${annotations}}}
spec: {${fields}}
`;
}

/** A Deployment whose pods a Service with the selector app: web selects. */
export function deployment(image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: ${JSON.stringify(image)}}]}
`;
}

/** A Gateway of the Gateway API with listeners, as YAML of a list. */
export function gateway(listeners: string): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec: {gatewayClassName: example, listeners: [${listeners}]}
`;
}

/** A Gateway of Istio with servers, as YAML of a list. */
export function istioGateway(servers: string): string {
  return `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec: {selector: {istio: ingressgateway}, servers: [${servers}]}
`;
}

/** An HTTPRoute that hangs on listener `section` of the Gateway, with one rule. */
export function httpRoute(section: string, rule: string): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: web, sectionName: ${section}}], rules: [${rule}]}
`;
}

// A cluster of the size asked for, with policies as adversarial as they get: other selectors, ports and blocks in each.

/** Numbers that look random and are the same every time. */
function sequence(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** A snapshot of `pods` pods in 100 namespaces of 40 applications, and `policies` NetworkPolicies. */
export function networkSnapshot({ pods, policies, namespaces = 100, apps = 40 }) {
  const below = sequence(pods + policies);
  const pick = (list) => list[below(list.length)];
  const objects = [];
  const add = (value) =>
    objects.push({
      apiVersion: value.apiVersion,
      kind: value.kind,
      name: value.metadata.name,
      namespace: value.metadata.namespace,
      value,
      source: { file: 'bench', document: objects.length, base: [] },
    });
  for (let at = 0; at < namespaces; at += 1) {
    add({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: `n${at}`, labels: { team: `t${at % 10}`, stage: pick(['dev', 'prod']) } },
    });
  }
  for (let at = 0; at < pods; at += 1) {
    const app = below(apps);
    add({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `p${at}`,
        namespace: `n${at % namespaces}`,
        labels: { app: `a${app}`, tier: `x${app % 4}`, 'pod-template-hash': `h${at % 97}` },
      },
      spec: {
        containers: [
          {
            name: 'app',
            image: 'registry.example/app:1.0',
            ports: [{ name: 'http', containerPort: 8000 + (app % 5) }],
          },
        ],
      },
      status: { phase: 'Running', podIP: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}` },
    });
  }
  const app = () => ({ matchLabels: { app: `a${below(apps)}` } });
  const selector = () =>
    pick([
      app,
      app,
      () => ({ matchLabels: { tier: `x${below(4)}` } }),
      () => ({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: [`a${below(apps)}`] }] }),
    ])();
  const peer = () =>
    pick([
      () => ({ podSelector: selector() }),
      () => ({ namespaceSelector: { matchLabels: { team: `t${below(10)}` } }, podSelector: selector() }),
      () => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': `n${below(namespaces)}` } } }),
      () => ({ ipBlock: { cidr: `203.0.${below(256)}.0/24` } }),
    ])();
  const port = () =>
    pick([
      () => ({ port: pick([80, 443, 5432, 6379, 8080, 9090]) }),
      () => ({ port: 'http' }),
      () => ({ port: 8000, endPort: 8000 + below(10) }),
      () => ({ protocol: 'UDP', port: 53 }),
    ])();
  const list = (most, make) => Array.from({ length: 1 + below(most) }, make);
  for (let at = 0; at < policies; at += 1) {
    const isEgress = below(5) === 0;
    add({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `np${at}`, namespace: `n${below(namespaces)}` },
      spec: {
        podSelector: below(6) === 0 ? {} : selector(),
        policyTypes: isEgress ? ['Egress'] : ['Ingress'],
        ...(isEgress
          ? { egress: list(3, () => ({ to: list(3, peer), ports: list(3, port) })) }
          : { ingress: list(3, () => ({ from: list(3, peer), ports: list(3, port) })) }),
      },
    });
  }
  return { schema: 'bulwark.snapshot/v1', takenAt: '2026-11-21T00:00:00Z', objects, inputs: [], gaps: [] };
}

/** A Pod with one container, `fields` being YAML for that container. */
export function inContainer(fields: string): string {
  return `${head}spec:
  containers:
    - name: app
      image: registry.example/app:1.0
${indent(fields, 6)}`;
}

/** A Pod with one bare container, `fields` being YAML for the pod spec. */
export function inPod(fields: string): string {
  return `${head}spec:
${indent(fields, 2)}  containers:
    - name: app
      image: registry.example/app:1.0
`;
}

const head = `apiVersion: v1
kind: Pod
metadata:
  name: example
  namespace: shop
`;

function indent(text: string, by: number): string {
  return text
    .trim()
    .split('\n')
    .map((line) => (line === '' ? '\n' : `${' '.repeat(by)}${line}\n`))
    .join('');
}

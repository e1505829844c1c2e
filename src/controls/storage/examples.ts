/** A PersistentVolume; `fields` of its spec, and its annotations, as YAML between braces. */
export function volume(fields: string, annotations = ''): string {
  return `apiVersion: v1
kind: PersistentVolume
metadata: {name: data, annotations: {${annotations}}}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], ${fields}}
`;
}

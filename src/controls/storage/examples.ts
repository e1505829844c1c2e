/** A PersistentVolume; `fields` of its spec, and its annotations, as YAML between braces. */
export function volume(fields: string, annotations = ''): string {
  return `apiVersion: v1
kind: PersistentVolume
metadata: {name: data, annotations: {${annotations}}}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], ${fields}}
`;
}

/** A StorageClass; `fields` besides its provisioner, and its annotations, as YAML between braces. */
export function storageClass(provisioner: string, fields = '', annotations = ''): string {
  return `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: data, annotations: {${annotations}}}
provisioner: ${provisioner}
${fields}
`;
}

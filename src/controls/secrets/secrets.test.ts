import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import environment from './environment.ts';

describe('secrets in the environment', () => {
  it('are one finding a container, at the first of them', () => {
    const text = `apiVersion: v1
kind: Pod
metadata: {name: example}
spec:
  containers:
    - name: app
      image: registry.example/app:1.0
      env: [{name: HOST, value: a}, {name: USER, valueFrom: {secretKeyRef: {name: db, key: user}}}]
      envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: db}}]
`;
    expect(judgeExample(environment, text)).toMatchObject([
      {
        message: 'container app gets variable USER from a Secret and all of Secret db as variables',
        place: 'spec.containers[0].env[1].valueFrom.secretKeyRef',
        severity: 'low',
      },
    ]);
  });
});

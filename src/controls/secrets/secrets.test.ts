import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import type { AnyControl } from '../control.ts';
import environment from './environment.ts';
import externalStore from './external-store.ts';

const controls: readonly AnyControl[] = [environment, externalStore];

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  it('fails and passes where its examples say', () => {
    for (const text of control.examples.fail) expect(judgeExample(control, text).length, text).toBeGreaterThan(0);
    for (const text of control.examples.pass) {
      const judgement = judgeText([control], text);
      expect(judgement.errors).toEqual([]);
      expect(
        judgement.findings.map(({ message }) => message),
        text,
      ).toEqual([]);
      expect(judgement.inputs.evaluated, text).toBeGreaterThan(0);
    }
  });
});

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

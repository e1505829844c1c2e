import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import accounts from './accounts.ts';
import containerd from './containerd.ts';
import crio from './crio.ts';
import docker from './docker.ts';
import kernel from './kernel.ts';
import kubectl from './kubectl.ts';
import listeners from './listeners.ts';
import space from './space.ts';
import sshd from './sshd.ts';

const controls = [
  ...accounts,
  ...sshd,
  ...kernel,
  ...containerd,
  ...crio,
  ...docker,
  ...kubectl,
  ...listeners,
  ...space,
];

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  it('keeps the rules of controls', () => {
    expect(control.title).toMatch(/^[A-Z/].{10,100}[^.!]$/);
    expect(control.why).toMatch(/^[A-Za-z][\s\S]{30,}\.$/);
    expect(control.examples.fail.length * control.examples.pass.length).toBeGreaterThan(0);
  });

  it('fails and passes where it should', () => {
    for (const text of control.examples.fail) {
      const findings = judgeExample(control, text);
      expect(findings.length, text).toBeGreaterThan(0);
      for (const { message } of findings) expect(message, text).not.toMatch(/undefined|\[object|NaN|[.!]$/);
    }
    for (const text of control.examples.pass) {
      const { findings, errors, coverage } = judgeText([control], text);
      expect(errors, text).toEqual([]);
      expect(
        findings.map(({ message }) => message),
        text,
      ).toEqual([]);
      expect(coverage.get(control)?.pass, text).toBe(1);
    }
  });
});

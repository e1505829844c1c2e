import { describe, expect } from 'vitest';
import { testExamples } from '../../../test/control-examples.ts';
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
  testExamples(control, {
    passing: ({ coverage }, text) => expect(coverage.get(control)?.pass, text).toBe(1),
  });
});

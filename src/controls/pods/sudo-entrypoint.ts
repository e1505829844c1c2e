import type { Container } from '../../model/container.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'pods/sudo-entrypoint',
  title: 'Containers do not start through sudo',
  severity: 'low',
  subject: 'container',
  why: 'A container that starts its process with sudo carries a setuid root program for everyone in it, and runs as root whatever user the pod names.',
  remedy: 'Run the process as the user that it needs (runAsUser), and leave sudo out of the image.',
  check: ({ container }) => {
    const { command, args } = container;
    if ((command.length === 0 && args.length === 0) || !startsWithSudo(container)) return pass;
    const field = command.length > 0 ? 'command' : 'args';
    return fail(`container ${container.name} starts its process with sudo`, container.at(field));
  },
  examples: {
    fail: [
      inContainer('command: [/usr/bin/sudo, -E, /app]'),
      inContainer('args: [sudo, /app]'),
      inContainer('command: [/bin/sh, -ec, "sudo /app"]'),
      inContainer('command: [bash]\nargs: [-c, " sudo -u app /app"]'),
      inContainer('command: [sh, -c, "exec sudo -u app /app"]'),
      inPod('initContainers: [{ name: setup, command: [sudo, chown, -R, app, /data] }]'),
    ],
    pass: [
      inContainer('command: [/usr/bin/pseudo, /app]'),
      inContainer('command: [/app, sudo]'),
      inContainer('command: [sh, -c, "echo sudo"]'),
      inContainer('command: [sh, /opt/sudo/start.sh]'),
    ],
  },
});

const sudo = /(?:^|\/)sudo$/;
const shell = /(?:^|\/)(?:sh|ash|bash|dash|ksh|zsh)$/;
const scriptFlag = /^-[A-Za-z]*c/;
const sudoFirst = /^\s*(?:exec\s+)?(?:[^\s;&|]*\/)?sudo(?:\s|$)/;

/** Kubernetes runs `command` followed by `args`; without a command, `args` follow the entry point of the image, if any. */
function startsWithSudo(container: Container): boolean {
  const program = word(container, 0);
  if (sudo.test(program)) return true;
  if (!shell.test(program)) return false;
  let index = 1;
  let isScript = false;
  for (; word(container, index).startsWith('-'); index += 1) isScript ||= scriptFlag.test(word(container, index));
  return isScript && sudoFirst.test(word(container, index));
}

function word({ command, args }: Container, index: number): string {
  return (index < command.length ? command[index] : args[index - command.length]) ?? '';
}

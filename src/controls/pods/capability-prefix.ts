import type { Container } from '../../model/container.ts';
import { type Edit, edit } from '../../model/edit.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { plainCapability, unique } from './capability-class.ts';

const lists = ['add', 'drop'] as const;
const listPath = (container: Container, list: 'add' | 'drop') => container.at('securityContext', 'capabilities', list);

export default control({
  id: 'pods/capability-prefix',
  title: 'Capabilities have the names that Kubernetes knows',
  severity: 'medium',
  subject: 'container',
  why: 'Kubernetes writes capabilities in upper case and without CAP_. Some runtimes ignore CAP_SYS_BOOT in drop without a word, so the container keeps it; Pod Security and other policies compare names exactly.',
  remedy: 'Write the name as Kubernetes has it: upper case, without CAP_.',
  // A privileged container has every capability, whatever it lists.
  coveredBy: ['pods/privileged'],
  check: ({ container }) => {
    let failures: Failure[] | undefined;
    for (const list of lists) {
      const names = container.securityContext.capabilities[list];
      if (names.every(isPlain)) continue;
      const wrong = unique(names.filter((name) => !isPlain(name)));
      const message = `container ${container.name} ${list}s ${wrong.map(describe).join(', ')}`;
      failures ??= [];
      failures.push(fail(message, listPath(container, list), { key: list }));
    }
    return failures ?? pass;
  },
  fix: {
    // A drop that did nothing takes effect, and an add may begin to.
    safety: 'may-break',
    edits: ({ container }, failure) => (failure.key === 'add' ? respell(container, 'add') : respell(container, 'drop')),
  },
  examples: {
    fail: [
      inContainer('securityContext: { capabilities: { drop: [CAP_SYS_BOOT], add: [CAP_SYS_TIME] } }'),
      inContainer('securityContext: { capabilities: { drop: [ALL, cap_chown] } }'),
      inPod('initContainers: [{ name: setup, securityContext: { capabilities: { drop: [cap_net_raw] } } }]'),
    ],
    pass: [
      inContainer('securityContext: { capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] } }'),
      inContainer('securityContext: { capabilities: {} }'),
    ],
  },
});

const notPlain = /[a-z]|^CAP_/;

/** `all` in lower case is told by capabilities-drop-all, or as a dangerous capability that is added. */
function isPlain(name: string): boolean {
  return !notPlain.test(name) || name.toUpperCase() === 'ALL';
}

function describe(name: string): string {
  return `${name}, which Kubernetes calls ${plainCapability(name)}`;
}

function respell(container: Container, list: 'add' | 'drop'): readonly Edit[] {
  const names = container.securityContext.capabilities[list];
  const kept = new Set(names.filter(isPlain));
  const edits: Edit[] = [edit.removeItems(listPath(container, list), unique(names.filter((name) => !isPlain(name))))];
  for (const name of unique(names.map(plainCapability))) {
    if (!kept.has(name)) edits.push(edit.append(listPath(container, list), name));
  }
  return edits;
}

import type { Container } from '../../model/container.ts';
import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';
import { plainCapability, unique } from './capability-class.ts';

const list = ['securityContext', 'capabilities', 'drop'] as const;

export default control({
  id: 'pods/capabilities-drop-all',
  title: 'Containers drop all capabilities',
  severity: 'medium',
  subject: 'container',
  why: 'A container starts with some fourteen capabilities of root. Most applications use none, and an attacker in the container uses several.',
  remedy: 'Set capabilities.drop to ["ALL"], and add back the one that the application turns out to need.',
  // A privileged container has every capability, whatever it lists.
  coveredBy: ['pods/privileged'],
  check: ({ pod, container }) => {
    if (pod.os === 'windows') return notOnWindows;
    if (container.securityContext.capabilities.drop.includes('ALL')) return pass;
    return fail(`container ${container.name} ${describeDrop(container)}`, container.at(...list));
  },
  fix: {
    // Root without capabilities cannot change owners or users, nor read what belongs to others.
    safety: 'may-break',
    edits: ({ container }) => {
      const misspelt = misspeltAll(container);
      const append = edit.append(container.at(...list), 'ALL');
      return misspelt.length === 0 ? [append] : [edit.removeItems(container.at(...list), misspelt), append];
    },
  },
  examples: {
    fail: [
      inContainer('securityContext: { runAsNonRoot: true }'),
      inContainer('securityContext: { capabilities: { drop: [NET_RAW, SMALL] } }'),
      inContainer('securityContext: { capabilities: { drop: [all] } }'),
      inPod('securityContext: { capabilities: { drop: [ALL] } }'),
    ],
    pass: [
      inContainer('securityContext: { capabilities: { drop: [ALL] } }'),
      inContainer('securityContext: { capabilities: { drop: [NET_RAW, ALL], add: [NET_BIND_SERVICE] } }'),
      inPod('os: { name: windows }'),
    ],
  },
});

function misspeltAll(container: Container): readonly string[] {
  return unique(container.securityContext.capabilities.drop.filter((name) => plainCapability(name) === 'ALL'));
}

function describeDrop(container: Container): string {
  const { drop } = container.securityContext.capabilities;
  if (drop.length === 0) return 'drops no capabilities';
  const misspelt = misspeltAll(container);
  if (misspelt.length === 0) return `drops ${unique(drop).join(', ')}, not ALL`;
  return `drops ${misspelt.join(', ')}: runtimes may take that for ALL, but Pod Security does not`;
}

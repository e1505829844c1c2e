import { describe, expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import { judge } from '../../engine/judge.ts';
import type { NodeEvidence } from '../../model/node.ts';
import { controls } from '../registry.ts';
import { host } from './examples.ts';

/** What becomes of the control on ICMP redirects. */
function verdict(from: NodeEvidence['from'], sysctls: Readonly<Record<string, string>>): string {
  const example = nodeExample(host({ sysctls }));
  if (example === undefined) throw new Error('no example');
  const takenAt = '2026-11-21T12:00:00.000Z';
  const nodes = [{ ...example, from }];
  const { coverage } = judge(
    { schema: 'bulwark.snapshot/v1', takenAt, objects: [], inputs: [], gaps: [], nodes },
    { controls: controls.filter(({ id }) => id === 'nodes/sysctl-accept-redirects') },
  );
  const [counts] = coverage.values();
  return Object.entries(counts ?? {})
    .flatMap(([name, count]) => (count > 0 ? [name] : []))
    .join();
}

const redirects = 'net.ipv4.conf.all.accept_redirects';

describe('sysctls of the network', () => {
  it.each([
    ['bundle', { 'kernel.panic': '10' }, 'unknown'],
    ['bundle', { 'kernel.panic': '10', [redirects]: '0' }, 'pass'],
    ['bundle', { 'kernel.panic': '10', [redirects]: '1' }, 'fail'],
    ['bundle', { 'net.ipv4.ip_forward': '1' }, 'not-applicable'],
    ['host', { 'kernel.panic': '10' }, 'not-applicable'],
  ] as const)('from %s with %j: %s', (from, sysctls, expected) => {
    expect(verdict(from, sysctls)).toBe(expected);
  });
});

import type { AdministratorEvidence, HostEvidence, NodeEvidence } from '../../model/node.ts';

/** What files do not say of a node, as the last line of an example. */
export function node(evidence: Partial<NodeEvidence>): string {
  return `# node: ${JSON.stringify(evidence)}\n`;
}

export function host(evidence: HostEvidence): string {
  return node({ host: evidence });
}

export function administrators(evidence: Partial<AdministratorEvidence>): string {
  return host({ administrators: { superusers: ['root'], sudoers: [], authorizedKeys: [], ...evidence } });
}

/** Global settings of sshd, as if they stood in its file in this order. */
export function sshd(settings: Readonly<Record<string, string>>): string {
  const rows = Object.entries(settings).map(([keyword, value], index) => [
    keyword,
    { value, where: '/etc/ssh/sshd_config', line: index + 1 },
  ]);
  return administrators({ sshd: Object.fromEntries(rows) });
}

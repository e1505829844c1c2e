import { assembleSnapshot } from '../collect/snapshot.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { certificatesOfNode, certificatesOfObject, ownCertificates } from '../facts/certificates.ts';
import { factsOf } from '../facts/facts.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type CertificateRow, certificatesJson, certificatesTable } from '../report/certificates.ts';
import { visible } from '../report/visible.ts';
import type { CertificatesFlags } from './certificates.ts';
import { readKubeconfigs, takeSnapshot } from './evidence.ts';
import type { Terminal } from './terminal.ts';

/** Prints the inventory. Returns the exit code: 3 where something could not be read. */
export async function runCertificates(flags: CertificatesFlags, terminal: Terminal): Promise<number> {
  const snapshot = await evidence(flags, terminal);
  for (const { what, reason } of snapshot.gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  const rows = rowsOf(snapshot);
  const now = Date.parse(snapshot.takenAt);
  const width = terminal.outIsTty ? terminal.width : Number.POSITIVE_INFINITY;
  await terminal.out(flags.output === 'json' ? certificatesJson(rows) : certificatesTable(rows, { now, width }));
  return snapshot.gaps.length > 0 ? exitCodes.incomplete : exitCodes.clean;
}

async function evidence(flags: CertificatesFlags, terminal: Terminal): Promise<Snapshot> {
  const { kubeconfig, output: _output, ...rest } = flags;
  const elsewhere = Object.keys(rest).length > 0;
  if (elsewhere)
    return takeSnapshot([], { render: false, namespace: [], timeout: 30, ...flags, ...onlyCluster(flags) }, terminal);
  const collected = await readKubeconfigs(terminal, kubeconfig);
  return assembleSnapshot([collected], terminal.now().toISOString());
}

/** With a cluster, `--kubeconfig` says how to reach it. */
function onlyCluster({ kubeconfig, cluster, context }: CertificatesFlags): { readonly kubeconfig?: string } {
  return kubeconfig !== undefined && (cluster === true || context !== undefined) ? { kubeconfig } : {};
}

function rowsOf(snapshot: Snapshot): readonly CertificateRow[] {
  const facts = factsOf(snapshot);
  const rows: CertificateRow[] = [];
  for (const node of snapshot.nodes ?? []) {
    for (const found of facts.get(certificatesOfNode)(node)) rows.push({ where: node.name, found });
  }
  for (const object of snapshot.objects) {
    const where = `${object.kind} ${object.namespace === undefined ? '' : `${object.namespace}/`}${object.name}`;
    for (const found of facts.get(certificatesOfObject)(object)) rows.push({ where, found });
  }
  for (const found of facts.get(ownCertificates)) rows.push({ where: '', found });
  return rows;
}

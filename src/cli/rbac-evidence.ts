import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { serverVersion } from '../facts/cluster-version.ts';
import { factsOf } from '../facts/facts.ts';
import { BulwarkError } from '../model/errors.ts';
import { valueAt } from '../model/path.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { visible } from '../report/visible.ts';
import { type Access, type AccessOptions, accessOf } from '../semantics/rbac/access.ts';
import { type EvidenceFlags, takeSnapshot } from './evidence.ts';
import type { RbacEvidenceFlags } from './rbac-options.ts';
import type { Terminal } from './terminal.ts';

export interface RbacEvidence {
  readonly snapshot: Snapshot;
  readonly access: Access;
  readonly minor: number | undefined;
  /** Whether all roles of a cluster were read. */
  readonly evidence: AccessOptions['evidence'];
}

/** Reads the evidence and tells on standard error what of it is missing. */
export async function readRbac(flags: RbacEvidenceFlags, terminal: Terminal): Promise<RbacEvidence> {
  const snapshot = await takeSnapshot(flags.filename, evidenceFlags(flags), terminal);
  for (const { what, reason } of snapshot.gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  const minor = factsOf(snapshot).get(serverVersion)?.minor ?? flags.kubernetesVersion;
  const evidence = evidenceOf(snapshot);
  const access = accessOf({ objects: snapshot.objects, minor, evidence });
  const { standIns, authorizer } = access;
  if (authorizer.bindings.length === 0) terminal.err('bulwark: no bindings were read: RBAC gives nobody anything\n');
  else if (standIns !== undefined)
    terminal.err(
      `bulwark: roles of Kubernetes itself that were not read are taken as v1.${standIns} ships them; --cluster or --from tells better\n`,
    );
  return { snapshot, access, minor, evidence };
}

/** What one side of a comparison names: a saved snapshot, or manifests. */
export async function readRbacSide(path: string, flags: RbacEvidenceFlags, terminal: Terminal): Promise<Snapshot> {
  const isSaved = await isSnapshot(resolve(terminal.cwd, path), path);
  const side: RbacEvidenceFlags = { filename: isSaved ? [] : [path], render: flags.render, timeout: flags.timeout };
  const snapshot = await takeSnapshot(
    side.filename,
    { ...evidenceFlags(side), ...(isSaved && { from: path }) },
    terminal,
  );
  for (const { what, reason } of snapshot.gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  return snapshot;
}

async function isSnapshot(file: string, shown: string): Promise<boolean> {
  if (shown === '-') return false;
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new BulwarkError('usage', `there is no ${visible(shown)}`, 'check the path');
  if (!found.isFile()) return false;
  if (file.endsWith('.json.gz')) return true;
  const { open } = await import('node:fs/promises');
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(200), 0, 200, 0);
    return /^\s*\{\s*"schema"\s*:\s*"bulwark\.snapshot/.test(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** Whether all roles of a cluster are there. What kubectl printed of one has uids, as what a server stores has. */
function evidenceOf({ cluster, objects }: Snapshot): 'complete' | 'files' {
  if (cluster !== undefined) return cluster.namespaces === undefined ? 'complete' : 'files';
  return objects.some(({ kind, name, value }) => {
    return kind === 'ClusterRole' && name === 'cluster-admin' && valueAt(value, ['metadata', 'uid']) !== undefined;
  })
    ? 'complete'
    : 'files';
}

function evidenceFlags(flags: RbacEvidenceFlags): EvidenceFlags {
  const { from, cluster, kubeconfig, context, render, timeout } = flags;
  return {
    ...{ render, timeout, namespace: [] },
    ...(from !== undefined && { from }),
    ...(cluster === true && { cluster }),
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  };
}

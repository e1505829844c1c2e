import { ApiError } from '../collect/cluster/api-error.ts';
import { findInstalled } from '../enforce/deployment/find-installed.ts';
import { unlabelNamespaces } from '../enforce/deployment/label-namespaces.ts';
import { objectPath, referenceText } from '../enforce/deployment/objects.ts';
import { exitCodes } from '../engine/exit-code.ts';
import type { Terminal } from './terminal.ts';
import type { UninstallFlags } from './webhook.ts';
import { askingServer, namesOf, openApi } from './webhook-api.ts';

/** Removes what install brought, or lists it. Returns the exit code. */
export async function runUninstall(flags: UninstallFlags, terminal: Terminal): Promise<number> {
  const api = openApi(flags, terminal);
  try {
    return await askingServer(async () => {
      const found = await findInstalled(api, namesOf(flags));
      if (found.length === 0) terminal.err('bulwark: nothing is installed by that name\n');
      for (const reference of found) {
        if (flags.apply !== true) {
          await terminal.out(`${referenceText(reference)}: would be removed\n`);
          continue;
        }
        try {
          // What belongs to an object goes before it, so that nothing of a deployment outlives it.
          const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
          await api.call({ method: 'DELETE', path: objectPath(reference), body });
        } catch (error) {
          if (!(error instanceof ApiError) || error.status !== 404) throw error;
        }
        await terminal.out(`${referenceText(reference)}: removed\n`);
      }
      if (flags.apply === true) {
        for (const name of await unlabelNamespaces(api)) await terminal.out(`Namespace ${name}: label removed\n`);
      } else if (found.length > 0) {
        terminal.err('bulwark: nothing was changed; run it with --apply\n');
      }
      return exitCodes.clean;
    });
  } finally {
    await api.close();
  }
}

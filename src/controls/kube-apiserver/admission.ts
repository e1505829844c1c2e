import type { Setting } from '../../model/component.ts';
import type { NodeChange } from '../../model/node-change.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import type { Severity } from '../../model/severity.ts';
import { type Failure, fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import { changeText } from '../../semantics/node/change-text.ts';
import { type PluginRow, pluginRows } from './admission-plugins.ts';
import { isSince, listOf, serverControls, settingOf } from './server-control.ts';

/**
 * Admission plugins that run or do not. `admission-plugins` is what is in force: the defaults of the version, less what
 * is disabled, and what is enabled. Source: CIS Kubernetes Benchmark 1.12, 1.2.3 and 1.2.9 to 1.2.14.
 */
export default serverControls(
  pluginRows.map((row) => ({
    name: row.name,
    title: row.title,
    severity: row.severity,
    why: row.why,
    ...(row.remedy !== undefined && { remedy: row.remedy }),
    check: (server: NodeComponent): Verdict => judgePlugin(row, server),
    mend: {
      safety: row.safety,
      ...(row.first !== undefined && { first: row.first }),
      changes: (server: NodeComponent) => changesOf(row, server),
      refusal: (server: NodeComponent) => row.refusal?.(server),
    },
    examples: row.examples,
  })),
);

function judgePlugin(row: PluginRow, server: NodeComponent): Verdict {
  const { plugin, wanted } = row;
  const running = listOf(server, 'admission-plugins').includes(plugin);
  if (running === (wanted === 'on')) return pass;
  const other = row.otherwise?.(server);
  if (other !== undefined) return other;
  if (wanted === 'on' && row.since !== undefined && !isSince(server, row.since))
    return notApplicable(`v1.${server.config.minor} has no admission plugin ${plugin}`);
  // What must not be done as it is, is no remedy: the control's own says what comes first.
  const changes = row.refusal?.(server) === undefined ? changesOf(row, server) : [];
  return pluginFailure(server, { plugin, wanted, says: row.says, changes });
}

export interface PluginFailure {
  readonly plugin: string;
  readonly wanted: 'on' | 'off';
  readonly says: string;
  readonly changes: readonly NodeChange[];
  readonly key?: string;
  readonly severity?: Severity;
}

/** A plugin that runs and should not, or the other way round, at the flag that says so. */
export function pluginFailure(
  server: NodeComponent,
  { plugin, wanted, says, changes, ...more }: PluginFailure,
): Failure {
  const disabled = listOf(server, 'disable-admission-plugins').includes(plugin);
  const setting = settingOf(server, wanted === 'on' && disabled ? 'disable-admission-plugins' : listing(server));
  const state = wanted === 'off' ? 'is enabled' : disabled ? 'is disabled' : 'is not enabled';
  const remedy = changes.map((change) => changeText(change, server)).join('; ');
  return fail(`admission plugin ${plugin} ${state}: ${says}`, [setting.name], {
    place: server.placeOf(setting),
    ...(remedy !== '' && { remedy }),
    ...more,
  });
}

/** The flag that lists what is enabled: the old one, where it is what was given. */
function listing(server: NodeComponent): string {
  const old: Setting | undefined = server.config.get('admission-control');
  return old !== undefined && old.origin.kind !== 'default' ? 'admission-control' : 'enable-admission-plugins';
}

function changesOf({ plugin, wanted, runs = 'choice' }: PluginRow, server: NodeComponent): readonly NodeChange[] {
  return wanted === 'on' ? enabling(server, plugin, runs) : without(server, listing(server), plugin);
}

/** What makes a plugin run: off the list of those that do not, and onto the list of those that do, where its version does not run it anyway. */
export function enabling(server: NodeComponent, plugin: string, by: 'default' | 'choice'): readonly NodeChange[] {
  const onAgain = without(server, 'disable-admission-plugins', plugin);
  if (onAgain.length > 0 && by === 'default') return onAgain;
  const name = listing(server);
  const listed = listOf(server, name);
  if (listed.includes(plugin)) return onAgain;
  return [...onAgain, { kind: 'setting', component: 'kube-apiserver', name, value: [...listed, plugin] }];
}

function without(server: NodeComponent, name: string, plugin: string): readonly NodeChange[] {
  const there = listOf(server, name);
  if (!there.includes(plugin)) return [];
  const left = there.filter((each) => each !== plugin);
  return [{ kind: 'setting', component: 'kube-apiserver', name, value: left.length === 0 ? null : left }];
}

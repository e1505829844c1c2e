import { resolve } from 'node:path';
import { collectNode } from '../collect/node/collect.ts';
import { exitCodes } from '../engine/exit-code.ts';
import type { ResolvedComponent, Setting } from '../model/component.ts';
import { BulwarkError } from '../model/errors.ts';
import { padEnd, textWidth } from '../report/text-width.ts';
import { visible } from '../report/visible.ts';
import { nodeComponents } from '../semantics/node/node-components.ts';
import { settingOrigin } from '../semantics/node/setting-text.ts';
import type { ConfigFlags } from './config.ts';
import { nearest } from './nearest.ts';
import type { Terminal } from './terminal.ts';

interface ConfigRequest {
  readonly component: string;
  readonly setting: string | undefined;
  readonly flags: ConfigFlags;
}

/** Prints what is in force for one component of a node. Returns the exit code. */
export async function runConfig({ component, setting, flags }: ConfigRequest, terminal: Terminal): Promise<number> {
  const at = flags.root === undefined ? '/' : resolve(terminal.cwd, flags.root);
  const { node, gaps } = await collectNode({ at, from: flags.root === undefined ? 'host' : 'root' });
  for (const { what, reason } of gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  const components = nodeComponents(node, { as: flags.kubernetesVersion });
  const found = components.filter((each) => each.component === component);
  if (found.length === 0) {
    const hint = 'name the root of a node with --root, or run this on the node';
    throw new BulwarkError('usage', `no ${component} runs or is configured at ${at}`, hint);
  }
  for (const { config } of found) {
    await terminal.out(settingLines(config, setting, flags));
    for (const { message, where, line, hint } of config.problems) {
      const place = line === undefined ? where : `${where}:${line}`;
      terminal.err(
        `bulwark: ${visible(place)}: ${visible(message)}${hint === undefined ? '' : ` (${visible(hint)})`}\n`,
      );
    }
  }
  return gaps.length > 0 ? exitCodes.incomplete : exitCodes.clean;
}

function settingLines(resolved: ResolvedComponent, name: string | undefined, { all }: ConfigFlags): string {
  if (name === undefined) {
    const shown = resolved.settings().filter(({ origin }) => all === true || origin.kind !== 'default');
    return table(shown);
  }
  const setting = resolved.get(name);
  if (setting !== undefined) return table([setting]);
  const near = nearest(
    name,
    resolved.settings().map((known) => known.name),
  );
  const hint = near === undefined ? 'leave it out, with --all, for the list' : `did you mean ${near}?`;
  throw new BulwarkError('usage', `${resolved.component} has no setting ${name} in this version`, hint);
}

function table(settings: readonly Setting[]): string {
  const rows = settings.map(({ name, value, origin }) => [
    name,
    visible(rawText(value)),
    visible(settingOrigin({ origin })),
  ]);
  const [nameColumns, valueColumns] = [0, 1].map((column) =>
    Math.min(60, Math.max(0, ...rows.map((row) => textWidth(row[column] ?? '')))),
  );
  return rows
    .map(([name = '', value = '', origin = '']) => {
      return `${padEnd(name, nameColumns ?? 0)}  ${padEnd(value, valueColumns ?? 0)}  ${origin}\n`;
    })
    .join('');
}

function rawText(value: Setting['value']): string {
  return typeof value === 'string' ? (value === '' ? '""' : value) : JSON.stringify(value);
}

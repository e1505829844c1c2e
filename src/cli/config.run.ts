import { resolve } from 'node:path';
import { exitCodes } from '../engine/exit-code.ts';
import type { ResolvedComponent, Setting } from '../model/component.ts';
import { BulwarkError } from '../model/errors.ts';
import { configJson, configText, type ListedSetting } from '../report/config.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import { defaultsLike } from '../semantics/component-config/defaults.ts';
import { nameOfMinor } from '../semantics/component-config/layers.ts';
import { unknownVersionName } from '../semantics/component-config/versions.ts';
import { nodeComponents } from '../semantics/node/node-components.ts';
import type { ConfigFlags } from './config.ts';
import { nearest } from './nearest.ts';
import { readNodes } from './read-nodes.ts';
import { type Terminal, useColor } from './terminal.ts';

interface ConfigRequest {
  readonly component: string;
  readonly setting: string | undefined;
  readonly flags: ConfigFlags;
}

/** Prints what is in force for one component of a node. Returns the exit code. */
export async function runConfig({ component, setting, flags }: ConfigRequest, terminal: Terminal): Promise<number> {
  const at = flags.root === undefined ? '/' : resolve(terminal.cwd, flags.root);
  const {
    nodes: [node],
    gaps = [],
  } = await readNodes(flags.root === undefined ? { node: true } : { root: [flags.root] }, terminal);
  for (const { what, reason } of gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  const components = node === undefined ? [] : nodeComponents(node, { as: flags.kubernetesVersion });
  const found = components.filter((each) => each.component === component);
  if (found.length === 0) {
    const hint = 'name the root of a node with --root, or run this on the node';
    throw new BulwarkError('usage', `no ${component} runs or is configured at ${at}`, hint);
  }
  const listings = found.map(({ config, node: name }) => ({
    component,
    node: name,
    version: versionText(config),
    minor: config.minor,
    settings: settingsOf(config, setting, flags),
    problems: config.problems,
  }));
  if (flags.output === 'json') await terminal.out(configJson(listings));
  else {
    const width = terminal.outIsTty ? terminal.width : Number.POSITIVE_INFINITY;
    const style = styleOf(useColor(terminal, flags.color));
    await terminal.out(listings.map((listing) => configText(listing, { width, style })).join('\n'));
    for (const { problems } of listings) {
      for (const { message, where, line, hint } of problems) {
        const place = line === undefined ? where : `${where}:${line}`;
        const more = hint === undefined ? '' : ` (${visible(hint)})`;
        terminal.err(`bulwark: ${visible(place)}: ${visible(message)}${more}\n`);
      }
    }
  }
  return gaps.length > 0 ? exitCodes.incomplete : exitCodes.clean;
}

function versionText(config: ResolvedComponent): string {
  const { component, minor, minorOf } = config;
  if (minor === undefined) return `of a version that is not known (${unknownVersionName(config)})`;
  return `${nameOfMinor(component, minor)}${minorOf === undefined ? '' : ` (taken from ${minorOf})`}`;
}

/** One setting, or all that are set. Throws `usage` for one that the version does not have. */
function settingsOf(resolved: ResolvedComponent, name: string | undefined, { all }: ConfigFlags): ListedSetting[] {
  const defaultOf = defaultsLike(resolved);
  const listed = (setting: Setting): ListedSetting => ({ ...setting, default: defaultOf(setting.name) });
  if (name === undefined) {
    const shown = resolved.settings().filter(({ origin }) => all === true || origin.kind !== 'default');
    return shown.map(listed);
  }
  const setting = resolved.get(name);
  if (setting !== undefined) return [listed(setting)];
  const near = nearNames(
    name,
    resolved.settings().map((known) => known.name),
  );
  const hint = near.length === 0 ? 'leave it out, with --all, for the list' : `did you mean ${near.join(' or ')}?`;
  throw new BulwarkError('usage', `${resolved.component} has no setting ${name} in this version`, hint);
}

/** What a misspelt or shortened name may mean: the nearest by letters, else those that have it as a part. */
function nearNames(name: string, known: readonly string[]): readonly string[] {
  const near = nearest(name, known);
  if (near !== undefined) return [near];
  const part = name.toLowerCase();
  const holding = known.filter((each) => each.toLowerCase().includes(part));
  return holding.sort((a, b) => a.length - b.length).slice(0, 3);
}

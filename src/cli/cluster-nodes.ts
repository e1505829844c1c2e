import type { Command } from 'commander';
import { BulwarkError } from '../model/errors.ts';
import { dnsLabel, imageName, seconds, smallCount } from './option-values.ts';

/** `--nodes` and what goes with it. */
export interface ClusterNodesFlags {
  readonly nodes?: true;
  readonly nodeSelector?: string;
  readonly collectorImage?: string;
  readonly collectorNamespace?: string;
  /** Seconds. */
  readonly nodeTimeout?: number;
  readonly nodesAtOnce?: number;
}

export function addCollectorOptions(command: Command): Command {
  return command
    .optionsGroup('Collectors (--nodes):')
    .option('--node-selector <labels>', 'only nodes with these labels')
    .option('--collector-image <image>', 'another image with a POSIX shell and tar', imageName)
    .option('--collector-namespace <name>', 'where the pods run (default: bulwark-collector)', dnsLabel)
    .option('--node-timeout <seconds>', 'longest wait for one node (default: 120)', seconds)
    .option('--nodes-at-once <number>', 'how many are read at a time (default: 10)', smallCount);
}

/** Throws `usage` where an option is given that only goes with `--nodes`. */
export function refuseLoneCollectorOptions(flags: ClusterNodesFlags): void {
  if (flags.nodes === true) return;
  const lone = [
    ['--node-selector', flags.nodeSelector],
    ['--collector-image', flags.collectorImage],
    ['--collector-namespace', flags.collectorNamespace],
    ['--node-timeout', flags.nodeTimeout],
    ['--nodes-at-once', flags.nodesAtOnce],
  ].find(([, value]) => value !== undefined);
  if (lone === undefined) return;
  throw new BulwarkError('usage', `${lone[0]} says how --nodes collects`, 'leave it out, or add --nodes');
}

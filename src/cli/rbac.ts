import { type Command, Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { repeatable } from './evidence.ts';
import { addRbacEvidenceOptions, type RbacEvidenceFlags } from './rbac-options.ts';
import { registerTighten } from './rbac-tighten.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export type RbacFormat = 'text' | 'json' | 'mermaid' | 'dot';

export interface RbacOutputFlags extends RbacEvidenceFlags {
  readonly output: RbacFormat;
  readonly color: ColorChoice;
}

export interface PlaceFlags {
  readonly namespace?: string;
  readonly allNamespaces?: true;
}

export interface WhoCanFlags extends RbacOutputFlags, PlaceFlags {}

export interface CanFlags extends RbacOutputFlags, PlaceFlags {
  readonly as: string;
  readonly asGroup: readonly string[];
  /** As whom they would do it, by impersonation. */
  readonly actingAs?: string;
  readonly actingAsGroup: readonly string[];
}

/** `bulwark rbac …`: who may do what, and why. */
export const rbacCommand: RegisterCommand = (program, terminal, done) => {
  const rbac = program
    .command('rbac')
    .summary('who may do what, why, and with how much less it would do')
    .description(
      'Answers as the authorizers of the API server do, from manifests, a saved snapshot or a live cluster: reads only.',
    )
    .addHelpText('after', help);

  addPlace(output(rbac.command('who-can')))
    .summary('everybody who may make a request')
    .description('Lists everybody who may make a request, with the bindings and rules that say so.')
    .argument('<verb>', 'get, list, create, bind …')
    .argument('<resource>', 'pods, pods/exec, deployments.apps, or a path such as /metrics')
    .argument('[name]', 'of the object')
    .action(async (verb: string, resource: string, name: string | undefined, flags: WhoCanFlags) => {
      const { runWhoCan } = await import('./rbac-who-can.run.ts');
      done(await runWhoCan({ verb, resource, name }, colored(flags), terminal));
    });

  for (const [command, summary] of questions) {
    addPlace(output(rbac.command(command)))
      .summary(summary)
      .description(`Tells ${summary}. ${exits}`)
      .argument('<verb>', 'get, list, create, bind …')
      .argument('<resource>', 'pods, pods/exec, deployments.apps, or a path such as /metrics')
      .argument('[name]', 'of the object')
      .addOption(whose().makeOptionMandatory())
      .option('--as-group <group>', 'a group that they are in, besides those that Kubernetes adds', repeatable, [])
      .option('--acting-as <user>', 'by impersonating somebody: asks whether they may, and what that one may do')
      .option('--acting-as-group <group>', 'a group that they would impersonate besides (repeatable)', repeatable, [])
      .action(async (verb: string, resource: string, name: string | undefined, flags: CanFlags) => {
        if (flags.actingAs === undefined) {
          const { runCan } = await import('./rbac-can.run.ts');
          done(await runCan({ command, verb, resource, name }, colored(flags), terminal));
        } else {
          const { runActing } = await import('./rbac-acting.run.ts');
          done(await runActing({ verb, resource, name }, { ...colored(flags), actingAs: flags.actingAs }, terminal));
        }
      });
  }

  output(rbac.command('list'))
    .summary('everything that somebody may do')
    .description('Lists the rules that somebody has, where they hold, and by which bindings.')
    .argument('<subject>', 'a user name, sa:NAMESPACE/NAME or group:NAME')
    .option('--as-group <group>', 'a group that they are in, besides those that Kubernetes adds', repeatable, [])
    .action(async (subject: string, flags: RbacOutputFlags & { readonly asGroup: readonly string[] }) => {
      const { runRbacList } = await import('./rbac-list.run.ts');
      done(await runRbacList(subject, colored(flags), terminal));
    });

  output(rbac.command('risks'))
    .summary('who has powers that reach beyond their task')
    .description(
      'Lists those who have dangerous powers, gravest first, apart from what Kubernetes gives its own components; and what of roles and bindings is unused, dangling or changed.',
    )
    .action(async (flags: RbacOutputFlags) => {
      const { runRbacRisks } = await import('./rbac-risks.run.ts');
      done(await runRbacRisks(colored(flags), terminal));
    });

  rbac
    .command('diff')
    .summary('which subjects gained or lost which powers')
    .description(
      'Compares what is allowed before and after, not how it is written. Each side is manifests or a saved snapshot. Exits with 1 where somebody gained something.',
    )
    .argument('<before>', 'manifests (file or folder) or a saved snapshot')
    .argument('<after>', 'the same, afterwards')
    .addOption(
      new Option('-o, --output <format>', 'how to print it')
        .choices(['text', 'json', 'mermaid', 'dot'])
        .default('text'),
    )
    .addOption(colorOption())
    .option('--no-render', 'leave charts and kustomizations out instead of running helm and kustomize')
    .action(async (before: string, after: string, flags: RbacOutputFlags) => {
      const { runRbacDiff } = await import('./rbac-diff.run.ts');
      done(await runRbacDiff({ before, after }, colored(flags), terminal));
    });

  registerTighten(rbac, terminal, done);

  function colored<F extends { readonly color: ColorChoice }>(flags: F): Colored<F> {
    return { ...flags, color: useColor(terminal, flags.color) };
  }
};

/** Flags whose colour has been decided. */
export type Colored<F> = Omit<F, 'color'> & { readonly color: 'always' | 'never' };

const questions = [
  ['can-i', 'whether somebody may make a request'],
  ['why', 'by which binding, role and rule somebody may make a request'],
  ['why-not', 'what somebody lacks for a request, and how near they are'],
] as const;

export type QuestionCommand = (typeof questions)[number][0];

const exits = 'Exits with 0 for yes, 1 for no, 3 where the evidence does not tell.';

function whose(): Option {
  return new Option('--as <user>', 'who: a user name, sa:NAMESPACE/NAME or group:NAME');
}

function addPlace(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'in this namespace')
    .option('-A, --all-namespaces', 'in all namespaces at once');
}

function output(command: Command): Command {
  return addRbacEvidenceOptions(command)
    .optionsGroup('Output:')
    .addOption(
      new Option('-o, --output <format>', 'how to print it')
        .choices(['text', 'json', 'mermaid', 'dot'])
        .default('text'),
    )
    .addOption(colorOption())
    .optionsGroup('Options:');
}

const help = `
Examples:
  bulwark rbac who-can get secrets -n shop           in the cluster of the current context
  bulwark rbac who-can create pods/exec -f manifests
  bulwark rbac can-i delete deployments.apps web --as anne --as-group ops -n shop
  bulwark rbac why get /metrics --as sa:monitoring/prometheus --from prod.json
  bulwark rbac why list pods --as sa:ci/deploy --acting-as anne   by impersonation, both halves of it
  bulwark rbac list sa:shop/web -o mermaid
  bulwark rbac diff old/ new/                        what a change gives and takes
  bulwark rbac tighten --from-audit audit.log --from prod.json`;

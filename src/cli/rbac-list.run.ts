import { exitCodes } from '../engine/exit-code.ts';
import { grantGraph } from '../report/rbac-graph.ts';
import { bindingJson, jsonText, objectJson, ruleJson } from '../report/rbac-json.ts';
import { isIdle, objectText, placeText, ruleText, scopeText, table } from '../report/rbac-text.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import { appliesTo } from '../semantics/rbac/binding.ts';
import { rulesHeldBy } from '../semantics/rbac/who-can.ts';
import type { Colored, RbacOutputFlags } from './rbac.ts';
import { readRbac } from './rbac-evidence.ts';
import { askedIdentity } from './rbac-identity.ts';
import type { Terminal } from './terminal.ts';

type ListFlags = Colored<RbacOutputFlags & { readonly asGroup: readonly string[] }>;

/** Prints every rule that somebody has. Returns the exit code. */
export async function runRbacList(subject: string, flags: ListFlags, terminal: Terminal): Promise<number> {
  const { snapshot, access } = await readRbac(flags, terminal);
  const user = askedIdentity(subject, flags.asGroup);
  const held = rulesHeldBy(access.authorizer, user);
  const own = access.authorizer.bindingsOf(user);
  const dangling = own.filter(({ role, object }) => access.authorizer.roles.find(role, object.namespace) === undefined);
  for (const { role, object } of dangling) {
    terminal.err(
      `bulwark: ${visible(objectText(object))} gives ${role.kind} ${visible(role.name)}, which was not read\n`,
    );
  }
  if (user.groups.includes('system:masters'))
    terminal.err('bulwark: the group system:masters may do anything, whatever roles say\n');
  if (user.groups.includes('system:nodes'))
    terminal.err('bulwark: the node authorizer gives nodes what their pods use, besides\n');
  if (flags.output === 'json') {
    const rules = held.map(({ rule, role, binding, namespace }) => ({
      ...{ namespace: namespace ?? null, rule: ruleJson(rule), binding: bindingJson(binding) },
      role: objectJson(role, ['rules', rule.index]),
    }));
    await terminal.out(jsonText({ user, rules, dangling: dangling.map(bindingJson) }));
  } else if (flags.output === 'text') {
    const rows = held.map(({ rule, role, binding }) => [
      ...[
        scopeText(binding),
        isIdle(rule) ? `nothing: ${ruleText(rule)}` : ruleText(rule),
        `${objectText(role)} (${placeText(role, ['rules', rule.index])})`,
      ],
      `${objectText(binding.object)} (${placeText(binding.object, ['roleRef'])})`,
    ]);
    if (rows.length === 0) await terminal.out(`No role gives ${visible(subject)} anything.\n`);
    else await terminal.out(table(['SCOPE', 'ALLOWS', 'ROLE', 'BINDING'], rows, styleOf(flags.color)));
  } else {
    const edges = own.flatMap((binding) =>
      binding.subjects
        .filter((each) => appliesTo(each, user))
        .map((each) => ({
          ...{ subject: each, binding },
          role: access.authorizer.roles.find(binding.role, binding.object.namespace),
        })),
    );
    await terminal.out(grantGraph(edges, flags.output));
  }
  return snapshot.gaps.length > 0 ? exitCodes.incomplete : exitCodes.clean;
}

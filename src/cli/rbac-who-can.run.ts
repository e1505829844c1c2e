import { exitCodes } from '../engine/exit-code.ts';
import { grantGraph } from '../report/rbac-graph.ts';
import { bindingJson, jsonText, objectJson, ruleJson, subjectJson } from '../report/rbac-json.ts';
import { objectText, placeText, requestText, scopeText, table } from '../report/rbac-text.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import { subjectName } from '../semantics/rbac/default-objects.ts';
import { streamRequests } from '../semantics/rbac/needed-requests.ts';
import { type Holding, type Reach, whoCan } from '../semantics/rbac/who-can.ts';
import type { Colored, WhoCanFlags } from './rbac.ts';
import { readRbac } from './rbac-evidence.ts';
import { type AskedWords, readAsked } from './rbac-request.ts';
import type { Terminal } from './terminal.ts';

/** Prints who may make a request. Returns the exit code. */
export async function runWhoCan(words: AskedWords, flags: Colored<WhoCanFlags>, terminal: Terminal): Promise<number> {
  const { snapshot, access, minor } = await readRbac(flags, terminal);
  const { request, namespace } = readAsked(words, { flags, snapshot, terminal });
  const reach: Reach =
    flags.allNamespaces === true ? 'everywhere' : namespace === undefined ? 'anywhere' : { namespace };
  const holdings = whoCan(access.authorizer, request, reach);
  const { subresource } = 'path' in request ? { subresource: undefined } : request;
  const note = subresource === undefined ? undefined : streamRequests(subresource, undefined, minor).note;
  if (note !== undefined && request.verb === 'create') terminal.err(`bulwark: ${note}: ask about get, too\n`);
  if (request.verb.startsWith('impersonate:'))
    terminal.err(
      `bulwark: that is one half: what is done as the other asks for ${visible(request.verb.replace('impersonate:', 'impersonate-on:'))}:VERB, too\n`,
    );
  for (const { role, object } of access.unresolved) {
    terminal.err(
      `bulwark: ${visible(objectText(object))} gives ${role.kind} ${visible(role.name)}, which was not read\n`,
    );
  }
  if (flags.output === 'json') {
    await terminal.out(jsonText({ request, namespace: namespace ?? null, holders: holdings.map(holdingJson) }));
  } else if (flags.output === 'text') {
    const style = styleOf(flags.color);
    if (holdings.length === 0) await terminal.out(`Nobody can ${visible(requestText(request))} by any role.\n`);
    else await terminal.out(table(['SUBJECT', 'SCOPE', 'ROLE', 'BINDING', 'NAMES'], holdings.map(cells), style));
    terminal.err('Members of the group system:masters may do anything, whatever roles say.\n');
  } else await terminal.out(grantGraph(holdings, flags.output));
  return snapshot.gaps.length > 0 || access.unresolved.length > 0 ? exitCodes.incomplete : exitCodes.clean;
}

function cells({ subject, binding, role, rule, names }: Holding): readonly string[] {
  const at = placeText(role, ['rules', rule.index]);
  return [
    subjectName(subject),
    scopeText(binding),
    `${objectText(role)} (${at})`,
    `${objectText(binding.object)} (${placeText(binding.object, subject.path)})`,
    names.length === 0 ? 'any' : names.join(', '),
  ];
}

function holdingJson({ subject, binding, role, rule, names }: Holding): object {
  return {
    subject: subjectJson(subject),
    namespace: binding.scope === 'cluster' ? null : (binding.object.namespace ?? null),
    binding: bindingJson(binding),
    role: objectJson(role, ['rules', rule.index]),
    rule: ruleJson(rule),
    names,
  };
}

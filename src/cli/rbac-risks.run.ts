import { riskControls, type SubjectRisk, subjectRisks } from '../controls/rbac/subject-risks.ts';
import { controls } from '../controls/registry.ts';
import { exitCodes } from '../engine/exit-code.ts';
import type { Finding } from '../engine/finding.ts';
import { judge } from '../engine/judge.ts';
import { factsOf } from '../facts/facts.ts';
import { rbac } from '../facts/rbac.ts';
import { componentStandings } from '../facts/rbac-components.ts';
import { compareSeverity } from '../model/severity.ts';
import { componentJson, componentsText } from '../report/rbac-components.ts';
import { grantGraph } from '../report/rbac-graph.ts';
import { bindingJson, jsonText, objectJson, ruleJson, subjectJson } from '../report/rbac-json.ts';
import { objectText, placeText, scopeText, table } from '../report/rbac-text.ts';
import { styleOf } from '../report/style.ts';
import { subjectName } from '../semantics/rbac/default-objects.ts';
import type { Colored, RbacOutputFlags } from './rbac.ts';
import { readRbac } from './rbac-evidence.ts';
import type { Terminal } from './terminal.ts';

/** Prints who has powers beyond their task, and what of roles and bindings is amiss. Returns the exit code. */
export async function runRbacRisks(flags: Colored<RbacOutputFlags>, terminal: Terminal): Promise<number> {
  const { snapshot, evidence } = await readRbac(flags, terminal);
  const facts = factsOf(snapshot);
  const risks = facts.get(subjectRisks);
  // All of them are asked, so that one root cause is told once.
  const asked = controls.filter(({ id }) => id.startsWith('rbac/') || id.startsWith('service-accounts/'));
  const judgement = judge(snapshot, { controls: asked });
  const known = facts.get(rbac);
  // What the powers above are had by is told there.
  const told = new Set(risks.flatMap(({ binding }) => [binding.object, known.roleOf(binding)]));
  const findings = judgement.findings
    .filter(({ control: { id }, subject }) => !riskControls.has(id) || !told.has(subject.object))
    .toSorted((a, b) => compareSeverity(b.severity, a.severity));
  const { undecided } = judgement;
  // Of manifests, only what they show: the rest of what components have is elsewhere.
  const standings = facts
    .get(componentStandings)
    .filter(
      ({ secrets, beyond, added }) => evidence === 'complete' || secrets.length + beyond.length + added.length > 0,
    );
  if (flags.output === 'json') {
    const components = standings.map(componentJson);
    await terminal.out(
      jsonText({
        powers: risks.map(riskJson),
        findings: findings.map(findingJson),
        components,
        undecided: undecided.map(({ control, kind, reason, subjects }) => ({
          ...{ control: control.id, kind, reason, objects: subjects },
        })),
        gaps: snapshot.gaps,
      }),
    );
  } else if (flags.output === 'text') {
    const style = styleOf(flags.color);
    const isClean = findings.length + undecided.length + snapshot.gaps.length === 0;
    if (risks.length > 0)
      await terminal.out(table(['SEVERITY', 'SUBJECT', 'CAN', 'SCOPE', 'BY'], risks.map(riskCells), style));
    else if (isClean) await terminal.out('Nobody has dangerous powers beyond what Kubernetes gives its own.\n');
    else await terminal.out('Of the powers that are looked for by subject, none was found in what was read.\n');
    if (findings.length > 0) {
      const rows = findings.map((each) => [
        ...[each.severity, objectText(each.subject.object), each.message],
        placeText(each.subject.object, each.failure.at),
      ]);
      await terminal.out(`\n${table(['SEVERITY', 'OBJECT', 'FINDING', 'WHERE'], rows, style)}`);
    }
    if (undecided.length > 0) {
      const rows = undecided.map(({ control, subjects, reason }) => [control.id, String(subjects), reason]);
      await terminal.out(`\n${table(['LEFT OPEN', 'OBJECTS', 'WHY'], rows, style)}`);
    }
    if (snapshot.gaps.length > 0) {
      const rows = snapshot.gaps.map(({ what, reason }) => [what, reason]);
      await terminal.out(`\n${table(['NOT READ', 'WHY'], rows, style)}`);
    }
    await terminal.out(componentsText(standings, style));
  } else {
    const edges = risks.map(({ subject, binding, rule }) => ({ subject, binding, rule, role: known.roleOf(binding) }));
    await terminal.out(grantGraph(edges, flags.output));
  }
  if (snapshot.gaps.length > 0) return exitCodes.incomplete;
  const isGrave = [...risks, ...findings].some(({ severity }) => compareSeverity(severity, 'high') >= 0);
  return isGrave ? exitCodes.findings : exitCodes.clean;
}

function riskCells({ severity, subject, does, binding, vendor }: SubjectRisk): readonly string[] {
  const made = vendor === undefined ? '' : `, made by ${vendor}`;
  const by = `${objectText(binding.object)} (${placeText(binding.object, ['roleRef'])})${made}`;
  return [severity, subjectName(subject), does, scopeText(binding), by];
}

function riskJson({ severity, subject, does, binding, rule, control, vendor }: SubjectRisk): object {
  const namespace = binding.scope === 'cluster' ? null : (binding.object.namespace ?? null);
  return {
    severity,
    subject: subjectJson(subject),
    can: does,
    namespace,
    control,
    ...(vendor !== undefined && { madeBy: vendor }),
    binding: bindingJson(binding),
    rule: ruleJson(rule),
  };
}

function findingJson({ control, severity, message, subject, failure }: Finding): object {
  return { control: control.id, severity, message, object: objectJson(subject.object, failure.at) };
}

import { stringify } from 'yaml';
import type { GeneratedPolicies } from '../generate/network-policy.ts';
import type { PolicyProof } from '../generate/network-policy-proof.ts';
import { networkDiffText } from './network-diff.ts';
import type { TextOptions } from './network-list.ts';
import { portsJson } from './network-words.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

/** Reasons that stand with one policy; a log may give thousands. */
const mostReasons = 12;

/** The policies as manifests, each with why its rules are there. */
export function generatedYaml({ policies }: GeneratedPolicies): string {
  return policies
    .map(({ object, reasons }) => {
      const shown = reasons.slice(0, mostReasons).map((reason) => `# ${visible(reason)}\n`);
      if (reasons.length > mostReasons) shown.push(`# and ${reasons.length - mostReasons} more\n`);
      return `${shown.join('')}${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`;
    })
    .join('---\n');
}

export interface ShownGeneration {
  readonly generated: GeneratedPolicies;
  readonly proof: PolicyProof;
  /** What was read for it, and what of that could not be used. */
  readonly read: readonly string[];
}

/** For people, beside the manifests: what was proven, what is newly forbidden, and what is not said exactly. */
export function generationText({ generated, proof, read }: ShownGeneration, { style, width }: TextOptions): string {
  const columns = Math.max(40, Math.min(width, 140));
  const lines: string[] = [];
  const say = (text: string, lead = ''): void => void lines.push(...wrap(visible(text), { width: columns, lead }));
  for (const line of read) say(line);
  const { failing, wanted } = proof;
  if (wanted > 0) {
    const text = `${wanted - failing.length} of ${wanted} connections that must work are certainly allowed with these policies.`;
    lines.push(...wrap(text, { width: columns }).map(failing.length === 0 ? style.good : style.alarming));
  }
  for (const { connection, verdict } of failing.slice(0, 20)) {
    say(`${verdict === 'denied' ? 'denied' : 'not certain'}: ${connection.because}`, '  ');
  }
  if (failing.length > 20) lines.push(`  and ${failing.length - 20} more`);
  for (const note of generated.notes) say(note, 'Note: ');
  lines.push('', style.strong('What changes:'));
  return `${lines.join('\n')}\n${networkDiffText(proof.diff, { style, width })}`;
}

export function generationJson({ generated, proof, read }: ShownGeneration): string {
  const { diff, failing, wanted } = proof;
  const result = {
    policies: generated.policies.map(({ object, reasons }) => ({ manifest: object, reasons })),
    notes: generated.notes,
    read,
    proof: {
      wanted,
      allowed: wanted - failing.length,
      failing: failing.map(({ connection, verdict }) => ({ verdict, because: connection.because })),
    },
    changes: diff.changes.map(({ kind, ports, from, to }) => ({ kind, ports: portsJson(diff.ports, ports), from, to })),
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

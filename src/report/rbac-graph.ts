import type { KubeObject } from '../model/snapshot.ts';
import type { Binding, BindingSubject } from '../semantics/rbac/binding.ts';
import { subjectName } from '../semantics/rbac/default-objects.ts';
import type { RoleRule } from '../semantics/rbac/rule.ts';
import { objectText, ruleText } from './rbac-text.ts';
import { visibleShort } from './visible.ts';

/** One line of the picture: a subject has a role by a binding. */
export interface GraphEdge {
  readonly subject: BindingSubject;
  readonly binding: Binding;
  /** Undefined where it does not exist, which is drawn dotted. */
  readonly role: KubeObject | undefined;
  readonly rule?: RoleRule;
}

/** Beyond, a picture helps nobody. */
const mostEdges = 500;

interface Drawn {
  readonly nodes: Map<string, { readonly id: string; readonly label: string; readonly kind: NodeKind }>;
  readonly lines: Map<string, { readonly from: string; readonly to: string; readonly label: string }>;
  readonly left: number;
}

type NodeKind = 'subject' | 'role' | 'missing';

/** Subjects on the left, roles on the right, bindings as the lines between them. */
function draw(edges: readonly GraphEdge[]): Drawn {
  const nodes: Drawn['nodes'] = new Map();
  const lines: Drawn['lines'] = new Map();
  const node = (label: string, kind: NodeKind): string => {
    let known = nodes.get(`${kind}\n${label}`);
    if (known === undefined) nodes.set(`${kind}\n${label}`, (known = { id: `n${nodes.size}`, label, kind }));
    return known.id;
  };
  for (const { subject, binding, role, rule } of edges.slice(0, mostEdges)) {
    const from = node(subjectName(subject), 'subject');
    const text = role === undefined ? `${binding.role.kind} ${binding.role.name} (missing)` : objectText(role);
    const rules = rule === undefined ? '' : `: ${ruleText(rule)}`;
    const to = node(`${text}${rules}`, role === undefined ? 'missing' : 'role');
    const label = objectText(binding.object);
    lines.set(`${from}\n${to}\n${label}`, { from, to, label });
  }
  return { nodes, lines, left: Math.max(0, edges.length - mostEdges) };
}

/** A Mermaid flowchart. Text of the input is quoted; what quotes and brackets mean to Mermaid is spelt out. */
export function mermaid(edges: readonly GraphEdge[]): string {
  const { nodes, lines, left } = draw(edges);
  const text = (label: string): string =>
    visibleShort(label, 160).replaceAll(/[&"<>#`|[\]{}()\\]/g, (character) => `#${character.codePointAt(0)};`);
  const out = ['flowchart LR'];
  for (const { id, label, kind } of nodes.values()) {
    const [open, close] = kind === 'subject' ? ['([', '])'] : ['[', ']'];
    out.push(`  ${id}${open}"${text(label)}"${close}${kind === 'missing' ? ':::missing' : ''}`);
  }
  for (const { from, to, label } of lines.values()) out.push(`  ${from} -->|"${text(label)}"| ${to}`);
  if (left > 0) out.push(`  more["${left} more"]`);
  out.push('  classDef missing stroke:#c00,stroke-dasharray:4');
  return `${out.join('\n')}\n`;
}

/** A Graphviz graph. */
export function dot(edges: readonly GraphEdge[]): string {
  const { nodes, lines, left } = draw(edges);
  const text = (label: string): string =>
    `"${visibleShort(label, 160).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const out = ['digraph rbac {', '  rankdir=LR;'];
  for (const { id, label, kind } of nodes.values()) {
    const look =
      kind === 'subject' ? 'shape=oval' : kind === 'role' ? 'shape=box' : 'shape=box, style=dotted, color=red';
    out.push(`  ${id} [label=${text(label)}, ${look}];`);
  }
  for (const { from, to, label } of lines.values()) out.push(`  ${from} -> ${to} [label=${text(label)}];`);
  if (left > 0) out.push(`  more [label="${left} more", shape=plaintext];`);
  return `${[...out, '}'].join('\n')}\n`;
}

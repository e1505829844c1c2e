import type { KubeObject } from '../model/snapshot.ts';
import type { Binding, BindingSubject } from '../semantics/rbac/binding.ts';
import { subjectName } from '../semantics/rbac/default-objects.ts';
import type { PowerChange } from '../semantics/rbac/power-diff.ts';
import type { RoleRule } from '../semantics/rbac/rule.ts';
import { objectText, rightTexts, ruleText } from './rbac-text.ts';
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

type NodeKind = 'subject' | 'role' | 'missing' | 'gained' | 'lost';

interface DrawnNode {
  readonly id: string;
  readonly label: string;
  readonly kind: NodeKind;
}

interface DrawnLine {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** What is drawn: nodes and lines, each once, in the order in which they came. */
class Drawing {
  readonly nodes = new Map<string, DrawnNode>();
  readonly lines = new Map<string, DrawnLine>();
  left = 0;

  node(label: string, kind: NodeKind): string {
    const key = `${kind}\n${label}`;
    let known = this.nodes.get(key);
    if (known === undefined) this.nodes.set(key, (known = { id: `n${this.nodes.size}`, label, kind }));
    return known.id;
  }

  line(from: string, to: string, label: string): void {
    this.lines.set(`${from}\n${to}\n${label}`, { from, to, label });
  }
}

/** Subjects on the left, roles on the right, bindings as the lines between them. */
function drawGrants(edges: readonly GraphEdge[]): Drawing {
  const drawing = new Drawing();
  for (const { subject, binding, role, rule } of edges.slice(0, mostEdges)) {
    const from = drawing.node(subjectName(subject), 'subject');
    const text = role === undefined ? `${binding.role.kind} ${binding.role.name} (missing)` : objectText(role);
    const rules = rule === undefined ? '' : `: ${ruleText(rule)}`;
    const to = drawing.node(`${text}${rules}`, role === undefined ? 'missing' : 'role');
    drawing.line(from, to, objectText(binding.object));
  }
  drawing.left = Math.max(0, edges.length - mostEdges);
  return drawing;
}

/** Subjects on the left, what they gained and lost on the right. */
function drawChanges(changes: readonly PowerChange[]): Drawing {
  const drawing = new Drawing();
  for (const { subject, gained, lost } of changes) {
    for (const [kind, rights] of [['gained', gained] as const, ['lost', lost] as const]) {
      for (const text of rightTexts(rights)) {
        if (drawing.lines.size >= mostEdges) drawing.left += 1;
        else drawing.line(drawing.node(subject, 'subject'), drawing.node(text, kind), kind);
      }
    }
  }
  return drawing;
}

export type GraphFormat = 'mermaid' | 'dot';

/** Who has which role by which binding. */
export function grantGraph(edges: readonly GraphEdge[], format: GraphFormat): string {
  const drawing = drawGrants(edges);
  return format === 'dot' ? dot(drawing) : mermaid(drawing);
}

/** Who gained and lost what. */
export function changeGraph(changes: readonly PowerChange[], format: GraphFormat): string {
  const drawing = drawChanges(changes);
  return format === 'dot' ? dot(drawing) : mermaid(drawing);
}

const classes: ReadonlyMap<NodeKind, string> = new Map([
  ['missing', 'stroke:#c00,stroke-dasharray:4'],
  ['gained', 'stroke:#c00,stroke-width:3px'],
  ['lost', 'stroke:#080,stroke-dasharray:4'],
]);

/** A Mermaid flowchart. Text of the input is quoted; what quotes and brackets mean to Mermaid is spelt out. */
function mermaid({ nodes, lines, left }: Drawing): string {
  const text = (label: string): string =>
    visibleShort(label, 160).replaceAll(/[&"<>#`|[\]{}()\\]/g, (character) => `#${character.codePointAt(0)};`);
  const out = ['flowchart LR'];
  const used = new Set<NodeKind>();
  for (const { id, label, kind } of nodes.values()) {
    const [open, close] = kind === 'subject' ? ['([', '])'] : ['[', ']'];
    if (classes.has(kind)) used.add(kind);
    out.push(`  ${id}${open}"${text(label)}"${close}${classes.has(kind) ? `:::${kind}` : ''}`);
  }
  for (const { from, to, label } of lines.values()) out.push(`  ${from} -->|"${text(label)}"| ${to}`);
  if (left > 0) out.push(`  more["${left} more"]`);
  for (const kind of used) out.push(`  classDef ${kind} ${classes.get(kind)}`);
  return `${out.join('\n')}\n`;
}

const looks: Readonly<Record<NodeKind, string>> = {
  subject: 'shape=oval',
  role: 'shape=box',
  missing: 'shape=box, style=dotted, color=red',
  gained: 'shape=box, penwidth=2, color=red',
  lost: 'shape=box, style=dashed, color=darkgreen',
};

/** A Graphviz graph. */
function dot({ nodes, lines, left }: Drawing): string {
  const text = (label: string): string =>
    `"${visibleShort(label, 160).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const out = ['digraph rbac {', '  rankdir=LR;'];
  for (const { id, label, kind } of nodes.values()) out.push(`  ${id} [label=${text(label)}, ${looks[kind]}];`);
  for (const { from, to, label } of lines.values()) out.push(`  ${from} -> ${to} [label=${text(label)}];`);
  if (left > 0) out.push(`  more [label="${left} more", shape=plaintext];`);
  return `${[...out, '}'].join('\n')}\n`;
}

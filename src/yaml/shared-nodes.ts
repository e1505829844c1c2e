import type { Json } from '../model/json.ts';
import { maxDepth } from './node-tracker.ts';

/** Most nodes that aliases may add to a document when it is walked, as goyaml refuses "excessive aliasing". */
const maxAliasExpansion = 200_000;

interface Frame {
  readonly node: object;
  readonly children: readonly Json[];
  next: number;
  size: number;
  depth: number;
}

/**
 * Why a document whose aliases share nodes must not be walked: an alias inside its own anchor, or one that a walk would
 * meet too often or too deep. Sharing makes a bomb cheap to parse and explosive to walk, so each node is measured once.
 */
export function sharingProblem(root: Json): string | undefined {
  if (typeof root !== 'object' || root === null) return undefined;
  const measured = new Map<object, { size: number; depth: number }>();
  const open = new Set<object>([root]);
  const stack: Frame[] = [frame(root)];
  let nodes = 1;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = top.children[top.next];
    top.next += 1;
    if (child === undefined) {
      stack.pop();
      open.delete(top.node);
      measured.set(top.node, { size: top.size, depth: top.depth });
      nodes += top.children.length;
      const parent = stack.at(-1);
      if (parent !== undefined) add(parent, top);
      continue;
    }
    if (typeof child !== 'object' || child === null) {
      top.size += 1;
      continue;
    }
    if (open.has(child)) return 'an anchor contains an alias to itself';
    const known = measured.get(child);
    if (known === undefined) {
      open.add(child);
      stack.push(frame(child));
    } else add(top, known);
  }
  const whole = measured.get(root);
  if (whole === undefined) return undefined;
  if (whole.depth > maxDepth) return 'aliases nest too deeply';
  if (whole.size > nodes + maxAliasExpansion)
    return `aliases expand to more than ${maxAliasExpansion} nodes: an alias bomb`;
  return undefined;
}

function frame(node: object): Frame {
  return { node, children: Object.values(node) as Json[], next: 0, size: 1, depth: 1 };
}

function add(to: Frame, child: { size: number; depth: number }): void {
  to.size += child.size;
  to.depth = Math.max(to.depth, child.depth + 1);
}

import type { NamedSet } from '../facts/network-flows.ts';
import type { NameParts } from '../facts/network-names.ts';
import { noPorts } from '../semantics/network-policy/index.ts';
import type { ListedFlows } from './network-list.ts';
import { enforcementJson, portsJson } from './network-words.ts';

/** More names than are told again with every flow: they are told once, under `sets`. */
const mostInline = 100;
/** Fewer than these are not worth a set of their own within another. */
const leastShared = 10;

/**
 * All flows as JSON, in pieces, with one flow a line. `from` and `to` list names; of a long list they name a set,
 * `@1`, and `sets` has its names, some of which may be sets again. No name of an endpoint starts with `@`.
 */
export function* networkListJson({ groups, ports, enforcement }: ListedFlows): Generator<string> {
  const sets = new SharedNames();
  yield `{\n  "enforcement": ${JSON.stringify(enforcementJson(enforcement))},\n  "flows": [`;
  let separator = '\n    ';
  for (const { to, flows } of groups) {
    const target = sets.refer(to);
    for (const { ports: bounds, from } of flows) {
      const { least, most } = bounds;
      const source = sets.refer(from);
      const certain = JSON.stringify(portsJson(ports, least));
      const perhaps = least === most ? '' : `,"perhaps":${JSON.stringify(portsJson(ports, ports.minus(most, least)))}`;
      yield `${separator}{"from":${source},"to":${target},"ports":${certain}${perhaps}}`;
      separator = ',\n    ';
    }
  }
  yield '\n  ],\n  "unreached": [';
  separator = '\n    ';
  for (const { to, flows } of groups) {
    if (flows.some(({ ports: { most } }) => most !== noPorts)) continue;
    yield `${separator}${sets.refer(to)}`;
    separator = ',\n    ';
  }
  yield '\n  ],\n  "sets": {';
  separator = '\n    ';
  for (const [name, members] of sets.all()) {
    yield `${separator}${JSON.stringify(name)}: ${JSON.stringify(members)}`;
    separator = ',\n    ';
  }
  yield '\n  }\n}\n';
}

/** Long lists of names, each told once. */
class SharedNames {
  private readonly references = new Map<number, string>();
  private readonly parts = new Map<NameParts[number], string>();
  private readonly sets: (() => readonly string[])[] = [];

  /** The names of a set as JSON, or the name under which they are told. */
  refer(set: NamedSet): string {
    let text = this.references.get(set.id);
    if (text === undefined) {
      const parts = set.names();
      const count = parts.reduce((sum, part) => sum + part.length, 0);
      text = JSON.stringify(count > mostInline ? [this.add(() => this.shared(set.names()))] : parts.flat());
      this.references.set(set.id, text);
    }
    return text;
  }

  /** Sets by name; those within others come after them. */
  *all(): Generator<readonly [string, readonly string[]]> {
    for (let at = 0; at < this.sets.length; at += 1) yield [`@${at + 1}`, this.sets[at]?.() ?? []];
  }

  private shared(parts: NameParts): readonly string[] {
    if (parts.length === 1) return parts.flat();
    return parts.flatMap((part) => {
      if (part.length < leastShared) return part;
      let name = this.parts.get(part);
      if (name === undefined) {
        name = this.add(() => part);
        this.parts.set(part, name);
      }
      return [name];
    });
  }

  private add(members: () => readonly string[]): string {
    this.sets.push(members);
    return `@${this.sets.length}`;
  }
}

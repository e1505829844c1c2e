import type { Node } from './ast.ts';
import type { Environment } from './environment.ts';
import { CompileError } from './error.ts';
import type { Overload } from './function.ts';
import { dyn, formatType, listOf, mapOf, optionalOf, type Type } from './type.ts';
import type { Substitution } from './unify.ts';

/** Finds the overloads that calls may be of. Source: cel-go checker/checker.go (resolveOverload). */
export class CallResolver {
  /** By node: where types leave more than one, values decide. */
  readonly overloads = new Map<Node, readonly Overload[]>();
  private readonly environment: Environment;
  private readonly substitution: Substitution;

  constructor(environment: Environment, substitution: Substitution) {
    this.environment = environment;
    this.substitution = substitution;
  }

  /** The type of a call's result. Throws a CompileError where no overload takes the arguments. */
  resolveCall(
    node: Node,
    name: string,
    { types, isMember }: { readonly types: readonly Type[]; readonly isMember: boolean },
  ): Type {
    const overloads = this.overloadsNamed(name, node);
    const fitting: Overload[] = [];
    let result: Type | undefined;
    for (const candidate of overloads) {
      if (candidate.isMember !== isMember || candidate.parameters.length !== types.length) continue;
      const own = this.instantiate(candidate);
      if (!this.substitution.assignAll(types, own.parameters)) continue;
      fitting.push(candidate);
      const type = this.substitution.resolve(own.result);
      result = result === undefined || isSameResult(result, type) ? type : dyn;
    }
    if (result === undefined) {
      const newer = this.environment.newer.get(name);
      const fits = newer?.find((candidate) => {
        if (candidate.isMember !== isMember || candidate.parameters.length !== types.length) return false;
        return this.substitution.assignAll(types, this.instantiate(candidate).parameters);
      });
      if (fits !== undefined) throw newerLibrary(name, fits, node);
      return this.noOverload(name, types, node, isMember);
    }
    this.overloads.set(node, fitting);
    return result;
  }

  /** Throws a CompileError where there are none. */
  overloadsNamed(name: string, node: Node): readonly Overload[] {
    const overloads = this.environment.functions.get(name);
    if (overloads !== undefined) return overloads;
    this.refuseNewer(name, node);
    return this.undeclared(name, node);
  }

  /** Throws a CompileError for what only later versions of Kubernetes have. */
  refuseNewer(name: string, node: Node): void {
    const [newer] = this.environment.newer.get(name) ?? [];
    if (newer !== undefined && !this.environment.functions.has(name)) throw newerLibrary(name, newer, node);
  }

  /** Throws a CompileError in the words of cel-go. */
  undeclared(name: string, node: Node): never {
    throw new CompileError(`undeclared reference to '${name}' (in container '')`, node.offset);
  }

  /** Throws a CompileError in the words of cel-go. */
  noOverload(name: string, types: readonly Type[], node: Node, isMember = false): never {
    const [first, ...rest] = types.map((type) => formatType(this.substitution.resolve(type)));
    const applied = isMember ? `${first}.(${rest.join(', ')})` : `(${[first, ...rest].join(', ')})`;
    throw new CompileError(`found no matching overload for '${name}' applied to '${applied}'`, node.offset);
  }

  /** The overload with parameters of its own, so that two calls do not share them. */
  private instantiate(candidate: Overload): { readonly parameters: readonly Type[]; readonly result: Type } {
    const made = new Map<string, Type>();
    const replace = (type: Type): Type => {
      switch (type.kind) {
        case 'parameter': {
          const known = made.get(type.name);
          if (known !== undefined) return known;
          const fresh = this.substitution.fresh();
          made.set(type.name, fresh);
          return fresh;
        }
        case 'list':
          return listOf(replace(type.item));
        case 'map':
          return mapOf(replace(type.key), replace(type.value));
        case 'optional':
          return optionalOf(replace(type.of));
        case 'type':
          return { kind: 'type', of: replace(type.of) };
        default:
          return type;
      }
    };
    return { parameters: candidate.parameters.map(replace), result: replace(candidate.result) };
  }
}

function newerLibrary(name: string, { library, since }: Overload, node: Node): CompileError {
  const message = `'${name}' is of the ${library} library, which Kubernetes has from 1.${since} on`;
  return new CompileError(message, node.offset, since);
}

function isSameResult(left: Type, right: Type): boolean {
  return left.kind === right.kind && formatType(left) === formatType(right);
}

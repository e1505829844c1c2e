import type { Path } from '../../model/path.ts';
import { formatPath } from '../../model/path.ts';
import {
  bool,
  compile,
  createEnvironment,
  dyn,
  type Environment,
  type Expression,
  formatType,
  objectOf,
  string,
  type Type,
  withVariables,
} from '../cel/index.ts';
import type { Condition } from './match-conditions.ts';
import type { PolicyProblem } from './policy-set.ts';
import type { PolicySource, Source, ValidationSource } from './read-policy.ts';
import { requestVariableTypes } from './variables.ts';

/** A policy whose expressions are ready. */
export interface CompiledPolicy {
  readonly source: PolicySource;
  readonly variables: ReadonlyMap<string, Expression>;
  readonly matchConditions: readonly Condition[];
  readonly validations: readonly CompiledValidation[];
  readonly auditAnnotations: readonly {
    readonly key: string;
    readonly expression: Expression;
    readonly text: string;
  }[];
}

export interface CompiledValidation {
  readonly source: ValidationSource;
  readonly expression: Expression;
  readonly messageExpression: Expression | undefined;
}

export interface Compiled {
  /** Undefined where any expression cannot be compiled. */
  readonly policy: CompiledPolicy | undefined;
  readonly problems: readonly PolicyProblem[];
}

const conditionTypes: readonly Type[] = [bool];
const messageTypes: readonly Type[] = [string];
const annotationTypes: readonly Type[] = [string, { kind: 'named', name: 'null_type' }];

/**
 * Compiles what a policy evaluates, as the API server of a minor would when the policy is created.
 * Source: apiserver pkg/admission/plugin/policy/validating/plugin.go (compilePolicy).
 */
export function compilePolicy(source: PolicySource, minor: number | undefined): Compiled {
  const compiler = new PolicyCompiler(source, minor);
  return compiler.compile();
}

class PolicyCompiler {
  private readonly source: PolicySource;
  private readonly minor: number | undefined;
  private readonly problems: PolicyProblem[] = [];
  private readonly base: Environment;
  /** Of the minor before. */
  private readonly older: Environment;

  constructor(source: PolicySource, minor: number | undefined) {
    this.source = source;
    this.minor = minor;
    this.base = createEnvironment({ minor, variables: new Map() });
    this.older = minor === undefined ? this.base : createEnvironment({ minor: minor - 1, variables: new Map() });
  }

  compile(): Compiled {
    const { source } = this;
    const plain = this.declarations();
    const variables = new Map<string, Expression>();
    const types = new Map<string, Type>();
    for (const variable of source.variables) {
      const environment = this.withVariables(plain, types);
      const expression = this.expression(variable.source, environment, undefined);
      if (expression === undefined) continue;
      variables.set(variable.name, expression);
      types.set(variable.name, fieldType(expression.type));
    }
    const full = this.withVariables(plain, types);
    const withoutAuthorizer = new Map(full.variables);
    withoutAuthorizer.delete('authorizer');
    withoutAuthorizer.delete('authorizer.requestResource');
    const forMessages = withVariables(full, withoutAuthorizer);
    // Match conditions cannot ask for variables.
    const forConditions = withVariables(this.base, plain);
    const matchConditions = source.matchConditions.map((condition) => ({
      expression: this.expression(condition.source, forConditions, conditionTypes),
      text: condition.source.expression,
    }));
    const validations = source.validations.map((validation) => ({
      source: validation,
      expression: this.expression(validation.source, full, conditionTypes),
      messageExpression:
        validation.messageExpression && this.expression(validation.messageExpression, forMessages, messageTypes),
    }));
    const auditAnnotations = source.auditAnnotations.map((annotation) => ({
      key: annotation.key,
      expression: this.expression(annotation.source, full, annotationTypes),
      text: annotation.source.expression,
    }));
    if (this.problems.some(({ severity }) => severity === 'error'))
      return { policy: undefined, problems: this.problems };
    return {
      policy: {
        source,
        variables,
        matchConditions: matchConditions.flatMap(({ expression, text }) =>
          expression === undefined ? [] : [{ expression, text }],
        ),
        validations: validations.flatMap(({ expression, ...rest }) =>
          expression === undefined ? [] : [{ ...rest, expression }],
        ),
        auditAnnotations: auditAnnotations.flatMap(({ expression, ...rest }) =>
          expression === undefined ? [] : [{ ...rest, expression }],
        ),
      },
      problems: this.problems,
    };
  }

  private declarations(): ReadonlyMap<string, Type> {
    const variables = new Map(requestVariableTypes);
    if (this.source.paramKind !== undefined) variables.set('params', dyn);
    return variables;
  }

  private withVariables(plain: ReadonlyMap<string, Type>, types: ReadonlyMap<string, Type>): Environment {
    const composed = objectOf('kubernetes.variables', Object.fromEntries(types));
    return withVariables(this.base, new Map([...plain, ['variables', composed]]));
  }

  private expression(
    source: Source,
    environment: Environment,
    types: readonly Type[] | undefined,
  ): Expression | undefined {
    const result = compile(source.expression, environment);
    if (result.kind === 'problem') {
      const { needsMinor } = result.problem;
      const server = needsMinor === undefined ? '' : `; the server is 1.${this.minor}`;
      this.refuse(source, `${result.problem.message}${server}`);
      return undefined;
    }
    const { expression } = result;
    const found = formatType(expression.type);
    if (types === undefined || types.some((type) => formatType(type) === found)) {
      this.warnOfNew(source, environment);
      return expression;
    }
    const wanted = types.map(formatType);
    const message =
      wanted.length === 1
        ? `must evaluate to ${wanted[0]} but got ${found}`
        : `must evaluate to one of [${wanted.join(' ')}] but got ${found}`;
    this.refuse(source, message);
    return undefined;
  }

  /** A server takes new expressions only as far as its last minor would have understood them, too. */
  private warnOfNew(source: Source, environment: Environment): void {
    if (this.minor === undefined) return;
    const result = compile(source.expression, withVariables(this.older, environment.variables));
    if (result.kind !== 'problem' || result.problem.needsMinor === undefined) return;
    const message = `${result.problem.message}; a server of 1.${this.minor} refuses it in a new policy`;
    this.tell(source.path, message, 'warning');
  }

  private refuse({ expression, path }: Source, message: string): void {
    this.tell(path, `cannot be evaluated: ${message}: ${abbreviated(expression)}`, 'error');
  }

  private tell(path: Path, text: string, severity: PolicyProblem['severity']): void {
    const { object } = this.source;
    const message = `${object.kind} ${object.name}: ${formatPath(path)} ${text}`;
    this.problems.push({ object, path, message, severity });
  }
}

const longestQuote = 200;

function abbreviated(expression: string): string {
  const line = expression.replace(/\s+/g, ' ').trim();
  return line.length <= longestQuote ? line : `${line.slice(0, longestQuote)} …`;
}

/** What a variable's type is to others: messages and opaque types become dyn. Source: composition.go. */
function fieldType(type: Type): Type {
  switch (type.kind) {
    case 'list':
      return { kind: 'list', item: fieldType(type.item) };
    case 'map':
      return { kind: 'map', key: fieldType(type.key), value: fieldType(type.value) };
    case 'named':
      return type.name.startsWith('kubernetes.') || type.name.startsWith('net.') ? dyn : type;
    default:
      return dyn;
  }
}

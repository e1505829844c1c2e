import type { AdmissionRequest, ClusterView } from '../../model/admission.ts';
import { type JsonObject, own } from '../../model/json.ts';
import {
  Authorizer,
  type Bindings,
  costLimits,
  EvaluationError,
  type Expression,
  Fields,
  Meter,
  ResourceCheck,
  Stopped,
  type Value,
} from '../cel/index.ts';
import type { Match } from './match-resources.ts';
import type { EvaluateOptions } from './policy-set.ts';
import { askerFor, namespaceValue, requestValue } from './variables.ts';

/** What the variables of expressions are made of. */
export interface Inputs {
  readonly request: AdmissionRequest;
  readonly match: Extract<Match, { kind: 'match' }>;
  readonly params: JsonObject | undefined;
  /** Undefined where expressions are not told the namespace. */
  readonly view: ClusterView | undefined;
  readonly options: EvaluateOptions;
}

/** The policy's own variables, by name. */
export type PolicyVariables = ReadonlyMap<string, Expression>;

/** The variables of an expression, made when they are asked for. */
export class RequestVariables implements Bindings {
  private readonly inputs: Inputs;
  private readonly composed: ComposedVariables | undefined;
  private readonly known: Map<string, Value>;

  constructor(inputs: Inputs, own?: PolicyVariables, known = new Map<string, Value>()) {
    this.inputs = inputs;
    this.known = known;
    this.composed = own === undefined ? undefined : new ComposedVariables(own, this, inputs.options);
  }

  /** With the policy's own variables, none of them evaluated yet. */
  withVariables(own: PolicyVariables): RequestVariables {
    return new RequestVariables(this.inputs, own, this.known);
  }

  /** What the policy's variables cost since this was last asked. */
  takeCost(): number {
    return this.composed?.takeCost() ?? 0;
  }

  get(name: string): Value | undefined {
    if (name === 'variables') return this.composed;
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const made = this.make(name);
    if (made !== undefined) this.known.set(name, made);
    return made;
  }

  private make(name: string): Value | undefined {
    const { request, match, params, options } = this.inputs;
    switch (name) {
      case 'object':
        return converted(request.object, match);
      case 'oldObject':
        return converted(request.oldObject, match);
      case 'params':
        return params ?? null;
      case 'request':
        return requestValue(request, match.resource, match.objectKind);
      case 'namespaceObject':
        return this.namespace();
      case 'authorizer':
        return new Authorizer(askerFor(request.userInfo, options.authorise));
      case 'authorizer.requestResource':
        return new ResourceCheck(new Authorizer(askerFor(request.userInfo, options.authorise)), {
          group: request.resource.group,
          resource: request.resource.resource,
          subresource: request.subResource,
          namespace: request.namespace,
          name: request.name,
        });
      default:
        return undefined;
    }
  }

  /** A namespace is in none, and neither is what belongs to the cluster. */
  private namespace(): Value {
    const { request, view } = this.inputs;
    const isNamespace = request.kind.kind === 'Namespace' && request.kind.group === '';
    if (isNamespace || request.namespace === '' || view === undefined) return null;
    const namespace = view.namespace(request.namespace);
    if (namespace !== undefined) return namespaceValue(namespace);
    throw new EvaluationError(`namespaces ${JSON.stringify(request.namespace)} not found`);
  }
}

/** Under the name that the policy's rule has for it. */
function converted(object: JsonObject | undefined, { objectKind }: Inputs['match']): Value {
  if (object === undefined) return null;
  const apiVersion = objectKind.group === '' ? objectKind.version : `${objectKind.group}/${objectKind.version}`;
  const found = own(object, 'apiVersion');
  // Options of a subresource have a version of their own.
  if (found === apiVersion || own(object, 'kind') !== objectKind.kind) return object;
  return { ...object, apiVersion };
}

/** `variables`: each evaluated once, when it is first asked for. */
class ComposedVariables extends Fields {
  readonly typeName = 'kubernetes.variables';
  private readonly own: PolicyVariables;
  private readonly bindings: Bindings;
  private readonly options: EvaluateOptions;
  private readonly known = new Map<string, Value | EvaluationError>();
  private cost = 0;

  constructor(own: PolicyVariables, bindings: Bindings, options: EvaluateOptions) {
    super();
    this.own = own;
    this.bindings = bindings;
    this.options = options;
  }

  takeCost(): number {
    const { cost } = this;
    this.cost = 0;
    return cost;
  }

  field(name: string): Value | undefined {
    let value = this.known.get(name);
    if (value === undefined) {
      const expression = this.own.get(name);
      if (expression === undefined) return undefined;
      value = this.evaluate(name, expression);
      this.known.set(name, value);
    }
    if (value instanceof EvaluationError) throw value;
    return value;
  }

  private evaluate(name: string, expression: Expression): Value | EvaluationError {
    const meter = new Meter(costLimits.call, this.options.deadline);
    const outcome = expression.evaluate(this.bindings, meter);
    this.cost += meter.cost;
    if (outcome.kind === 'value') return outcome.value;
    if (outcome.kind === 'stopped' && outcome.reason === 'deadline') throw new Stopped('deadline');
    return new EvaluationError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.message}`);
  }
}

import type { JsonObject } from '../../model/json.ts';
import { formatPath, type Path } from '../../model/path.ts';
import { Reader } from '../../model/reader.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type MatchResources, readMatchResources } from './match-resources.ts';
import type { PolicyProblem } from './policy-set.ts';

export type FailurePolicy = 'Fail' | 'Ignore';
export type ValidationAction = 'Deny' | 'Warn' | 'Audit';

/** An expression as it is written, and where. */
export interface Source {
  readonly expression: string;
  readonly path: Path;
}

export interface PolicySource {
  readonly object: KubeObject;
  readonly name: string;
  readonly failurePolicy: FailurePolicy;
  readonly match: MatchResources;
  readonly paramKind: ParamKind | undefined;
  readonly variables: readonly { readonly name: string; readonly source: Source }[];
  readonly matchConditions: readonly { readonly name: string; readonly source: Source }[];
  readonly validations: readonly ValidationSource[];
  readonly auditAnnotations: readonly { readonly key: string; readonly source: Source }[];
}

export interface ParamKind {
  readonly group: string;
  readonly apiVersion: string;
  readonly kind: string;
}

export interface ValidationSource {
  readonly source: Source;
  readonly message: string;
  readonly messageExpression: Source | undefined;
  readonly reason: string;
}

export interface BindingSource {
  readonly object: KubeObject;
  readonly name: string;
  readonly policyName: string;
  /** Undefined where the policy's own matching is all there is. */
  readonly match: MatchResources | undefined;
  readonly actions: readonly ValidationAction[];
  readonly paramRef: ParamRef | undefined;
}

export interface ParamRef {
  readonly name: string;
  readonly namespace: string;
  readonly selector: JsonObject | undefined;
  readonly whenNotFound: 'Allow' | 'Deny';
}

/** What the API server has for each reason; nothing else is a reason. */
export const reasonCodes: ReadonlyMap<string, number> = new Map([
  ['Unauthorized', 401],
  ['Forbidden', 403],
  ['RequestEntityTooLarge', 413],
  ['Invalid', 422],
]);

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const annotationKey = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const mostConditions = 64;
const mostAnnotations = 20;

/** Collects what is wrong with one object: an error keeps it out of the set. */
class Complaints {
  readonly problems: PolicyProblem[] = [];
  private readonly object: KubeObject;

  constructor(object: KubeObject) {
    this.object = object;
  }

  error(path: Path, message: string): void {
    const text = `${this.object.kind} ${this.object.name}: ${formatPath(path)} ${message}`;
    this.problems.push({ object: this.object, path, message: text, severity: 'error' });
  }

  /** What the reader could not make sense of. */
  addMalformed(reader: Reader): void {
    for (const { path, message } of reader.malformed) {
      const text = `${this.object.kind} ${this.object.name}: ${message}`;
      this.problems.push({ object: this.object, path, message: text, severity: 'error' });
    }
  }
}

export interface Read<T> {
  readonly source: T;
  readonly problems: readonly PolicyProblem[];
}

/** Reads a ValidatingAdmissionPolicy. Source: kubernetes pkg/apis/admissionregistration/validation/validation.go. */
export function readPolicy(object: KubeObject): Read<PolicySource> {
  const complaints = new Complaints(object);
  const root = new Reader(object.value, [], []);
  const spec = root.object('spec');
  const failurePolicy = spec.string('failurePolicy') ?? 'Fail';
  if (failurePolicy !== 'Fail' && failurePolicy !== 'Ignore') {
    complaints.error(spec.at('failurePolicy'), `must be Fail or Ignore, found ${JSON.stringify(failurePolicy)}`);
  }
  const constraints = spec.object('matchConstraints');
  const match = readMatchResources(constraints, (path, message) => complaints.error(path, message));
  if (match.rules.length === 0) complaints.error(constraints.at('resourceRules'), 'is empty: a policy needs one');
  const validations = spec.objects('validations').map((reader) => readValidation(reader, complaints));
  const auditAnnotations = spec.objects('auditAnnotations').map((reader) => {
    const key = reader.string('key') ?? '';
    if (key.length > 63 || !annotationKey.test(key)) complaints.error(reader.at('key'), 'must be the name of a key');
    return { key, source: readSource(reader, 'valueExpression', complaints) };
  });
  if (auditAnnotations.length > mostAnnotations) {
    complaints.error(spec.at('auditAnnotations'), `must have at most ${mostAnnotations} items`);
  }
  refuseRepeated(
    auditAnnotations.map(({ key }) => key),
    spec.at('auditAnnotations'),
    complaints,
  );
  if (validations.length === 0 && auditAnnotations.length === 0) {
    complaints.error(spec.at('validations'), 'is empty: a policy needs validations or auditAnnotations');
  }
  const source: PolicySource = {
    object,
    name: object.name,
    failurePolicy: failurePolicy === 'Ignore' ? 'Ignore' : 'Fail',
    match,
    paramKind: readParamKind(spec, complaints),
    variables: readVariables(spec, complaints),
    matchConditions: readMatchConditions(spec, complaints),
    validations,
    auditAnnotations,
  };
  complaints.addMalformed(root);
  return { source, problems: complaints.problems };
}

function readSource(reader: Reader, field: string, complaints: Complaints): Source {
  const expression = reader.string(field) ?? '';
  if (expression.trim() === '') complaints.error(reader.at(field), 'is not set');
  return { expression, path: reader.at(field) };
}

function readValidation(reader: Reader, complaints: Complaints): ValidationSource {
  const message = reader.string('message') ?? '';
  const reason = reader.string('reason') ?? 'Invalid';
  if (!reasonCodes.has(reason)) {
    const known = [...reasonCodes.keys()].join(', ');
    complaints.error(reader.at('reason'), `must be one of ${known}, found ${JSON.stringify(reason)}`);
  }
  if (/[\n\r]/.test(message)) complaints.error(reader.at('message'), 'must not have line breaks');
  const expression = reader.string('messageExpression') ?? '';
  return {
    source: readSource(reader, 'expression', complaints),
    message,
    messageExpression: expression === '' ? undefined : { expression, path: reader.at('messageExpression') },
    reason,
  };
}

function readVariables(spec: Reader, complaints: Complaints): PolicySource['variables'] {
  const variables = spec.objects('variables').map((reader) => {
    const name = reader.string('name') ?? '';
    if (!identifier.test(name)) complaints.error(reader.at('name'), 'must be a CEL identifier');
    return { name, source: readSource(reader, 'expression', complaints) };
  });
  refuseRepeated(
    variables.map(({ name }) => name),
    spec.at('variables'),
    complaints,
  );
  return variables;
}

function readMatchConditions(spec: Reader, complaints: Complaints): PolicySource['matchConditions'] {
  const conditions = spec.objects('matchConditions').map((reader) => {
    const name = reader.string('name') ?? '';
    if (name === '') complaints.error(reader.at('name'), 'is not set');
    return { name, source: readSource(reader, 'expression', complaints) };
  });
  if (conditions.length > mostConditions) {
    complaints.error(spec.at('matchConditions'), `must have at most ${mostConditions} items`);
  }
  refuseRepeated(
    conditions.map(({ name }) => name),
    spec.at('matchConditions'),
    complaints,
  );
  return conditions;
}

function refuseRepeated(names: readonly string[], path: Path, complaints: Complaints): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) complaints.error(path, `names ${JSON.stringify(name)} twice`);
    seen.add(name);
  }
}

function readParamKind(spec: Reader, complaints: Complaints): ParamKind | undefined {
  if (!spec.has('paramKind')) return undefined;
  const reader = spec.object('paramKind');
  const apiVersion = reader.string('apiVersion') ?? '';
  const kind = reader.string('kind') ?? '';
  if (apiVersion === '' || kind === '') complaints.error(reader.path, 'must have apiVersion and kind');
  const slash = apiVersion.indexOf('/');
  return { group: slash === -1 ? '' : apiVersion.slice(0, slash), apiVersion, kind };
}

/** Reads a ValidatingAdmissionPolicyBinding. */
export function readBinding(object: KubeObject): Read<BindingSource> {
  const complaints = new Complaints(object);
  const root = new Reader(object.value, [], []);
  const spec = root.object('spec');
  const policyName = spec.string('policyName') ?? '';
  if (policyName === '') complaints.error(spec.at('policyName'), 'is not set');
  const match = spec.has('matchResources')
    ? readMatchResources(spec.object('matchResources'), (path, message) => complaints.error(path, message))
    : undefined;
  const source: BindingSource = {
    object,
    name: object.name,
    policyName,
    match,
    actions: readActions(spec, complaints),
    paramRef: readParamRef(spec, object, complaints),
  };
  complaints.addMalformed(root);
  return { source, problems: complaints.problems };
}

function readActions(spec: Reader, complaints: Complaints): readonly ValidationAction[] {
  const actions: ValidationAction[] = [];
  const path = spec.at('validationActions');
  for (const action of spec.strings('validationActions')) {
    if (action !== 'Deny' && action !== 'Warn' && action !== 'Audit') {
      complaints.error(path, `must have Deny, Warn and Audit only, found ${JSON.stringify(action)}`);
    } else if (actions.includes(action)) {
      complaints.error(path, `names ${action} twice`);
    } else {
      actions.push(action);
    }
  }
  if (actions.length === 0) complaints.error(path, 'is empty: a binding needs one');
  if (actions.includes('Deny') && actions.includes('Warn')) complaints.error(path, 'must not have both Deny and Warn');
  return actions;
}

function readParamRef(spec: Reader, object: KubeObject, complaints: Complaints): ParamRef | undefined {
  if (!spec.has('paramRef')) return undefined;
  const reader = spec.object('paramRef');
  const name = reader.string('name') ?? '';
  const selector = reader.has('selector') ? reader.object('selector').raw : undefined;
  if ((name === '') === (selector === undefined)) complaints.error(reader.path, 'must have either name or selector');
  const whenNotFound = reader.string('parameterNotFoundAction');
  // The first version of the API did not have the field.
  const isNeeded = !object.apiVersion.endsWith('/v1alpha1');
  if (whenNotFound !== 'Allow' && whenNotFound !== 'Deny' && (isNeeded || whenNotFound !== undefined)) {
    complaints.error(reader.at('parameterNotFoundAction'), 'must be Allow or Deny');
  }
  return {
    name,
    namespace: reader.string('namespace') ?? '',
    selector,
    whenNotFound: whenNotFound === 'Allow' ? 'Allow' : 'Deny',
  };
}

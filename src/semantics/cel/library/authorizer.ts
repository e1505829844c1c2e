import { fail } from '../error.ts';
import { type Library, overload } from '../function.ts';
import { Opaque, type Value } from '../value.ts';

/** What a check asks, of the user who makes the request or of a service account. */
export type AccessQuestion =
  | {
      readonly account: ServiceAccountName | undefined;
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly account: ServiceAccountName | undefined; readonly verb: string; readonly path: string };

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** Who answers for the cluster's authoriser. `unknown` ends the expression with an error that gives the reason. */
export type Ask = (question: AccessQuestion) => {
  readonly answer: 'allowed' | 'denied' | 'unknown';
  readonly reason: string;
};

abstract class Check extends Opaque {
  equals(other: Value): boolean {
    return other === this;
  }
}

/** The variable `authorizer`. */
export class Authorizer extends Check {
  readonly typeName = 'kubernetes.authorization.Authorizer';
  readonly ask: Ask;
  readonly account: ServiceAccountName | undefined;

  constructor(ask: Ask, account?: ServiceAccountName) {
    super();
    this.ask = ask;
    this.account = account;
  }
}

class PathCheck extends Check {
  readonly typeName = 'kubernetes.authorization.PathCheck';
  readonly authorizer: Authorizer;
  readonly path: string;

  constructor(authorizer: Authorizer, path: string) {
    super();
    this.authorizer = authorizer;
    this.path = path;
  }
}

class GroupCheck extends Check {
  readonly typeName = 'kubernetes.authorization.GroupCheck';
  readonly authorizer: Authorizer;
  readonly group: string;

  constructor(authorizer: Authorizer, group: string) {
    super();
    this.authorizer = authorizer;
    this.group = group;
  }
}

interface ResourceFields {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Also the variable `authorizer.requestResource`. */
export class ResourceCheck extends Check {
  readonly typeName = 'kubernetes.authorization.ResourceCheck';
  readonly authorizer: Authorizer;
  readonly fields: ResourceFields;

  constructor(authorizer: Authorizer, fields: ResourceFields) {
    super();
    this.authorizer = authorizer;
    this.fields = fields;
  }

  with(fields: Partial<ResourceFields>): ResourceCheck {
    return new ResourceCheck(this.authorizer, { ...this.fields, ...fields });
  }
}

class Decision extends Check {
  readonly typeName = 'kubernetes.authorization.Decision';
  readonly isAllowed: boolean;
  readonly reason: string;

  constructor(isAllowed: boolean, reason: string) {
    super();
    this.isAllowed = isAllowed;
    this.reason = reason;
  }
}

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

function serviceAccount({ ask }: Authorizer, namespace: string, name: string): Authorizer {
  const isName = name.length <= 253 && name.split('.').every((part) => dnsLabel.test(part));
  if (!isName) return fail('Invalid service account name');
  if (namespace.length > 63 || !dnsLabel.test(namespace)) return fail('Invalid service account namespace');
  return new Authorizer(ask, { namespace, name });
}

function named(text: string, what: string): string {
  return text.trim() === '' ? fail(`${what} must not be empty`) : text;
}

function decide(authorizer: Authorizer, question: AccessQuestion): Decision {
  const { answer, reason } = authorizer.ask(question);
  if (answer === 'unknown') return fail(`who may do this is not known: ${reason}`);
  return new Decision(answer === 'allowed', reason);
}

/** Kubernetes counts a check as two fifths of what one expression may cost. */
const check = { cost: () => 350_000 };

const authorization = 'kubernetes.authorization';
const [authorizer, path, group, resource, decision] = [
  `${authorization}.Authorizer`,
  `${authorization}.PathCheck`,
  `${authorization}.GroupCheck`,
  `${authorization}.ResourceCheck`,
  `${authorization}.Decision`,
];

/** Kubernetes 1.27. Source: apiserver pkg/cel/library/authz.go. */
export const authorizers: Library = {
  name: 'authorizer',
  since: 27,
  overloads: [
    overload(`${authorizer}..path(string): ${path}`, {
      run: (receiver: Authorizer, text: string) => new PathCheck(receiver, named(text, 'path')),
    }),
    overload(`${authorizer}..group(string): ${group}`, {
      run: (receiver: Authorizer, text: string) => new GroupCheck(receiver, text),
    }),
    overload(`${authorizer}..serviceAccount(string, string): ${authorizer}`, { run: serviceAccount }),
    overload(`${group}..resource(string): ${resource}`, {
      run: (receiver: GroupCheck, text: string) =>
        new ResourceCheck(receiver.authorizer, {
          group: receiver.group,
          resource: named(text, 'resource'),
          subresource: '',
          namespace: '',
          name: '',
        }),
    }),
    overload(`${resource}..subresource(string): ${resource}`, {
      run: (receiver: ResourceCheck, subresource: string) => receiver.with({ subresource }),
    }),
    overload(`${resource}..namespace(string): ${resource}`, {
      run: (receiver: ResourceCheck, namespace: string) => receiver.with({ namespace }),
    }),
    overload(`${resource}..name(string): ${resource}`, {
      run: (receiver: ResourceCheck, name: string) => receiver.with({ name }),
    }),
    overload(`${path}..check(string): ${decision}`, {
      run: (receiver: PathCheck, verb: string) =>
        decide(receiver.authorizer, { account: receiver.authorizer.account, verb, path: receiver.path }),
      ...check,
    }),
    overload(`${resource}..check(string): ${decision}`, {
      run: (receiver: ResourceCheck, verb: string) =>
        decide(receiver.authorizer, { account: receiver.authorizer.account, verb, ...receiver.fields }),
      ...check,
    }),
    overload(`${decision}..allowed(): bool`, { run: ({ isAllowed }: Decision) => isAllowed }),
    overload(`${decision}..reason(): string`, { run: ({ reason }: Decision) => reason }),
    overload(`${decision}..errored(): bool`, { run: () => false }),
    overload(`${decision}..error(): string`, { run: () => '' }),
  ],
};

/** Kubernetes 1.31. RBAC does not look at selectors, and a check without one asks for at least as much. */
export const authorizerSelectors: Library = {
  name: 'authorizer selectors',
  since: 31,
  overloads: ['fieldSelector', 'labelSelector'].map((name) =>
    overload(`${resource}..${name}(string): ${resource}`, { run: (receiver: ResourceCheck) => receiver }),
  ),
};

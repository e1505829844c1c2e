import type { ComponentStanding, SecretReading } from '../facts/rbac-components.ts';
import { bindingJson, objectJson, ruleJson } from './rbac-json.ts';
import { objectText, ruleText, table } from './rbac-text.ts';
import type { Style } from './style.ts';

/** What each component of the control plane was given, as a table; nothing where no binding of theirs was read. */
export function componentsText(standings: readonly ComponentStanding[], style: Style): string {
  if (standings.length === 0) return '';
  const rows = standings.map((standing) => [
    ...[standing.component, standing.identity, secretsText(standing), beyondText(standing)],
  ]);
  return `\n${table(['COMPONENT', 'IDENTITY', 'SECRETS IT CAN READ', 'BEYOND WHAT KUBERNETES GIVES IT'], rows, style)}`;
}

function secretsText({ identity, secrets, bindings }: ComponentStanding): string {
  if (secrets.length === 0) {
    const ofPods = isNode(identity) ? '; the node authorizer gives it those of its pods' : '';
    return `none, by any of ${bindings} bindings${ofPods}`;
  }
  const all = secrets.filter(({ namespace, names }) => namespace === undefined && names.length === 0);
  const told = all.length > 0 ? all : secrets;
  // What it is given besides does not become its task by what it is given anyway.
  const more = secrets.filter(({ isShipped }) => !isShipped);
  const by = new Set(more.map(({ binding }) => objectText(binding.object)));
  const why = more.length === 0 ? ', as Kubernetes gives it' : `, which Kubernetes does not give it: ${few([...by])}`;
  return `${all.length > 0 ? 'all' : few([...new Set(told.map(readingText))])}${why}`;
}

function isNode(identity: string): boolean {
  return identity === 'system:nodes' || identity.startsWith('system:node:');
}

function readingText({ namespace, names }: SecretReading): string {
  const where = namespace === undefined ? 'everywhere' : `in ${namespace}`;
  return names.length === 0 ? where : `${names.slice(0, 3).join(', ')} ${where}`;
}

function beyondText({ beyond, added }: ComponentStanding): string {
  const parts = [
    ...beyond.map(({ object, role }) => `${role.kind} ${role.name} by ${objectText(object)}`),
    ...added.map(({ role, rules }) => `what was added to ${objectText(role)}: ${few(rules.map(ruleText))}`),
  ];
  return parts.length === 0 ? 'nothing' : few(parts);
}

function few(words: readonly string[]): string {
  return `${words.slice(0, 3).join('; ')}${words.length > 3 ? ` and ${words.length - 3} more` : ''}`;
}

export function componentJson(standing: ComponentStanding): object {
  const { component, identity, bindings, secrets, beyond, added } = standing;
  return {
    ...{ component, identity, bindings },
    secrets: secrets.map(({ verb, namespace, names, binding, isShipped }) => ({
      ...{ verb, namespace: namespace ?? null, names, isShipped, binding: bindingJson(binding) },
    })),
    beyond: beyond.map(bindingJson),
    added: added.map(({ role, rules }) => ({ role: objectJson(role, ['rules']), rules: rules.map(ruleJson) })),
  };
}

import type { ComponentStanding, SecretReading } from '../facts/rbac-components.ts';
import { bindingJson } from './rbac-json.ts';
import { objectText, table } from './rbac-text.ts';
import type { Style } from './style.ts';

/** What each component of the control plane was given, as a table; nothing where no binding of theirs was read. */
export function componentsText(standings: readonly ComponentStanding[], style: Style): string {
  if (standings.length === 0) return '';
  const rows = standings.map((standing) => [
    ...[standing.component, standing.identity, secretsText(standing), beyondText(standing)],
  ]);
  return `\n${table(['COMPONENT', 'IDENTITY', 'SECRETS IT CAN READ', 'BEYOND WHAT KUBERNETES GIVES IT'], rows, style)}`;
}

function secretsText({ identity, secrets, bindings, needsSecrets }: ComponentStanding): string {
  if (secrets.length === 0) {
    const ofPods = isNode(identity) ? '; the node authorizer gives it those of its pods' : '';
    return `none, by any of ${bindings} bindings${ofPods}`;
  }
  const all = secrets.some(({ namespace, names }) => namespace === undefined && names.length === 0);
  const shipped = needsSecrets ? ', as its task asks' : '';
  if (all) return `all${shipped}`;
  return `${[...new Set(secrets.map(readingText))].slice(0, 3).join('; ')}${shipped}`;
}

function isNode(identity: string): boolean {
  return identity === 'system:nodes' || identity.startsWith('system:node:');
}

function readingText({ namespace, names }: SecretReading): string {
  const where = namespace === undefined ? 'everywhere' : `in ${namespace}`;
  return names.length === 0 ? where : `${names.slice(0, 3).join(', ')} ${where}`;
}

function beyondText({ beyond }: ComponentStanding): string {
  if (beyond.length === 0) return 'nothing';
  const shown = beyond.slice(0, 3).map(({ object, role }) => `${role.kind} ${role.name} by ${objectText(object)}`);
  return `${shown.join('; ')}${beyond.length > 3 ? ` and ${beyond.length - 3} more` : ''}`;
}

export function componentJson(standing: ComponentStanding): object {
  const { component, identity, bindings, secrets, beyond } = standing;
  return {
    ...{ component, identity, bindings },
    secrets: secrets.map(({ verb, namespace, names, binding }) => ({
      ...{ verb, namespace: namespace ?? null, names, binding: bindingJson(binding) },
    })),
    beyond: beyond.map(bindingJson),
  };
}

import type { DerivedField } from './field.ts';
import { identityOf } from './identity.ts';

/** Who asked. */
export const actorFields: readonly DerivedField[] = [
  row(
    'actor',
    'the user; for what a controller made, whoever changed the workload; absent where authentication failed',
    ({ actor }) => actor.name || undefined,
  ),
  row(
    'actor.kind',
    '`person`, `service-account`, `node`, `component` (any other `system:` name), `bootstrap`, `anonymous`, `unauthenticated`',
    ({ actor }) => actor.kind,
  ),
  row(
    'actor.trusted',
    'whether it is an identity of the control plane by name and provenance, or one that the settings trust',
    (view) => view.isTrusted,
  ),
  row('actor.namespace', 'of a service account', ({ actor }) => actor.namespace),
  row('actor.serviceAccount', 'its name within the namespace', ({ actor }) => actor.serviceAccount),
  row('actor.node', 'of a node: its name', ({ actor }) => actor.node),
  row('actor.groups', 'its groups', ({ actorGroups }) => actorGroups),
  row('actor.attributed', 'whether a controller did it on behalf of the actor', ({ changer }) => changer !== undefined),
  row('impersonated', 'whom the user acted as', ({ event }) => event.impersonated?.name),
  row('impersonated.kind', 'as `actor.kind`', ({ event }) =>
    event.impersonated === undefined ? undefined : identityOf(event.impersonated.name).kind,
  ),
  row('impersonated.namespace', 'of a service account', ({ event }) =>
    event.impersonated === undefined ? undefined : identityOf(event.impersonated.name).namespace,
  ),
];

function row(name: string, about: string, read: DerivedField['read']): DerivedField {
  return { name, known: name.startsWith('impersonated') ? 'header' : 'caller', level: 'Metadata', about, read };
}

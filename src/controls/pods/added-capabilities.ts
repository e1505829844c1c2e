import type { Container } from '../../model/container.ts';
import { type Edit, edit } from '../../model/edit.ts';
import type { Severity } from '../../model/severity.ts';
import { fail, pass, type Verdict } from '../../model/verdict.ts';
import { addedCapabilities, type CapabilityClass } from './capability-class.ts';

const list = ['securityContext', 'capabilities', 'add'] as const;

/** Fails where a container adds capabilities of a class, naming them; `severityOf` may weigh them. */
export function checkAdded(
  container: Container,
  wanted: CapabilityClass,
  severityOf?: (names: readonly string[]) => Severity | undefined,
): Verdict {
  const names = addedCapabilities(container, wanted);
  if (names.length === 0) return pass;
  const noun = names.length === 1 ? 'the capability' : 'the capabilities';
  const severity = severityOf?.(names);
  const more = { items: names, ...(severity !== undefined && { severity }) };
  return fail(`container ${container.name} adds ${noun} ${names.join(', ')}`, container.at(...list), more);
}

/** Takes the capabilities of a class off the list of added ones. */
export function removeAdded(container: Container, wanted: CapabilityClass): readonly Edit[] {
  return [edit.removeItems(container.at(...list), addedCapabilities(container, wanted))];
}

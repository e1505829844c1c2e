import type { NodeFiles } from '../../facts/node-files.ts';
import { isList, isObject, type Json, own } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { parseYaml } from '../../yaml/parse.ts';
import { splitDocuments } from '../../yaml/split.ts';

/**
 * The user id that a component runs as: of its process, else what the static pod's manifest or the unit says; root where
 * they say nothing. Undefined where a unit names a user that the node's files do not know.
 */
export function userOf(component: NodeComponent, files: NodeFiles): number | undefined {
  const { pid, by } = component.start;
  const running = pid === undefined ? undefined : files.node.processes.find((each) => each.pid === pid);
  if (running?.uid !== undefined) return running.uid;
  if (by === undefined) return undefined;
  const text = files.access.find(by.file)?.text;
  if (text === undefined) return undefined;
  return by.kind === 'static-pod' ? userOfPod(text) : userOfUnit(text, files);
}

/** The users that components run as. A control plane without root owns the files that it uses. */
export function componentUsers(files: NodeFiles): readonly number[] {
  return files.components.flatMap((each) => userOf(each, files) ?? []);
}

/** `runAsUser` of the container, else of the pod; images of the control plane run as root when neither says anything. */
function userOfPod(text: string): number | undefined {
  if (!text.includes('runAsUser')) return 0;
  const [document] = splitDocuments(text);
  if (document === undefined) return undefined;
  let pod: Json;
  try {
    pod = parseYaml(text.slice(document.start, document.end), document.line, document.column).value;
  } catch {
    return undefined;
  }
  const spec = field(pod, 'spec');
  const containers = field(spec, 'containers');
  const [first] = isList(containers) ? containers : [];
  for (const holder of [first, spec]) {
    const user = field(field(holder, 'securityContext'), 'runAsUser');
    if (typeof user === 'number') return user;
  }
  return 0;
}

function userOfUnit(text: string, files: NodeFiles): number | undefined {
  let user: string | undefined;
  for (const [, value] of text.matchAll(/^[ \t]*User[ \t]*=[ \t]*(\S*)[ \t]*$/gm)) user = value;
  if (user === undefined || user === '') return 0;
  return /^\d+$/.test(user) ? Number(user) : files.access.names.uidOf(user);
}

function field(value: Json | undefined, name: string): Json | undefined {
  return value !== undefined && isObject(value) ? own(value, name) : undefined;
}

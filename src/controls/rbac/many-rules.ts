import { isList, own } from '../../model/json.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { isDefaultRole } from '../../semantics/rbac/default-objects.ts';
import { isOfRbac } from '../../semantics/rbac/role-book.ts';
import { control } from '../control.ts';
import { clusterRole } from './example-grants.ts';
import { roleKinds } from './grant-judging.ts';

const noRole = notApplicable('it is no role');
/** Nine times as many as the largest role of Kubernetes itself has. */
const most = 200;

const rule = '{apiGroups: [""], resources: [pods], verbs: [get]}';
const withRules = (count: number): string => `${clusterRole(rule)}${`  - ${rule}\n`.repeat(count - 1)}`;

export default control({
  id: 'rbac/many-rules',
  title: 'Roles are short enough to be read',
  severity: 'info',
  subject: 'object',
  kinds: roleKinds,
  why: 'Nobody sees in a role of hundreds of rules what it gives.',
  remedy: 'Split the role by task, and take out what nobody uses: bulwark rbac tighten tells.',
  check: ({ object }) => {
    if ((object.kind !== 'Role' && object.kind !== 'ClusterRole') || !isOfRbac(object)) return noRole;
    const rules = own(object.value, 'rules');
    if (!isList(rules) || rules.length <= most || isDefaultRole(object)) return pass;
    return fail(`it has ${rules.length} rules`, ['rules']);
  },
  examples: { fail: [withRules(most + 1)], pass: [withRules(most)] },
});

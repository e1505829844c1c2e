import { isObject, type Json, own } from '../../model/json.ts';
import { objectsIn, stringsIn } from '../../model/json-list.ts';
import { fail } from '../../model/verdict.ts';
import { podRules, served, webhook } from './examples.ts';
import { guardedBy, webhookControl } from './webhook-control.ts';

/** Labels that the API server sets, or that Pod Security guards; others are for whoever may write the object. */
const setByServer: ReadonlySet<string> = new Set(['kubernetes.io/metadata.name']);

export default webhookControl({
  id: 'admission/user-labels',
  title: 'Nobody labels an object past the webhook that guards it',
  severity: 'medium',
  why: 'Whoever writes an object chooses its labels: a selector on them lets people decide for themselves whether they are checked.',
  remedy: 'Take objectSelector out, and leave out namespaces by kubernetes.io/metadata.name, which nobody can set.',
  judge: (webhook) => {
    if (webhook.kind !== 'validating' || guardedBy(webhook) === undefined) return undefined;
    const ofObject = selectedBy(own(webhook.raw, 'objectSelector'));
    if (ofObject !== undefined) {
      const message = `webhook ${webhook.name} is not asked about objects ${ofObject.says}, which whoever writes them decides`;
      return fail(message, [...webhook.path, 'objectSelector']);
    }
    const ofNamespace = selectedBy(own(webhook.raw, 'namespaceSelector'));
    if (ofNamespace === undefined || !ofNamespace.isOut) return undefined;
    const message = `webhook ${webhook.name} is not asked about namespaces ${ofNamespace.says}: whoever may label a namespace decides`;
    return fail(message, [...webhook.path, 'namespaceSelector'], { severity: 'low' });
  },
  examples: {
    fail: [
      webhook(`${served}, ${podRules}, objectSelector: {matchExpressions: [{key: skip, operator: DoesNotExist}]}`),
      webhook(`${served}, ${podRules}, objectSelector: {matchLabels: {guarded: "yes"}}`),
      webhook(
        `${served}, ${podRules}, namespaceSelector: {matchExpressions: [{key: guard, operator: NotIn, values: [ignore]}]}`,
      ),
    ],
    pass: [
      webhook(`${served}, ${podRules}, objectSelector: {}`),
      webhook(
        `${served}, ${podRules}, objectSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}`,
        'Mutating',
      ),
      webhook(
        `${served}, ${podRules}, namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}`,
      ),
    ],
  },
});

interface Selected {
  /** `with label skip`, `without label guarded`: those that are left out. */
  readonly says: string;
  /** Whether a label takes an object out; else it is one that puts it in. */
  readonly isOut: boolean;
}

/** The first term of a selector by which a label decides; undefined where it takes everything, or only what nobody sets. */
function selectedBy(selector: Json | undefined): Selected | undefined {
  if (!isObject(selector)) return undefined;
  for (const term of objectsIn(own(selector, 'matchExpressions'))) {
    const [key, operator] = [own(term, 'key'), own(term, 'operator')];
    if (typeof key !== 'string' || setByServer.has(key)) continue;
    if (operator === 'DoesNotExist') return { says: `with label ${key}`, isOut: true };
    if (operator === 'NotIn')
      return { says: `with label ${key}: ${stringsIn(own(term, 'values')).join(' or ')}`, isOut: true };
    return { says: `without label ${key}`, isOut: false };
  }
  const labels = own(selector, 'matchLabels');
  const key = isObject(labels) ? Object.keys(labels).find((each) => !setByServer.has(each)) : undefined;
  return key === undefined ? undefined : { says: `without label ${key}`, isOut: false };
}

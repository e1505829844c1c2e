import type { ChainResult, ChainStep } from '../admission/simulate.ts';
import type { AdmissionUser, Denial } from '../model/admission.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { placeText } from './rbac-text.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

/** What admission says to one object, and to the pods that are made of it. */
export interface SimulatedObject {
  readonly object: KubeObject;
  readonly result: ChainResult;
  /** Undefined where none are made, or where the object is refused. */
  readonly pods: ChainResult | undefined;
}

export interface AdmitReport {
  /** Undefined where the version is not known: the newest is imitated. */
  readonly minor: number | undefined;
  readonly user: AdmissionUser;
  readonly objects: readonly SimulatedObject[];
  readonly notes: readonly string[];
}

/** For people: what is let in takes a line, what is refused says all that speaks against it. */
export function admitText({ minor, user, objects, notes }: AdmitReport, style: Style): string {
  const server = minor === undefined ? 'the newest version that is known' : `v1.${minor}`;
  const lines = [
    style.faint(`Admission of ${server}, asked by ${visible(user.username)} (${visible(user.groups.join(', '))})`),
  ];
  for (const { object, result, pods } of objects) {
    const { request } = result;
    const namespace = request.namespace === '' || object.kind === 'Namespace' ? '' : `${request.namespace}/`;
    const name = visible(`${object.kind} ${namespace}${object.name}`);
    const asked = request.operation === 'UPDATE' ? ' (update)' : '';
    lines.push(
      '',
      `${style.strong(name)}${asked}: ${verdictOf(result, style)}  ${style.faint(visible(placeText(object, [])))}`,
    );
    lines.push(...stepLines(result, style));
    if (pods === undefined) continue;
    const maker = visible(pods.request.userInfo.username);
    lines.push(`  its pods, made by ${maker}: ${verdictOf(pods, style)}`);
    lines.push(...stepLines(pods, style).map((line) => `  ${line}`));
  }
  if (notes.length > 0) lines.push('', ...notes.map((note) => style.faint(`note: ${visible(note)}`)));
  lines.push('', summaryOf(objects));
  return `${lines.join('\n')}\n`;
}

function verdictOf({ allowed, answer, steps }: ChainResult, style: Style): string {
  if (answer !== undefined) return style.alarming(`refused by ${visible(answer.stage)}`);
  const asked = steps.filter(({ outcome }) => outcome === 'not-known').length;
  if (allowed && asked > 0)
    return style.good(`let in, unless ${asked === 1 ? 'a webhook refuses' : `one of ${asked} webhooks refuses`} it`);
  return style.good('let in');
}

function stepLines({ steps, answer }: ChainResult, style: Style): readonly string[] {
  const lines: string[] = [];
  for (const step of steps) {
    const said = [
      ...step.denials.map((denial) => denialLine(denial, { step, answer, style })),
      ...step.patch.map((operation) =>
        visible(`sets ${operation.path} to ${short(JSON.stringify('value' in operation ? operation.value : null))}`),
      ),
      ...step.warnings.map((text) => `warns: ${visible(text)}`),
      ...step.notes.map(visible),
    ];
    if (said.length === 0) continue;
    lines.push(`  ${visible(step.stage)} (${step.phase})`);
    for (const text of said) lines.push(`    ${text}`);
  }
  return lines;
}

/** The API server answers with the first refusal and asks no further; what comes after it comes to light one by one. */
function denialLine(
  denial: Denial,
  { step, answer, style }: { readonly step: ChainStep; readonly answer: ChainResult['answer']; readonly style: Style },
): string {
  const text = visible(
    denial.message.includes(denial.policy) ? denial.message : `${denial.message} (${denial.policy})`,
  );
  const isAnswer =
    answer?.denial === denial || (answer?.stage === step.stage && answer.denial.message === denial.message);
  return `${isAnswer ? style.alarming('refuses') : 'would refuse, too'}: ${text}`;
}

function short(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

function summaryOf(objects: readonly SimulatedObject[]): string {
  const refused = objects.filter(({ result }) => !result.allowed).length;
  const silent = objects.filter(({ result, pods }) => result.allowed && pods?.allowed === false).length;
  const counted = `${objects.length} ${objects.length === 1 ? 'object' : 'objects'}: ${objects.length - refused - silent} let in, ${refused} refused`;
  return silent === 0 ? counted : `${counted}, ${silent} let in whose pods would be refused`;
}

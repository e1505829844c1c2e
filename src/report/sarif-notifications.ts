import type { ControlError, Judgement } from '../engine/judge.ts';
import { unreadIn } from '../engine/unread.ts';
import type { Gap, SkippedInput } from '../model/snapshot.ts';
import { sortErrors, sortGaps, sortNotices, sortSkipped } from './order.ts';
import { artifactLocation, fileLocation, logicalLocation, region } from './sarif-locations.ts';
import { sarifMessage } from './sarif-message.ts';
import { errorText } from './summary.ts';

/** What a run may have to say about itself, by id: gaps in the evidence, inputs that were left out, own defects. */
const descriptions = {
  'gap/unreadable': 'An input cannot be read.',
  'gap/malformed': 'An object has a field of the wrong type.',
  'gap/forbidden': 'The API server forbids reading a resource.',
  'gap/unavailable': 'An API cannot be reached.',
  'gap/interrupted': 'A list ended before it was complete.',
  'gap/too-large': 'An input is larger than the limit.',
  'gap/render-failed': 'A chart or overlay cannot be rendered.',
  'input/unparsable': 'A document is not valid YAML or JSON.',
  'input/unrendered': 'A template was not rendered.',
  'control/error': 'A control failed: a defect of the tool.',
  'exception/notice': 'An exception does not do what its author meant, or is no longer needed.',
} as const satisfies Record<`gap/${Gap['code']}`, string> & Record<string, string>;

type NotificationId = keyof typeof descriptions;

const ids = Object.keys(descriptions);

/** The driver's notification descriptors, in the order that notifications refer to them. */
export const notificationDescriptors: readonly unknown[] = Object.entries(descriptions).map(([id, text]) => ({
  id,
  shortDescription: { text },
}));

/** Everything that makes the run less than complete, as SARIF notifications (3.58). */
export function* notifications(judgement: Judgement, ruleIndex: ReadonlyMap<string, number>): Generator<unknown> {
  for (const error of sortErrors(judgement.errors)) yield errorNotification(error, ruleIndex);
  for (const gap of sortGaps(judgement.gaps)) yield gapNotification(gap, 'warning');
  for (const gap of sortGaps(unreadIn(judgement))) yield gapNotification(gap, 'note');
  for (const input of sortSkipped(judgement.inputs.skipped)) {
    if (input.bucket !== 'not-applicable') yield inputNotification(input);
  }
  for (const { place, message } of sortNotices(judgement.notices ?? [])) {
    const text = sarifMessage(`${place}: ${message}`);
    yield { descriptor: descriptor('exception/notice'), level: 'note', message: text };
  }
}

function descriptor(id: NotificationId): unknown {
  return { id, index: ids.indexOf(id) };
}

function errorNotification({ control, subject, error }: ControlError, ruleIndex: ReadonlyMap<string, number>): unknown {
  const { file, positions } = subject.object.source;
  const from = positions === undefined ? 'cluster' : 'file';
  return {
    descriptor: descriptor('control/error'),
    associatedRule: { id: control.id, index: ruleIndex.get(control.id) ?? -1 },
    level: 'error',
    message: sarifMessage(`control ${control.id} failed: ${errorText(error)}`),
    locations: [
      {
        physicalLocation: { artifactLocation: artifactLocation({ file, source: from }) },
        logicalLocations: [logicalLocation(subject, subject.object)],
      },
    ],
  };
}

function gapNotification({ code, what, reason, hint, region: at, rule }: Gap, level: 'warning' | 'note'): unknown {
  return {
    descriptor: descriptor(`gap/${code}`),
    level,
    message: sarifMessage(sentences(`${what}: ${reason}`, hint)),
    ...(at && { locations: [{ physicalLocation: { artifactLocation: fileLocation(what), ...region(at) } }] }),
    ...(rule && { properties: { rule } }),
  };
}

function inputNotification({ file, line, column, bucket, reason, hint }: SkippedInput): unknown {
  const at = { ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
  return {
    descriptor: descriptor(bucket === 'unparsable' ? 'input/unparsable' : 'input/unrendered'),
    level: bucket === 'unparsable' ? 'warning' : 'note',
    message: sarifMessage(sentences(`${file}: ${reason}`, hint)),
    locations: [{ physicalLocation: { artifactLocation: fileLocation(file), ...region(at) } }],
  };
}

function sentences(first: string, hint: string | undefined): string {
  return hint === undefined ? first : `${first} (${hint})`;
}

import { copySubject, eventSubject, type PartitionName, pieceBytes } from './names.ts';

/**
 * `event`: one audit event, whole or a piece of it. `tick`: events have come to this time, and incidents that were over
 * by then are told. `end`: the log has ended.
 */
export type Kind = 'event' | 'tick' | 'end';

/** What a publisher tells a partition. */
export interface Message {
  readonly partition: PartitionName;
  /** From 1, without a gap, of one publisher and partition. */
  readonly number: number;
  /** Of the user whom the partition is for; undefined where the partition is told besides. */
  readonly token?: string;
  readonly kind: Kind;
  /** Of the pieces that an event is cut to: how many are still to come. */
  readonly left: number;
  readonly body: Buffer;
}

export const headerName = 'Bulwark';

export interface Header extends Pick<Message, 'partition' | 'number' | 'kind' | 'left'> {
  readonly publisher: string;
  /** All numbers below were in the stream when this was sent. */
  readonly floor: number;
}

export function headerText({ publisher, partition, number, floor, kind, left }: Header): string {
  return [publisher, partition, number, floor, kind, left].join(' ');
}

/** Undefined for a message that is none of ours. */
export function readHeader(text: string | undefined): Header | undefined {
  const match = /^(\w{1,64}) (\d{1,4}|shared) (\d{1,15}) (\d{1,15}) (event|tick|end) (\d{1,6})$/.exec(text ?? '');
  if (match === null) return undefined;
  const [, publisher = '', partition = '', number, floor, kind, left] = match;
  return {
    publisher,
    partition,
    number: Number(number),
    floor: Number(floor),
    kind: kind === 'tick' || kind === 'end' ? kind : 'event',
    left: Number(left),
  };
}

export function subjectOf({ token, partition }: Message): string {
  return token === undefined ? copySubject(partition) : eventSubject(token);
}

/** Cuts what a server would not take in one message. */
export function* piecesOf(body: Buffer): Iterable<{ readonly left: number; readonly body: Buffer }> {
  const count = Math.max(1, Math.ceil(body.length / pieceBytes));
  for (let index = 0; index < count; index += 1) {
    yield { left: count - 1 - index, body: body.subarray(index * pieceBytes, (index + 1) * pieceBytes) };
  }
}

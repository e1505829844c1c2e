import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { Journal } from '../journal.ts';
import { replaceFile } from '../replace-file.ts';
import type { Position } from '../sources/source.ts';
import type { Kind, Message } from './message.ts';

/** Bytes above which what is in the stream is left out of the log. */
const packAbove = 8 * 1024 * 1024;

/** What one batch of a source comes to. */
export interface Frame {
  readonly messages: readonly Message[];
  readonly position: Position | undefined;
  /** Of the router, where it has changed. */
  readonly router?: Json;
  /** Event time of the last tick, in milliseconds since 1970. */
  readonly ticked: number;
}

/**
 * Where a publisher writes what it will send before it sends it: sources and numbers as of the same moment. After a kill
 * the same messages are sent again with the same numbers, and who has seen them passes them over.
 */
export class PublishLog {
  /** Of this folder: numbers count from 1 in each. */
  publisher = randomBytes(12).toString('hex');
  router: Json = null;
  ticked = 0;
  readonly positions = new Map<string, Position>();
  /** The last number that was given out, by partition. */
  readonly numbers = new Map<string, number>();
  private readonly path: string;
  private journal: Journal | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  /** Also gives what may not have been sent before the restart. */
  static async open(path: string): Promise<{ readonly log: PublishLog; readonly unsent: readonly Message[] }> {
    const log = new PublishLog(path);
    const unsent: Message[] = [];
    const text = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) {
      await log.pack([]);
      return { log, unsent };
    }
    // A line without an end was torn by the kill: nothing of it was sent.
    const length = text.lastIndexOf(0x0a) + 1;
    for (const line of text.subarray(0, length).toString('utf8').split('\n')) {
      const value: Json = line === '' ? null : JSON.parse(line);
      if (isObject(value)) unsent.push(...log.replay(value));
    }
    log.journal = await Journal.open(path, length);
    return { log, unsent };
  }

  /** The next number of a partition. */
  take(partition: string): number {
    const number = (this.numbers.get(partition) ?? 0) + 1;
    this.numbers.set(partition, number);
    return number;
  }

  /** Resolves when it is durable. */
  async append({ messages, position, router, ticked }: Frame): Promise<void> {
    if (position !== undefined) this.positions.set(position.source, position);
    if (router !== undefined) this.router = router;
    this.ticked = ticked;
    const line = { messages: messages.map(rowOf), position, router, ticked };
    await this.journal?.append(Buffer.from(`${JSON.stringify(line)}\n`));
  }

  /** Begins anew where the log has grown long, with the messages that are not known to be in the stream. */
  async packIfLong(unsent: readonly Message[]): Promise<void> {
    const length = this.journal?.length ?? 0;
    if (length < packAbove) return;
    // The messages that stay may take twice their size in the log: to write them again has to be worth it.
    const staying = unsent.reduce((sum, { body }) => sum + 2 * body.length, 0);
    if (length > packAbove + 2 * staying) await this.pack(unsent);
  }

  async close(): Promise<void> {
    await this.journal?.close();
  }

  private async pack(unsent: readonly Message[]): Promise<void> {
    const { publisher, router, ticked, numbers, positions } = this;
    const head = { publisher, router, ticked, numbers: [...numbers], positions: [...positions.values()] };
    const rest = unsent.map((message) => `${JSON.stringify({ messages: [rowOf(message)] })}\n`);
    await replaceFile(this.path, [`${JSON.stringify(head)}\n`, ...rest]);
    await this.journal?.close();
    this.journal = await Journal.open(this.path);
  }

  /** The file is our own, and its whole lines were written whole. */
  private replay(line: JsonObject): Message[] {
    if (typeof line.publisher === 'string') this.publisher = line.publisher;
    if (line.router !== undefined) this.router = line.router;
    if (typeof line.ticked === 'number') this.ticked = line.ticked;
    for (const row of rowsIn(own(line, 'numbers'))) this.numbers.set(String(row[0]), Number(row[1]));
    const positions = own(line, 'positions');
    for (const each of [...(isList(positions) ? positions : []), own(line, 'position')]) {
      const position = each as Position | undefined;
      if (position !== undefined) this.positions.set(position.source, position);
    }
    return rowsIn(own(line, 'messages')).map(([partition, number, token, kind, left, body]) => {
      this.numbers.set(String(partition), Number(number));
      return {
        partition: String(partition),
        number: Number(number),
        ...(token !== '' && { token: String(token) }),
        kind: kind as Kind,
        left: Number(left),
        body: Buffer.from(String(body), 'latin1'),
      };
    });
  }
}

function rowOf({ partition, number, token, kind, left, body }: Message): Json {
  // Pieces may cut a character in two.
  return [partition, number, token ?? '', kind, left, body.toString('latin1')];
}

function rowsIn(value: Json | undefined): readonly (readonly Json[])[] {
  return isList(value) ? value.filter(isList) : [];
}

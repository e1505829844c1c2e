import { readFile } from 'node:fs/promises';
import type { Alert } from '../model/alert.ts';
import { BulwarkError } from '../model/errors.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { replaceFile } from './replace-file.ts';
import type { Position } from './sources/source.ts';

const schema = 'bulwark.watch/v1';

/** Everything that a restart needs, of one moment. */
export interface Checkpoint {
  readonly positions: readonly Position[];
  readonly detector: Json;
  readonly health: Json;
  /** Event time of the last flush, in milliseconds since 1970. */
  readonly flushed: number;
  /** Of the last alert that the state knows. */
  readonly number: number;
  /** Alerts that the outbox may not have yet. */
  readonly alerts: readonly { readonly number: number; readonly alert: Alert }[];
}

/** Writes it whole or not at all, durably. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await replaceFile(path, [JSON.stringify({ schema, ...checkpoint })]);
}

/** Undefined where there is none yet. Throws `usage` for a file that is none of ours: to begin anew would lose events. */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, 'it is not JSON', cause);
  }
  if (!isObject(value) || value.schema !== schema) throw unreadable(path, `it is not a ${schema}`);
  return {
    positions: objectsOf(own(value, 'positions')).flatMap(positionOf),
    detector: own(value, 'detector') ?? null,
    health: own(value, 'health') ?? null,
    flushed: typeof value.flushed === 'number' ? value.flushed : 0,
    number: typeof value.number === 'number' ? value.number : 0,
    alerts: objectsOf(own(value, 'alerts')).flatMap((entry) =>
      typeof entry.number === 'number' && isObject(own(entry, 'alert'))
        ? [{ number: entry.number, alert: entry.alert as unknown as Alert }]
        : [],
    ),
  };
}

function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : [];
}

function positionOf({ source, offset, file, fingerprint, reordering }: JsonObject): Position[] {
  if (typeof source !== 'string' || typeof offset !== 'number') return [];
  const { device, inode } = isObject(file) ? file : {};
  const { until, time, id } = isObject(reordering) ? reordering : {};
  return [
    {
      source,
      offset,
      ...(typeof device === 'string' && typeof inode === 'string' && { file: { device, inode } }),
      ...(typeof fingerprint === 'string' && { fingerprint }),
      ...(typeof until === 'number' &&
        typeof time === 'number' &&
        typeof id === 'string' && { reordering: { until, time, id } }),
    },
  ];
}

function unreadable(path: string, reason: string, cause?: unknown): BulwarkError {
  return new BulwarkError(
    'usage',
    `cannot go on from ${path}: ${reason}`,
    'choose another folder with --state, or remove this one to begin anew',
    { cause },
  );
}

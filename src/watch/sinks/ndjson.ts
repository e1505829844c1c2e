import { open } from 'node:fs/promises';
import type { Alert } from '../../model/alert.ts';
import { Journal } from '../journal.ts';
import { DeliveryError, deliveryKey, noRefusals, type Sink } from './sink.ts';

/** One JSON object a line, to whoever reads standard output. */
export function ndjsonSink(write: (text: string) => Promise<void>): Sink {
  return {
    name: 'ndjson',
    updates: 'every',
    batch: 100,
    async deliver(alerts) {
      await write(alerts.map(lineOf).join(''));
      return noRefusals;
    },
    close: async () => undefined,
  };
}

/** What a kill can leave unsettled is one delivery: it stands within this many bytes of the end. */
const recheckedBytes = 4 * 1024 * 1024;

/**
 * One JSON object a line, appended to a file. A line that a kill tore is cut off, and what the file holds already is
 * not written again: each revision of an alert stands in it once.
 */
export async function ndjsonFileSink(path: string): Promise<Sink> {
  const { whole, keys } = await readEnd(path);
  const journal = await Journal.open(path, whole);
  return {
    name: `ndjson:${path}`,
    updates: 'every',
    batch: 100,
    async deliver(alerts) {
      const missing = alerts.filter((alert) => !keys.has(deliveryKey(alert)));
      // Only what a kill left unsettled can come twice, and that comes first.
      if (missing.length === alerts.length) keys.clear();
      try {
        await journal.append(Buffer.from(missing.map(lineOf).join('')));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new DeliveryError(`cannot write ${path}: ${reason}`, { cause });
      }
      return noRefusals;
    },
    close: () => journal.close(),
  };
}

function lineOf(alert: Alert): string {
  return `${JSON.stringify(alert)}\n`;
}

interface FileEnd {
  /** Length without a torn line at the end; undefined for a file that is not there. */
  readonly whole: number | undefined;
  readonly keys: Set<string>;
}

async function readEnd(path: string): Promise<FileEnd> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return { whole: undefined, keys: new Set() };
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - recheckedBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const text = buffer.subarray(0, bytesRead);
    const end = text.lastIndexOf(0x0a) + 1;
    const keys = new Set<string>();
    for (const line of text.subarray(0, end).toString('utf8').split('\n')) {
      const key = keyOf(line);
      if (key !== undefined) keys.add(key);
    }
    // A file of something else is not cut for want of a line end.
    return { whole: keys.size > 0 || end > 0 ? from + end : size, keys };
  } finally {
    await file.close();
  }
}

function keyOf(line: string): string | undefined {
  try {
    const alert: unknown = JSON.parse(line);
    if (typeof alert !== 'object' || alert === null || !('id' in alert) || !('revision' in alert)) return undefined;
    return `${alert.id}-${alert.revision}`;
  } catch {
    return undefined;
  }
}

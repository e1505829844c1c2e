import type { Gap, SkippedInput } from '../../model/snapshot.ts';
import type { KnownDocuments } from '../../yaml/parse.ts';
import type { Charts } from './chart.ts';
import type { Decoded } from './decode.ts';

/** What came of one file, chart or kustomization. `name` is its place in the order. */
export interface Piece extends Decoded {
  readonly name: string;
}

/** What the steps of one collection share. */
export interface Collection {
  readonly cwd: string;
  readonly maxFileBytes: number;
  readonly charts: Charts;
  /** Documents that were parsed already, by their text. */
  readonly known: KnownDocuments;
  /** Whether the paths lead to the file. */
  isFound(path: string): boolean;
  /** Reads and decodes a file by its absolute path, once. */
  decode(path: string): Promise<Decoded>;
}

export function piece(name: string, parts: { inputs?: SkippedInput[]; gaps?: Gap[] }): Piece {
  return { name, objects: [], inputs: parts.inputs ?? [], gaps: parts.gaps ?? [] };
}

/** Results in the order of `items`, with at most `width` under way. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

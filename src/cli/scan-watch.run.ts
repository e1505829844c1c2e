import { once } from 'node:events';
import type { Judgement } from '../engine/judge.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { scanChangeText } from '../report/scan-change.ts';
import { styleOf } from '../report/style.ts';
import { processInterrupts, watchInterrupts } from './interrupts.ts';
import { type Rescan, ScanWatch } from './scan-watch.ts';
import type { Terminal } from './terminal.ts';

/** Follows the paths until it is interrupted, and tells what every change brings. */
export async function follow(
  paths: readonly string[],
  {
    terminal,
    color,
    ...scan
  }: {
    readonly rescan: Rescan;
    readonly snapshot: Snapshot;
    readonly judgement: Judgement;
    readonly color: 'always' | 'never';
    readonly terminal: Terminal;
  },
): Promise<void> {
  const style = styleOf(color);
  const watch = new ScanWatch({
    ...scan,
    cwd: terminal.cwd,
    tell: (change) => {
      const clock = terminal.now().toISOString().slice(11, 19);
      void terminal.out(scanChangeText(change, { style, clock }));
    },
  });
  const nothing = (): void => undefined;
  const interrupts = watchInterrupts(processInterrupts, { first: nothing, second: nothing });
  try {
    await watch.start(paths);
    terminal.err('Following the files; interrupt to end.\n');
    if (!interrupts.signal.aborted) await once(interrupts.signal, 'abort');
  } catch (error) {
    const { message } = error as Error;
    throw new BulwarkError(
      'usage',
      `cannot follow ${paths.join(' ')}: ${message}`,
      'name files or folders that exist',
      {
        cause: error,
      },
    );
  } finally {
    await watch.close();
    interrupts.stop();
  }
}
